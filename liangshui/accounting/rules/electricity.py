"""Water from electricity (以电折水): volume = energy x coefficient, with its range.

An estimate: the range is part of the result, and it is never the only ground of a fine (law/README 1.12).
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from liangshui.core.errors import Invalid
from liangshui.core.quantities import LITRE

#: m3 x m per kWh: one kWh lifts 366.97 m3 by one metre when nothing is lost (3.6 x 10^6 J over 1000 kg/m3 x 9.81 m/s2).
#: Source: rule E2W-PHYS, hydraulic power identity.
LOSSLESS_M3_M_PER_KWH = Decimal("366.97")


class CoefficientError(Invalid):
    """A coefficient that cannot be right, or that does not hold for the period asked about."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """Water raised per kWh by one well or a group of wells, as tested.

    `uncertainty` is a share: 0.2 for the 20 % below which a tested well lies (rule E2W-ERR). `valid_to` is the first day
    on which it no longer holds, None while open. `head_m` is the total head of the test (depth to the moving water,
    pipe losses and outlet pressure); None where it was not recorded.
    """

    m3_per_kwh: Decimal
    uncertainty: Decimal
    tested_on: date | None
    valid_from: date
    valid_to: date | None = None
    head_m: Decimal | None = None

    def __post_init__(self) -> None:
        if self.m3_per_kwh <= 0:
            raise CoefficientError(f"A coefficient must be above 0 m3/kWh, not {self.m3_per_kwh}.")
        if not 0 <= self.uncertainty < 1:
            raise CoefficientError(
                f"The uncertainty is a share from 0 to below 1 (20 % is 0.2), not {self.uncertainty}."
            )
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise CoefficientError(f"A coefficient from {self.valid_from} cannot end on {self.valid_to}.")
        if self.head_m is not None:
            check_against_head(self.m3_per_kwh, self.head_m)


@dataclass(frozen=True, slots=True)
class VolumeRange:
    """A volume between low and high, m3 with three decimals."""

    volume_m3: Decimal
    low_m3: Decimal
    high_m3: Decimal


def greatest_coefficient(head_m: Decimal) -> Decimal:
    """m3 per kWh that no pump exceeds at this head: 36.697 at 10 m, 3.6697 at 100 m (rule E2W-PHYS)."""
    if head_m <= 0:
        raise CoefficientError(f"The total head must be above 0 m, not {head_m}.")
    return LOSSLESS_M3_M_PER_KWH / head_m


def check_against_head(m3_per_kwh: Decimal, head_m: Decimal) -> None:
    """Refuse a coefficient that would need an efficiency above 1.

    4.0 m3/kWh at 100 m is refused, since 366.97 / 100 = 3.6697; 2.0 passes (efficiency 0.545). Source: rule E2W-PHYS.
    """
    most = greatest_coefficient(head_m)
    if m3_per_kwh > most:
        efficiency = (m3_per_kwh / most).quantize(LITRE, ROUND_HALF_UP)
        raise CoefficientError(
            f"{m3_per_kwh} m3/kWh is impossible at a head of {head_m} m: the pump would need an efficiency of {efficiency}. "
            f"At most {most.quantize(LITRE, ROUND_FLOOR)} m3/kWh can be raised. Check the head and the multiplier of the "
            f"power meter, then test again."
        )


def volume_from_energy(
    kwh: Decimal, coefficient: Coefficient, *, start: date | None = None, end: date | None = None
) -> VolumeRange:
    """m3 raised with `kwh`, to the litre; the range is rounded outwards (rule E2W-FORMULA).

    1234.5 kWh at 2.4 m3/kWh within 20 %: 2962.800, from 2370.240 to 3555.360.

    With `start` and `end` (exclusive) of the period given, the coefficient must hold on every day of it. The energy is what
    the power company states, with the transformer's multiplier applied.
    """
    if kwh < 0:
        raise Invalid(f"Energy cannot be negative: {kwh} kWh. A credit belongs to the period it corrects.", field="kwh")
    if start is not None and start < coefficient.valid_from:
        raise CoefficientError(f"The coefficient holds from {coefficient.valid_from}, not yet on {start}.")
    last = coefficient.valid_to
    if last is not None and ((end is not None and end > last) or (start is not None and start >= last)):
        raise CoefficientError(f"The coefficient holds until {last} (not included); the period ends on {end}.")
    volume = kwh * coefficient.m3_per_kwh
    return VolumeRange(
        volume.quantize(LITRE, ROUND_HALF_UP),
        (volume * (1 - coefficient.uncertainty)).quantize(LITRE, ROUND_FLOOR),
        (volume * (1 + coefficient.uncertainty)).quantize(LITRE, ROUND_CEILING),
    )
