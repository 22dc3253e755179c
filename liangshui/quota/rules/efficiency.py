"""Indicators of efficiency (用水效率控制): use per 10,000 yuan, its fall, and the irrigation coefficient."""

from collections.abc import Sequence
from decimal import Decimal


def use_per_10k_yuan(use_m3: Decimal, amount_10k_yuan: Decimal) -> Decimal:
    """m³ per 10,000 yuan of GDP, or of industrial value added where only the use of industry is given (万元GDP用水量).

    5,340,000 m³ for 100,000 × 10⁴ yuan: 53.4. Source: rule IND-GDP. Raises ValueError unless the amount is positive.
    """
    if amount_10k_yuan <= 0:
        raise ValueError("the amount must be positive")
    return use_m3 / amount_10k_yuan


def fall_pct(base: Decimal, now: Decimal) -> Decimal:
    """By how many percent an efficiency indicator has fallen since the base year (万元GDP用水量下降率); negative: it rose.

    From 60.0 to 53.4 m³ per 10,000 yuan: 11.00 %. Source: rule IND-GDP.
    """
    return (1 - now / base) * 100


def irrigation_coefficient(areas: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """Net water stored in the root zone over gross water at the head (农田灌溉水有效利用系数), m³ each, summed over areas.

    (60, 100) and (30, 100) give 0.45. Source: rule IND-IRR. Raises ValueError where there is no gross water, or less than net.
    """
    net, gross = (sum(column, Decimal(0)) for column in zip(*areas, strict=True)) if areas else (Decimal(0), Decimal(0))
    if gross <= 0 or net < 0 or net > gross:
        raise ValueError("gross water must be positive and not less than net water")
    return net / gross


def met(target: Decimal | None, actual: Decimal | None, *, at_least: bool, final: bool) -> bool | None:
    """Whether an indicator is met; None: not known. Equal meets.

    Before the year is over (not `final`) a volume can only grow: above a limit it is not met for good, below it nothing is
    known yet; of a least use it is the other way round.
    """
    if target is None or actual is None:
        return None
    reached = actual >= target if at_least else actual <= target
    return reached if final or reached == at_least else None
