"""What kind of figure stands behind a key, which values it cannot have, and how bands and grades are typed line by line. Pure."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from liangshui.core.parameters import UNKNOWN


class FigureKind(StrEnum):
    """Kinds of a single figure: each has its box in a form and its bounds."""

    DATE = "date"
    PERCENT = "percent"
    NUMBER = "number"
    YES_NO = "yes_no"
    LIST = "list"
    TEXT = "text"
    TABLE = "table"
    BANDS = "bands"
    GRADES = "grades"
    RATES = "rates"


WHOLE = "whole"
"""The key of a figure that stands alone: a rule of which nobody knows even the shape."""

DATES = frozenset({"existing_works_by", "date"})
LISTS = frozenset({"handed_down", "negative_list", "phase_out"})
YES_NO = frozenset({"inclusive"})
BANDS = {"over_plan": "multiple", "over_plan_added": "add", "over_quota": "add", "household_blocks": "price"}
"""Keys that hold bands, with what stands behind each band."""

MOST = Decimal(10) ** 12
"""No figure of law is larger; what is, was mistyped."""

MOST_OF = {"m": Decimal(10_000), "mu": Decimal(10_000), "multiple": Decimal(100), "days": Decimal(3_660)}
"""The same for some units, by the end of the key."""


def is_number(value: Any) -> bool:
    """Whether a value is an exact number, as figure or as text."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return False
    try:
        return Decimal(value).is_finite()
    except ArithmeticError:
        return False


def is_open(value: Any) -> bool:
    """Whether a figure is asked for."""
    return value in (None, UNKNOWN)


def exact(value: Decimal) -> int | str:
    """A number as it is kept: whole, or as text so that it stays exact."""
    return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"


def kind_of(key: str, shape: Any) -> FigureKind:
    """The kind that a key of a rule has, by its name and by what is shipped for it."""
    if key in BANDS:
        return FigureKind.BANDS
    if key == "grades":
        return FigureKind.GRADES
    if isinstance(shape, bool) or key in YES_NO:
        return FigureKind.YES_NO
    if key in LISTS:
        return FigureKind.LIST
    if isinstance(shape, list):
        return FigureKind.TABLE if any(isinstance(x, dict | list) for x in shape) else FigureKind.LIST
    if isinstance(shape, dict):
        return FigureKind.TABLE
    if key in DATES:
        return FigureKind.DATE
    if key == WHOLE and is_open(shape):
        return FigureKind.RATES
    if is_open(shape) or is_number(shape):
        return FigureKind.PERCENT if "pct" in key.split("_") else FigureKind.NUMBER
    return FigureKind.TEXT


def bounds(key: str, kind: FigureKind) -> tuple[Decimal, Decimal]:
    """The least and the greatest value of a number. Near a limit is never from 0 % on; an excess may be more than the whole; a multiple
    of a rate never lowers it."""
    parts = key.split("_")
    if kind is FigureKind.PERCENT:
        return Decimal("near" in parts), Decimal(100) if "over" not in parts else MOST
    return Decimal(parts[-1] == "multiple"), MOST_OF.get(parts[-1], MOST)


def faults(shape: Any, value: Any) -> Iterator[tuple[str, FigureKind]]:
    """Keys of a figure whose value is none of its kind, or out of bounds; keys that the rule does not have are not looked at."""
    if is_open(shape):
        shape, value = {WHOLE: shape}, {WHOLE: value}
    if not isinstance(shape, Mapping) or not isinstance(value, Mapping):
        return
    for key, given in value.items():
        if key not in shape or is_open(given):
            continue
        kind = kind_of(key, shape[key])
        if not _is_one(key, kind, given):
            yield key, kind


def _is_one(key: str, kind: FigureKind, given: Any) -> bool:
    match kind:
        case FigureKind.DATE:
            return _is_day(given)
        case FigureKind.NUMBER | FigureKind.PERCENT:
            least, most = bounds(key, kind)
            return is_number(given) and least <= Decimal(given) <= most
        case FigureKind.BANDS:
            return _is_read_again(given, bands_as_text, lambda text: bands_of(key, text))
        case FigureKind.GRADES:
            return _is_read_again(given, grades_as_text, grades_of)
        case FigureKind.RATES:
            return all(is_number(each) and 0 <= Decimal(each) <= MOST for each in _leaves(given))
        case _:
            return True


