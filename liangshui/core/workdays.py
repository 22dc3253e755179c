"""Working days (工作日): weekends and public holidays are off, announced make-up days are worked. The calendar is data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Year:
    """The announced days of a year that differ from the week."""

    holidays: frozenset[date]
    makeup: frozenset[date]


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """`of` tells the announced days of a year, or raises NotKnown."""

    of: Callable[[int], Year]

    def works(self, day: date) -> bool:
        """Whether a day is worked."""
        year = self.of(day.year)
        return day in year.makeup or (day.weekday() < SATURDAY and day not in year.holidays)

    def after(self, day: date, count: int) -> date:
        """The last day of a term of so many working days; the first day is not counted (行政许可法 82).

        5 working days from 2024-03-04 end on 2024-03-11.
        """
        while count:
            day += ONE_DAY
            count -= self.works(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and with `end`."""
        days = (end - start).days
        return sum(self.works(start + timedelta(days=n)) for n in range(1, days + 1))


def add_years(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 28 in a year that has none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
