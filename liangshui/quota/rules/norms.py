"""Quotas of use (用水定额): in what an activity is counted, and how much water it needs at its quota. Pure."""

from decimal import Decimal
from enum import StrEnum

from liangshui.core.quantities import volume

DAYS = 365
"""Days of a planning year: a quota by day is a year's average, so leap years count alike."""
LITRES = 1000


class Measure(StrEnum):
    """In what an activity is counted; with it goes the unit of its quota."""

    PERSON = "person"
    HEAD = "head"
    MU = "mu"
    PRODUCT = "product"
    SQUARE_METRE = "m2"


DAILY = frozenset({Measure.PERSON, Measure.HEAD})
"""Quotas in litres a day; all others are m³ per unit and year."""


class Worth(StrEnum):
    """Which value of a quota: the general one (通用值), or the advanced one (先进值) where the document has it."""

    GENERAL = "general"
    ADVANCED = "advanced"


def unit_m3(measure: Measure, quota: Decimal, coefficient: Decimal | None = None) -> Decimal:
    """m³ a year that one person, head, mu, unit or m² needs at the intake.

    A person at 100 L a day needs 36.5 m³; a mu at 180 m³ in the field, with a coefficient of 0.6, needs 300 m³.
    """
    if measure in DAILY:
        return quota * DAYS / LITRES
    return quota / coefficient if coefficient else quota


def need_m3(measure: Measure, quota: Decimal, amount: Decimal, coefficient: Decimal | None = None) -> Decimal:
    """m³ a year of an amount at a quota, to the litre. 1,000 mu at 180 m³ need 180,000 m³."""
    return volume(amount * unit_m3(measure, quota, coefficient))
