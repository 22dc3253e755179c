from datetime import date
from decimal import Decimal

import pytest

from liangshui.accounting.rules.electricity import (
    Coefficient,
    CoefficientError,
    VolumeRange,
    check_against_head,
    volume_from_energy,
)
from liangshui.core.errors import Invalid


def coefficient(**changes: object) -> Coefficient:
    values: dict[str, object] = {
        "m3_per_kwh": Decimal("2.4"),
        "uncertainty": Decimal("0.2"),
        "tested_on": date(2026, 3, 20),
        "valid_from": date(2026, 4, 1),
        "valid_to": date(2027, 4, 1),
        "head_m": Decimal("60"),
        **changes,
    }
    return Coefficient(**values)  # type: ignore[arg-type]


def test_energy_becomes_water_with_its_range() -> None:
    assert volume_from_energy(Decimal("1234.5"), coefficient()) == VolumeRange(
        Decimal("2962.800"), Decimal("2370.240"), Decimal("3555.360")
    )


def test_the_range_is_rounded_outwards() -> None:
    """0.333 kWh at 2.4: 0.7992; 80 % is 0.63936, 120 % is 0.95904."""
    assert volume_from_energy(Decimal("0.333"), coefficient()) == VolumeRange(
        Decimal("0.799"), Decimal("0.639"), Decimal("0.960")
    )


def test_no_energy_is_a_real_zero() -> None:
    assert volume_from_energy(Decimal(0), coefficient()).high_m3 == Decimal("0.000")


def test_a_coefficient_above_the_physical_limit_is_refused() -> None:
    with pytest.raises(
        CoefficientError, match=r"4\.0 m3/kWh is impossible at a head of 100 m.*efficiency of 1\.090.*3\.669"
    ):
        coefficient(m3_per_kwh=Decimal("4.0"), head_m=Decimal(100))


def test_a_coefficient_at_the_physical_limit_passes() -> None:
    check_against_head(Decimal("3.6697"), Decimal(100))
    with pytest.raises(CoefficientError):
        check_against_head(Decimal("3.6698"), Decimal(100))


def test_a_coefficient_holds_from_its_first_day_to_before_its_last() -> None:
    volume_from_energy(Decimal(1), coefficient(), start=date(2026, 4, 1), end=date(2027, 4, 1))
    with pytest.raises(CoefficientError, match="holds from 2026-04-01, not yet on 2026-03-31"):
        volume_from_energy(Decimal(1), coefficient(), start=date(2026, 3, 31), end=date(2026, 5, 1))
    with pytest.raises(CoefficientError, match="holds until 2027-04-01"):
        volume_from_energy(Decimal(1), coefficient(), start=date(2027, 3, 1), end=date(2027, 4, 2))
    with pytest.raises(CoefficientError, match="holds until 2027-04-01"):
        volume_from_energy(Decimal(1), coefficient(), start=date(2027, 4, 1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"m3_per_kwh": Decimal(0)}, "above 0 m3/kWh"),
        ({"uncertainty": Decimal(20)}, "20 % is 0.2"),
        ({"valid_to": date(2026, 4, 1)}, "cannot end on 2026-04-01"),
        ({"head_m": Decimal(0)}, "above 0 m"),
    ],
)
def test_an_impossible_coefficient_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(CoefficientError, match=message):
        coefficient(**changes)


def test_negative_energy_is_refused() -> None:
    with pytest.raises(Invalid, match="cannot be negative"):
        volume_from_energy(Decimal(-1), coefficient())
