"""Volumes that sheets state: which period a cell means, how sure it is, how a long period is spread over its months."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from liangshui.core.periods import Period, month
from liangshui.core.quantities import split, volume

ZERO = Decimal(0)
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_HALVES = {"上": 1, "下": 7}
_YEAR = re.compile(r"^(\d{4})(?:年度?)?$")
_MONTH = re.compile(r"^(\d{4})(?:年|-|/|\.)?(0?[1-9]|1[0-2])(?:月份?|月)?$")
_MONTH_ALONE = re.compile(r"^(0?[1-9]|1[0-2])(?:月份?|月)?$")
_DAY = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:0{1,2}:00(?::00)?)?$")
_QUARTER = re.compile(r"^(?:(\d{4})年?)?第?([一二三四1-4])季度?$|^(\d{4})?-?q([1-4])$")
_HALF = re.compile(r"^(?:(\d{4})年?)?([上下])半年$")
_RANGE = re.compile(r"^(.+?)(?:至|到|~|～|—|–)(.+)$")
_UNCLEAR = re.compile(r"^\d{4}\.1$")


class PeriodError(ValueError):
    """The text is no period; `code` says why: not_a_month, unclear_month, year_wanted, month_reversed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_period(text: str, year: int | None = None) -> Period:
    """The period that a cell means: 2023-04, 2023年4月, 202304, 4月 (with the year told elsewhere), 2023年二季度, 2023Q2,
    上半年, 2023年, 2023-04-01 (its month), 2023-01 至 2023-03. Blanks and full-width digits are squeezed before.

    Raises:
        PeriodError: 2023.1 may be January or October; a month without year; no period at all.
    """
    text = text.strip().lower()
    if _UNCLEAR.match(text):
        raise PeriodError("unclear_month")
    if found := _MONTH.match(text):
        return month(date(int(found[1]), int(found[2]), 1))
    if found := _YEAR.match(text):
        return Period(date(int(found[1]), 1, 1), date(int(found[1]) + 1, 1, 1))
    if found := _DAY.match(text):
        try:
            return month(date(int(found[1]), int(found[2]), int(found[3])))
        except ValueError as error:
            raise PeriodError("not_a_month") from error
    if found := _MONTH_ALONE.match(text):
        return month(date(_wanted(year), int(found[1]), 1))
    if found := _QUARTER.match(text):
        stated, number = (found[1], _QUARTERS[found[2]]) if found[2] else (found[3], int(found[4]))
        return _months(int(stated) if stated else _wanted(year), 3 * number - 2, 3)
    if found := _HALF.match(text):
        return _months(int(found[1]) if found[1] else _wanted(year), _HALVES[found[2]], 6)
    if found := _RANGE.match(text):
        first = read_period(found[1], year)
        last = read_period(found[2], first.start.year)
        if last.end <= first.start:
            raise PeriodError("month_reversed")
        return Period(first.start, last.end)
    raise PeriodError("not_a_month")


def _wanted(year: int | None) -> int:
    if year is None:
        raise PeriodError("year_wanted")
    return year


def _months(year: int, first: int, number: int) -> Period:
    last = first + number
    return Period(date(year, first, 1), date(year + (last > 12), last - 12 if last > 12 else last, 1))


class Sureness(StrEnum):
    """What a kind of statement says of its own range where the sheet states no uncertainty."""

    AS_STATED = "as_stated"
    AT_MOST = "at_most"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Stated:
    """A volume and its range, m3; `high_m3` None: no upper end is known."""

    volume_m3: Decimal
    low_m3: Decimal
    high_m3: Decimal | None


def with_range(volume_m3: Decimal, uncertainty: Decimal | None, sureness: Sureness) -> Stated:
    """The range of a stated volume.

    With an uncertainty (a share, 0.2 for 20 %) it is volume ± that share. Without: read, certified and declared volumes
    stand as stated; a volume by capacity is the most that can have been taken; an estimate says nothing of its range.
    """
    if uncertainty is not None:
        off = volume(volume_m3 * uncertainty)
        return Stated(volume_m3, max(ZERO, volume_m3 - off), volume_m3 + off)
    if sureness is Sureness.AS_STATED:
        return Stated(volume_m3, volume_m3, volume_m3)
    return Stated(volume_m3, volume(ZERO), volume_m3 if sureness is Sureness.AT_MOST else None)


def over_months(period: Period, total: Stated, weights: Sequence[Decimal | int]) -> list[tuple[Period, Stated]]:
    """A longer period cut into its months by weights (twelve, January first); without weights it stays whole.

    The parts add up to the whole, to the litre. A period all of whose months weigh nothing stays whole.
    """
    months = list(period.months())
    own = [Decimal(weights[m.start.month - 1]) for m in months] if weights else []
    if len(months) < 2 or not any(own) or period.start.day != 1 or period.end.day != 1:
        return [(period, total)]
    volumes, lows = split(total.volume_m3, own), split(total.low_m3, own)
    highs: list[Decimal | None] = [None] * len(own)
    if total.high_m3 is not None:
        highs = [*split(total.high_m3, own)]
    return [(m, Stated(part, low, high)) for m, part, low, high in zip(months, volumes, lows, highs, strict=True)]


def shared(total: Stated, weights: Sequence[Decimal | int]) -> list[Stated]:
    """A volume among wells by weights, to the litre.

    Raises:
        ValueError: no weights, or none above zero.
    """
    highs: list[Decimal | None] = [None] * len(weights) if total.high_m3 is None else [*split(total.high_m3, weights)]
    parts = zip(split(total.volume_m3, weights), split(total.low_m3, weights), highs, strict=True)
    return [Stated(*part) for part in parts]
