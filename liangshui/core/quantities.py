"""Exact quantities: volumes in m³ with three decimals, converted from other units in one place."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

LITRE = Decimal("0.001")
"""The quantum of every volume in m³."""

M3_PER_WAN = Decimal(10_000)
"""万m³, ten thousand cubic metres."""

SECONDS_PER_HOUR = 3600


def shown(value: Decimal, decimals: int = 0) -> str:
    """A figure for people, with commas, rounded half up: 12.5 is 13, as people round, and not 12."""
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,.{decimals}f}"


def volume(value: Decimal | int | str) -> Decimal:
    """A volume in m³, rounded half up to the litre."""
    return Decimal(value).quantize(LITRE, ROUND_HALF_UP)


def m3_h_from_m3_s(value: Decimal) -> Decimal:
    """Flow in m³/h from m³/s, as SL 651 and SL/T 427-2021 send it."""
    return value * SECONDS_PER_HOUR


def split(total: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Divide a volume by weights so that the parts, each a whole number of litres, add up to it exactly.

    Rounds the running total, so no part is off by more than a litre: 10.000 by (1, 1, 1) is 3.333, 3.334, 3.333.

    Raises:
        ValueError: no weights, a negative weight, or all weights zero.
    """
    weight_sum = sum((Decimal(w) for w in weights), Decimal(0))
    if not weights or weight_sum <= 0 or any(w < 0 for w in weights):
        raise ValueError("weights must be non-negative and not all zero")
    parts: list[Decimal] = []
    running, given = Decimal(0), Decimal(0)
    for weight in weights:
        running += Decimal(weight)
        upto = volume(total * running / weight_sum)
        parts.append(upto - given)
        given = upto
    return parts
