"""Bounds outside of which a typed figure cannot be meant: what lies beyond was mistyped. Pure.

SHARE_PCT and COEFFICIENT follow from what the figures are: a part of a whole. DEPTH_M and HEIGHT_M are plausibility and no law: they are
as wide as what a station may report (telemetry/rules/quality.py), but a depth is read downwards from the ground and so not below zero.
"""

from decimal import Decimal
from typing import NamedTuple


class Bounds(NamedTuple):
    """The least and the greatest value, both of which can be meant, and their unit."""

    least: Decimal
    most: Decimal
    unit: str

    def hold(self, value: Decimal) -> bool:
        """Whether a value can be meant."""
        return self.least <= value <= self.most


SHARE_PCT = Bounds(Decimal(0), Decimal(100), "%")
COEFFICIENT = Bounds(Decimal(0), Decimal(1), "")
DEPTH_M = Bounds(Decimal(0), Decimal(500), "m")
HEIGHT_M = Bounds(Decimal(-500), Decimal(9000), "m")
