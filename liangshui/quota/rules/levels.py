"""Groundwater levels (地下水水位) against their indicators (水位控制指标, 地下水管理条例 17), and against the year before.

Only an indicator tells whether a level is kept. The comparison with the same quarter of the year before ranks and warns; it
never suspends (law README 1.15).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from liangshui.core.periods import Period, month, plan_year, tax_quarter

Key = TypeVar("Key")

SLOT_DAYS = 5
"""Values are gathered by slots of five days, since wells read by hand are read about so often. Our choice, no law's."""

NEEDED = (2, 3)
"""Of the slots of a period at least two thirds must hold a value, or its mean is not known. Our choice, no law's."""

STALE = timedelta(days=366)
"""An indicator whose period ended longer ago says nothing of today. Our choice, no law's."""


class Measure(StrEnum):
    """How a threshold is written: depth below ground (埋深), not deeper than; or level (水位标高), not lower than."""

    DEPTH = "depth"
    LEVEL = "level"


PERIODS = (*(f"M{number:02d}" for number in range(1, 13)), *(f"Q{number}" for number in range(1, 5)), "Y")
"""Months, quarters, the whole year."""


def span(year: int, code: str) -> Period:
    """The days of one of `PERIODS`: 2026 and Q3 are 1 July to 30 September 2026."""
    if code not in PERIODS:
        raise ValueError(f"{code} is no period; known are {', '.join(PERIODS)}")
    if code == "Y":
        return plan_year(year)
    number = int(code[1:])
    return month(date(year, number, 1)) if code[0] == "M" else tax_quarter(date(year, 3 * number, 1))


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean of a period, m; None: too few of its slots hold a value."""

    value_m: Decimal | None
    read: int
    slots: int


def mean(days: Mapping[date, Decimal], period: Period) -> Mean:
    """Mean of the five-day means, so that days read often do not outweigh those read seldom.

    A month has six slots, the last of three to six days. April with 10.00 on the 2nd, 10.20 on the 3rd, 10.40 on the 8th, 10.60 on
    the 13th and 10.80 on the 30th: four of six slots are read, 10.10, 10.40, 10.60 and 10.80, mean 10.475. Without the 30th three of
    six are read: not known.
    """
    slots: dict[tuple[date, int], list[Decimal]] = {}
    for each in period.months():
        for number in range(6):
            slots[each.start, number] = []
    for day, value in days.items():
        if day in period:
            slots[day.replace(day=1), min(5, (day.day - 1) // SLOT_DAYS)].append(value)
    means = [sum(values, Decimal(0)) / len(values) for values in slots.values() if values]
    enough = len(means) * NEEDED[1] >= len(slots) * NEEDED[0]
    return Mean(sum(means, Decimal(0)) / len(means) if enough else None, len(means), len(slots))


@dataclass(frozen=True, slots=True)
class Well:
    """A monitoring well (监测井) with its daily values, m, by depth and by level as far as they are known."""

    id: int
    name: str
    weight: Decimal = Decimal(1)
    days: Mapping[Measure, Mapping[date, Decimal]] = field(default_factory=dict)
    since: date = date.min
    until: date | None = None
    """From a day on, and up to a day, not included."""

    def counts(self, period: Period) -> bool:
        """Whether it belongs to the unit's mean of a period: it does if in force on its last day."""
        return self.since <= period.last and (self.until is None or self.until > period.last)

    def mean(self, measure: Measure, period: Period) -> Mean:
        return mean(self.days.get(measure, {}), period)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A threshold for a period; of one well, or of the weighted mean of all wells of the unit."""

    measure: Measure
    threshold_m: Decimal
    year: int
    period: str
    well: int | None = None
    document: str = ""

    @property
    def span(self) -> Period:
        return span(self.year, self.period)


@dataclass(frozen=True, slots=True)
class Judged:
    """One indicator and what was measured; `kept` None: not known."""

    indicator: Indicator
    value_m: Decimal | None
    kept: bool | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """The level of a unit on a day, with every indicator that was looked at."""

    kept: bool | None = None
    judged: tuple[Judged, ...] = ()


def weighted(wells: Iterable[Well], measure: Measure, period: Period) -> Decimal | None:
    """Mean over wells by their weights; None without wells, or when one of them has none: leaving it out would shift the mean.

    12.00 with weight 1 and 15.00 with weight 2 make 14.00.
    """
    total = weight = Decimal(0)
    for well in wells:
        value = well.mean(measure, period).value_m
        if value is None:
            return None
        total, weight = total + value * well.weight, weight + well.weight
    return total / weight if weight else None


def judge(indicator: Indicator, wells: Iterable[Well]) -> Judged:
    """Whether an indicator was kept. At the threshold it is: depth 20.00 keeps "not deeper than 20.00", 20.001 does not."""
    wells = list(wells)
    name = ""
    if indicator.well is None:
        wells = [well for well in wells if well.counts(indicator.span)]
    else:
        wells = [well for well in wells if well.id == indicator.well]
        name = wells[0].name if wells else ""
    value = weighted(wells, indicator.measure, indicator.span)
    if value is None:
        return Judged(indicator, None, None, name)
    off = value - indicator.threshold_m
    return Judged(indicator, value, off <= 0 if indicator.measure is Measure.DEPTH else off >= 0, name)


def counting(indicators: Iterable[Indicator], on: date) -> list[Indicator]:
    """Those that tell of a day: of each well or the unit, and of months, quarters and years each, the last whose period is over.

    On 20 November 2026, with quarters and a year set: quarter 3 of 2026 and the year 2025.
    """
    last: dict[tuple[int | None, str], Indicator] = {}
    for each in sorted(indicators, key=lambda indicator: indicator.span.end):
        if each.span.end <= on and each.span.end > on - STALE:
            last[each.well, each.period[0]] = each
    return list(last.values())


def level(indicators: Iterable[Indicator], wells: Iterable[Well], on: date) -> Level:
    """Not kept if any indicator that counts is not; kept if all are; else, and without any indicator, not known."""
    wells = list(wells)
    judged = tuple(judge(each, wells) for each in counting(indicators, on))
    answers = {each.kept for each in judged}
    if False in answers:
        return Level(False, judged)
    return Level(True if answers == {True} else None, judged)


@dataclass(frozen=True, slots=True)
class Change(Generic[Key]):
    """Depth of a quarter and of the same a year before, m. `fall_m` above zero: the water fell. Rank 1 fell most; None: not known."""

    key: Key
    now_m: Decimal | None
    before_m: Decimal | None
    fall_m: Decimal | None
    rank: int | None


def year_on_year(depths: Mapping[Key, tuple[Decimal | None, Decimal | None]]) -> list[Change[Key]]:
    """Units or wells by how far their water fell (同期水位比较), the worst first; those not known last, without rank.

    Now and before (12.30, 12.00), (8.00, 8.20), (None, 9.00): fell by 0.30, rank 1; rose by 0.20, rank 2; not known. Equal falls
    share a rank.
    """
    falls = {key: now - before for key, (now, before) in depths.items() if now is not None and before is not None}
    found = []
    for key, (now, before) in depths.items():
        fall = falls.get(key)
        rank = None if fall is None else 1 + sum(other > fall for other in falls.values())
        found.append(Change(key, now, before, fall, rank))
    return sorted(found, key=lambda change: (change.rank is None, change.rank or 0))
