"""Water from electricity: formula, range, and what physics forbids."""

from decimal import Decimal as D

import pytest

from liangshui.accounting.rules.electricity import check_coefficient, from_energy
from liangshui.core.errors import Invalid


def test_formula_with_its_range():
    assert from_energy(D(1000), D("2.5"), D("0.2")) == (D(2500), D(2000), D(3000))


def test_no_energy_is_no_water():
    assert from_energy(D(0), D("2.5"), D("0.2")) == (D(0), D(0), D(0))


def test_a_coefficient_above_physics_is_refused():
    # 366.97 / 50 m = 7.3394 m³ per kWh at full efficiency.
    check_coefficient(D("7.3394"), D(50))
    with pytest.raises(Invalid):
        check_coefficient(D("7.34"), D(50))


def test_a_coefficient_must_be_positive():
    with pytest.raises(Invalid):
        check_coefficient(D(0), None)
