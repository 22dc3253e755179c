"""Indicators of efficiency, by hand-worked figures."""

from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.parameters.cases import Bench
from liangshui.parameters.law import calendar_of, shipped
from liangshui.quota.cases import indicator
from liangshui.quota.rules.efficiency import fall_pct, irrigation_coefficient, met, use_per_10k_yuan


def test_use_per_ten_thousand_yuan():
    assert use_per_10k_yuan(D(5_340_000), D(100_000)) == D("53.4")
    with pytest.raises(ValueError, match="positive"):
        use_per_10k_yuan(D(1), D(0))


def test_fall_against_the_base_year():
    assert fall_pct(D(60), D("53.4")) == D(11)
    assert fall_pct(D(50), D(55)) == D(-10)


def test_irrigation_coefficient_sums_before_it_divides():
    # the mean of 0.6 and 0.1 would be 0.35
    assert irrigation_coefficient([(D(60), D(100)), (D(10), D(100))]) == D("0.35")
    for wrong in ([], [(D(0), D(0))], [(D(2), D(1))]):
        with pytest.raises(ValueError, match="gross"):
            irrigation_coefficient(wrong)


@pytest.mark.parametrize(
    ("actual", "at_least", "final", "answer"),
    [
        (100, False, True, True),
        (101, False, True, False),
        (100, True, True, True),
        (99, True, True, False),
        (99, False, False, None),
        (101, False, False, False),
        (99, True, False, None),
        (100, True, False, True),
    ],
)
def test_met_or_not_or_not_known(actual, at_least, final, answer):
    assert met(D(100), D(actual), at_least=at_least, final=final) is answer


def test_without_target_or_figure_nothing_is_known():
    assert met(None, D(1), at_least=True, final=True) is None
    assert met(D(1), None, at_least=True, final=True) is None


def test_the_sums_of_a_published_year_are_worked_from_its_figures():
    bench = Bench(shipped(), calendar_of(shipped()), date(2026, 11, 27))
    assert indicator({"rule": "F-NM-2022"}, bench) == {
        "sources_sum": D(19_346_000_000),
        "uses_sum": D(19_347_000_000),
        "total": D(19_347_000_000),
    }
