"""Which period a cell, a heading or a title means."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from liangshui.core.periods import Period, month
from liangshui.registry.sheets.fields import Value

FIRST_YEAR, LAST_YEAR = 2015, 2045
"""Years that a heading such as 2023年1月 may name."""

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


def periods_in(values: Mapping[str, Value], year: int | None) -> list[tuple[str, Period, Decimal]]:
    """The filled cells of columns that are a month, quarter or year: field, period, figure. A year beside its months or
    quarters is their sum and no figure of its own; so is a quarter beside its months.

    Raises:
        PeriodError: year_wanted, where a heading names a month without year and no other place tells it.
    """
    found: dict[str, list[tuple[str, Period, Decimal]]] = {"month": [], "quarter": [], "year": []}
    for name, value in values.items():
        kind, _blank, rest = name.partition(" ")
        if kind not in found or not rest or not isinstance(value, Decimal):
            continue
        stated, _dash, number = rest.rpartition("-") if kind != "year" else (rest, "", "")
        if kind == "month":
            period = read_period(f"{stated}-{number}" if stated else f"{number}月", year)
        elif kind == "quarter":
            period = read_period(f"{stated}年{number}季度" if stated else f"{number}季度", year)
        else:
            period = read_period(rest)
        found[kind].append((name, period, value))
    months = found["month"]
    quarters = [q for q in found["quarter"] if not any(m[1].within(q[1]) for m in months)]
    years = [y for y in found["year"] if not any(each[1].within(y[1]) for each in (*months, *quarters))]
    return sorted((*months, *quarters, *years), key=lambda each: each[1].start)


def year_in(text: str) -> int | None:
    """The one year that a sheet's name or title names: 2023年机井用水量 is 2023; None for none or several."""
    found = {
        int(text[i : i + 4]) for i in range(len(text) - 3) if text[i : i + 4].isdigit() and text[i + 4 : i + 5] == "年"
    }
    years = {year for year in found if FIRST_YEAR - 25 <= year <= LAST_YEAR}
    return years.pop() if len(years) == 1 else None