def _is_read_again(given: Any, write: Any, read: Any) -> bool:
    try:
        return bool(given) and read(write(given)) == given
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(each)
    else:
        yield value


def _is_day(value: Any) -> bool:
    try:
        return len(str(value)) == 10 and bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


# --- lines ---

_BAND = re.compile(r"(<=|>=|[<>≤≥])\s*(\d+(?:\.\d+)?)\s*%?[\s:：,，]+(\d+(?:\.\d+)?)")
_SIGNS = {"<=": "≤", ">=": "≥"}
_AFTER = {"≤": ">", "<": "≥"}
"""Where a band ends with its limit, the next begins above it, and the other way round."""


class BadLine(ValueError):
    """A line that cannot be read, or does not follow from the one before it; `number` counts from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def bands_of(key: str, text: str) -> list[dict[str, Any]]:
    """Bands from lines such as “≤20 2”, “≤40 2.5”, “>40 3”: each begins where the one before it ends, the last is open.

    Raises:
        BadLine: with the line that cannot stand.
    """
    column, found = BANDS[key], []
    closing, least = "", Decimal(0)
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    for place, row in enumerate(rows, 1):
        read = _BAND.fullmatch(row)
        if read is None or not Decimal(0) < Decimal(read[3]) <= MOST:
            raise BadLine(place)
        sign, limit, figure = _SIGNS.get(read[1], read[1]), Decimal(read[2]), exact(Decimal(read[3]))
        last = place == len(rows)
        if last:
            right = sign == _AFTER.get(closing, ">") and limit == least
        else:
            right = sign in _AFTER and closing in ("", sign) and limit > least and (column != "price" or sign == "≤")
            closing = sign
        if not right:
            raise BadLine(place)
        most = None if last else exact(limit)
        if column == "price":
            found.append({"to_m3": most, column: figure})
        elif closing == "<":
            found.append({"over_ge_pct": exact(least), "over_lt_pct": most, column: figure})
        else:
            found.append({"over_gt_pct": exact(least), "over_le_pct": most, column: figure})
        least = limit
    return found


_ENDS = ("to_m3", "over_lt_pct", "over_le_pct")
_LIMITS = {*_ENDS, "over_ge_pct", "over_gt_pct"}


def bands_as_text(bands: list[dict[str, Any]]) -> str:
    """Bands as the lines that `bands_of` reads. PostgreSQL keeps the keys of a band in an order of its own."""
    rows, least = [], 0
    for band in bands:
        (most,) = (band[key] for key in _ENDS if key in band)
        (figure,) = (value for key, value in band.items() if key not in _LIMITS)
        ends_with_it = "over_ge_pct" not in band
        rows.append(
            f"{'≤' if ends_with_it else '<'}{most} {figure}"
            if most is not None
            else f"{'>' if ends_with_it else '≥'}{least} {figure}"
        )
        least = most
    return "\n".join(rows)


def grades_of(text: str) -> list[dict[str, Any]]:
    """Grades of discretion from lines “rule grade least most case”: YR-113 轻微 50000 80000 初次违法.

    Raises:
        BadLine: with the line that cannot stand.
    """
    found = []
    for place, row in enumerate((row for row in text.splitlines() if row.strip()), 1):
        parts = row.split(maxsplit=4)
        if (
            len(parts) < 4
            or not parts[2].isdecimal()
            or not parts[3].isdecimal()
            or not 0 <= int(parts[2]) <= int(parts[3]) <= MOST
        ):
            raise BadLine(place)
        grade = {"see": parts[0], "grade": parts[1], "fine_min_yuan": int(parts[2]), "fine_max_yuan": int(parts[3])}
        found.append(grade | ({"when": parts[4].strip()} if len(parts) > 4 else {}))
    return found


_GRADE = ("see", "grade", "fine_min_yuan", "fine_max_yuan", "when")


def grades_as_text(grades: list[dict[str, Any]]) -> str:
    """Grades as the lines that `grades_of` reads."""
    return "\n".join(" ".join(str(grade[name]) for name in _GRADE if name in grade) for grade in grades)
