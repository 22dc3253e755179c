"""Splitting an allotment among its parts (分解) by largest remainder, in whole steps, so that nothing is lost to rounding."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

STEP_M3 = Decimal(1)
"""Shares are whole cubic metres where nothing else is said."""


def split(total_m3: Decimal, weights: Sequence[Decimal], step_m3: Decimal = STEP_M3) -> list[Decimal]:
    """Shares in the order of the weights, each a multiple of the step, adding up to the total exactly.

    100 by (1, 1, 1) is 34, 33, 33: the step left over goes to the largest remainder, of equal ones to the first. What the
    total holds beyond whole steps goes to the next remainder, as the one share that is not a multiple. No share is off its
    exact part by a step or more; a zero weight gets nothing.

    Raises:
        ValueError: the total or a weight is negative, no weight is above zero, or the step is not.
    """
    if total_m3 < 0 or step_m3 <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("the total and the weights must not be negative, and the step must be positive")
    whole = sum((Fraction(weight) for weight in weights), Fraction(0))
    if not whole:
        raise ValueError("at least one weight must be above zero")
    total, step = Fraction(total_m3), Fraction(step_m3)
    exact = [total * Fraction(weight) / whole for weight in weights]
    shares = [step_m3 * (part // step) for part in exact]
    left = total_m3 - sum(shares, Decimal(0))
    by_remainder = sorted(range(len(shares)), key=lambda n: exact[n] % step, reverse=True)
    for n in by_remainder:
        more = min(step_m3, left)
        shares[n] += more
        left -= more
    return shares


def by_need(total_m3: Decimal, needs_m3: Sequence[Decimal], step_m3: Decimal = STEP_M3) -> list[Decimal]:
    """Shares by what each part needs (norm × activity): just the need, up to a whole step, where the total reaches for all; else
    the total is split by need. What is not needed stays in reserve.

    1000 for needs of 300 and 400 gives 300 and 400; 350 gives 150 and 200. Raises ValueError as `split`.
    """
    if 0 < sum(needs_m3, Decimal(0)) <= total_m3 and all(need >= 0 for need in needs_m3) and step_m3 > 0:
        up = [step_m3 * -(-need // step_m3) for need in needs_m3]
        return up if sum(up) <= total_m3 else split(sum(needs_m3, Decimal(0)) // step_m3 * step_m3, needs_m3, step_m3)
    return split(total_m3, needs_m3, step_m3)


def area_need_m3(area_mu: Decimal, norm_m3_mu: Decimal) -> Decimal:
    """What an irrigated area needs in a year: mu × m³ per mu (灌溉定额)."""
    return area_mu * norm_m3_mu


def population_need_m3(persons: Decimal, norm_l_d: Decimal, days: int) -> Decimal:
    """What people need: persons × litres a person and day × days (生活用水定额), m³. 1000 × 100 L × 365 d is 36,500 m³."""
    return persons * norm_l_d * days / 1000
