"""Water from electricity (以电折水): volume = energy × coefficient (E2W-FORMULA). An estimate, always with its range."""

from decimal import Decimal
from typing import NamedTuple

from liangshui.core.errors import Invalid
from liangshui.core.quantities import volume

LIFT_CONSTANT = Decimal("366.97")
"""m³·m per kWh at full efficiency: 3.6e6 / (1000 × 9.81) (E2W-PHYS)."""


class VolumeRange(NamedTuple):
    """A volume with its range, m³."""

    volume_m3: Decimal
    low_m3: Decimal
    high_m3: Decimal


def from_energy(kwh: Decimal, m3_per_kwh: Decimal, uncertainty: Decimal) -> VolumeRange:
    """Volume of a quantity of electricity.

    1000 kWh at 2.5 m³/kWh ± 0.2 is 2500 m³, between 2000 and 3000. `uncertainty` is a share; a single tested well is
    within 0.2 (E2W-ERR).
    """
    raised = kwh * m3_per_kwh
    return VolumeRange(volume(raised), volume(raised * (1 - uncertainty)), volume(raised * (1 + uncertainty)))


def greatest_coefficient(head_m: Decimal) -> Decimal:
    """The coefficient that no pump can exceed at a total head: efficiency would be above one (E2W-PHYS)."""
    return LIFT_CONSTANT / head_m


def check_coefficient(m3_per_kwh: Decimal, head_m: Decimal | None) -> None:
    """Refuse what physics forbids.

    Raises:
        Invalid: not positive, or above 366.97 / head where the head (at least the depth to water) is known.
    """
    if m3_per_kwh <= 0:
        raise Invalid("coefficient_not_positive", field="m3_per_kwh")
    if head_m and m3_per_kwh > greatest_coefficient(head_m):
        raise Invalid("coefficient_above_physics", field="m3_per_kwh")
