"""How well a station reports: 到报率, 及时率, 完整率, and its clock. The definitions are ours; no rule fixes them for abstraction."""

from dataclasses import dataclass

DAY_MIN = 1440
TIMELY_MS = 30 * 60_000
"""A report is timely that arrives within half an hour of the instant that it tells of."""

CLOCK_AHEAD_S, CLOCK_BEHIND_S = -120, 30 * 60
"""The least delay of a day's reports: below, the clock is ahead; above, it is behind (or every report is kept back)."""

CLOCK_REPORTS = 3
"""From so few reports nothing is said about the clock."""

SILENT_INTERVALS, SILENT_LEAST_MIN = 3, 12 * 60
"""Silent is who was not heard for three intervals, and twelve hours at least."""

SCARCE_PERCENT, SCARCE_DAYS = 80, 3
"""Reports are missing where fewer than four of five came, on three days in a row."""


@dataclass(frozen=True, slots=True)
class Day:
    """What came of one station in one day. `delay_s`: the least time from an instant to its arrival."""

    reports: int
    timely: int
    values: int
    empty: int
    delay_s: int | None


def expected(interval_min: int, minutes: int = DAY_MIN) -> int:
    """Reports that should come in so many minutes: 24 of an hourly station in a day."""
    return max(1, minutes // max(1, interval_min))


def percent(part: int, whole: int) -> float | None:
    """A share for people, 100 at most; None of nothing."""
    return None if whole <= 0 else min(100.0, round(100 * part / whole, 1))


def clock_off_s(day: Day) -> int | None:
    """By how many seconds the clock is ahead (negative) or behind; None: it is right, or too little came to tell."""
    if day.delay_s is None or day.reports < CLOCK_REPORTS or CLOCK_AHEAD_S <= day.delay_s <= CLOCK_BEHIND_S:
        return None
    return day.delay_s


def is_silent(quiet_min: float, interval_min: int) -> bool:
    """Whether a station that was last heard so long ago has fallen silent."""
    return quiet_min > max(SILENT_LEAST_MIN, SILENT_INTERVALS * interval_min)


def is_scarce(days: list[tuple[int, int]]) -> bool:
    """By (came, expected) of the last days, newest last."""
    last = days[-SCARCE_DAYS:]
    return len(last) == SCARCE_DAYS and all(100 * came < SCARCE_PERCENT * wanted for came, wanted in last)
