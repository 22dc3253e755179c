"""What is odd about a filled table: unknown cells, sums that do not close, leaps against the period and the year before."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. Codes: unknown, sum {total, parts, off}, leap {before, now, percent, against}, negative."""

    code: str
    cell: str
    params: dict[str, str]


def rounded(value: Decimal, measure: Decimal, places: int) -> Decimal:
    """A figure as the table writes it: in its unit, rounded half up."""
    return (value / measure).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def sum_off(total: Decimal | None, parts: Sequence[Decimal | None]) -> Decimal | None:
    """By how much a total is more than its parts; None where there is no total. Parts that are empty count as zero."""
    return None if total is None else total - sum((p for p in parts if p is not None), Decimal(0))


def leap(before: Decimal | None, now: Decimal | None, percent: Decimal) -> Decimal | None:
    """The change in percent, if it is larger than allowed; None if it is not, or cannot be told (nothing before)."""
    if before is None or now is None or not before:
        return None
    change = (now - before) / abs(before) * 100
    return change if abs(change) > percent else None
