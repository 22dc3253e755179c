"""Periods of the field: water day, month, tax quarter, plan year, dispatch year."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole days from `start` to `end`, the end not included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"period must end after it starts: {self.start} to {self.end}")

    @property
    def length(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """The last day within, as people write it."""
        return self.end - ONE_DAY

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day < self.end

    def days(self) -> Iterator[date]:
        for offset in range(self.length):
            yield self.start + timedelta(days=offset)

    def months(self) -> Iterator["Period"]:
        """The calendar months that it touches, whole."""
        current = month(self.start)
        while current.start < self.end:
            yield current
            current = month(current.end)

    def within(self, other: "Period") -> "Period | None":
        """The common part, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    @classmethod
    def inclusive(cls, first: date, last: date) -> Self:
        """From first to last day, both included, as people enter it."""
        return cls(first, last + ONE_DAY)


def month(day: date) -> Period:
    """The calendar month of a day."""
    start = day.replace(day=1)
    return Period(start, start + timedelta(days=calendar.monthrange(day.year, day.month)[1]))


def tax_quarter(day: date) -> Period:
    """The calendar quarter of a day: water-resources tax is declared by quarter."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    third = month(date(day.year, first.month + 2, 1))
    return Period(first, third.end)


def plan_year(year: int) -> Period:
    """Calendar year: permits and plans run by it."""
    return Period(date(year, 1, 1), date(year + 1, 1, 1))


def dispatch_year(year: int) -> Period:
    """1 July of `year` to 30 June of the next (黄河水量调度条例 10)."""
    return Period(date(year, 7, 1), date(year + 1, 7, 1))


def water_day(instant: datetime, boundary_hour: int) -> date:
    """The day to which an instant counts, when the day begins at the boundary hour, Beijing time.

    With a boundary of 8, 2026-05-02 07:59 belongs to 2026-05-01 and 08:00 to 2026-05-02.
    """
    return (instant.astimezone(BEIJING) - timedelta(hours=boundary_hour)).date()


def day_start(day: date, boundary_hour: int) -> datetime:
    """The instant (UTC) at which a water day begins."""
    local = datetime(day.year, day.month, day.day, boundary_hour, tzinfo=BEIJING)
    return local.astimezone(UTC)
