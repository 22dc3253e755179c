"""What kind of figure stands behind a key, and which values it cannot have. Pure."""

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


DATES = frozenset({"existing_works_by", "date"})
MOST = Decimal(10) ** 12
"""No figure of law is larger; what is, was mistyped."""


def is_number(value: Any) -> bool:
    """Whether a value is an exact number, as figure or as text."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return False
    try:
        return Decimal(value).is_finite()
    except ArithmeticError:
        return False


def kind_of(key: str, shape: Any) -> FigureKind:
    """The kind that a key of a rule has, by its name and by what is shipped for it; an open figure is a number."""
    if isinstance(shape, bool):
        return FigureKind.YES_NO
    if isinstance(shape, list):
        return FigureKind.TABLE if any(isinstance(x, dict | list) for x in shape) else FigureKind.LIST
    if isinstance(shape, dict):
        return FigureKind.TABLE
    if key in DATES:
        return FigureKind.DATE
    if shape in (None, UNKNOWN) or is_number(shape):
        return FigureKind.PERCENT if "pct" in key.split("_") else FigureKind.NUMBER
    return FigureKind.TEXT


def bounds(key: str, kind: FigureKind) -> tuple[Decimal, Decimal]:
    """The least and the greatest value of a number. Near a limit is never from 0 % on; an excess may be more than the whole."""
    parts = key.split("_")
    least = Decimal(1) if kind is FigureKind.PERCENT and "near" in parts else Decimal(0)
    return least, Decimal(100) if kind is FigureKind.PERCENT and "over" not in parts else MOST


def faults(shape: Any, value: Any) -> Iterator[tuple[str, FigureKind]]:
    """Keys of a figure whose value is none of its kind, or out of bounds; keys that the rule does not have are not looked at."""
    if not isinstance(shape, Mapping) or not isinstance(value, Mapping):
        return
    for key, given in value.items():
        if key not in shape or given in (None, UNKNOWN):
            continue
        kind = kind_of(key, shape[key])
        if kind is FigureKind.DATE and not _is_day(given):
            yield key, kind
        elif kind in (FigureKind.NUMBER, FigureKind.PERCENT):
            least, most = bounds(key, kind)
            if not is_number(given) or not least <= Decimal(given) <= most:
                yield key, kind


def _is_day(value: Any) -> bool:
    try:
        return len(str(value)) == 10 and bool(date.fromisoformat(str(value)))
    except ValueError:
        return False
