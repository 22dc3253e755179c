"""How a farm well is lawfully measured, by the table of the law."""

from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.metering.rules.methods import lawful_method, on_line_by_reference
from liangshui.parameters.law import shipped

DAY = date(2026, 11, 25)
TABLE = shipped().value("MO-WELL", DAY)
REFERENCE = shipped().value("MO-ONLINE", DAY)


@pytest.mark.parametrize(
    ("pipe", "meter", "electricity", "method"),
    [
        ("20", True, True, "meter"), ("20", False, True, "electricity_conversion"), ("20", None, True, None),
        ("19.9", None, True, "electricity_conversion"), ("18", None, False, "sample_inference"),
        ("25", False, False, "sample_inference"), ("25", True, False, "meter"),
    ],
)  # fmt: skip
def test_the_method_of_a_well(pipe, meter, electricity, method):
    assert lawful_method(D(pipe), TABLE, meter_conditions=meter, electricity=electricity) == method


def test_the_reference_scale_holds_its_limit():
    for volume, groundwater, asked in (
        ("50000", True, True),
        ("49999.999", True, False),
        ("499999", False, False),
        ("500000", False, True),
    ):
        assert on_line_by_reference(D(volume), groundwater=groundwater, reference=REFERENCE) is asked
