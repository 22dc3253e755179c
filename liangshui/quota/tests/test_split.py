"""Splitting by largest remainder, by hand-worked shares and by what must always hold."""

from decimal import Decimal as D
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangshui.quota.rules.split import area_need_m3, by_need, population_need_m3, split

TOTALS = st.decimals(0, 10**10, places=3)
WEIGHTS = st.lists(st.decimals(0, 10**8, places=2), min_size=1, max_size=20).filter(any)
STEPS = st.sampled_from([D("0.001"), D(1), D(7), D(100), D(10_000)])


def test_the_step_left_over_goes_to_the_largest_remainder():
    assert split(D(100), [D(1), D(1), D(1)]) == [34, 33, 33]
    # 100 × 3/7 = 42.86, 2/7 = 28.57, 2/7 = 28.57
    assert split(D(100), [D(3), D(2), D(2)]) == [43, 29, 28]


def test_shares_are_whole_steps_of_what_is_chosen():
    # 1,000,000 × 1/3 in steps of 10,000 m³
    assert split(D(1_000_000), [D(1), D(2)], D(10_000)) == [330_000, 670_000]


def test_what_is_no_whole_step_stands_in_one_share():
    assert split(D("10.5"), [D(1), D(1)]) == [D("5.5"), 5]
    assert split(D("0.4"), [D(1), D(3)]) == [0, D("0.4")]


def test_nothing_goes_to_a_zero_weight():
    assert split(D(7), [D(0), D(2), D(0)]) == [0, 7, 0]


@pytest.mark.parametrize(
    ("total", "weights", "step"),
    [
        (D(1), [D(0), D(0)], D(1)),
        (D(1), [], D(1)),
        (D(1), [D(-1), D(2)], D(1)),
        (D(-1), [D(1)], D(1)),
        (D(1), [D(1)], D(0)),
    ],
)
def test_what_cannot_be_split_is_told(total, weights, step):
    with pytest.raises(ValueError, match="must"):
        split(total, weights, step)


def test_a_need_is_given_in_full_where_it_can_be():
    assert by_need(D(1000), [D("300.7"), D(400)]) == [300, 400]
    assert by_need(D(350), [D(300), D(400)]) == [150, 200]


def test_needs_by_norm():
    assert area_need_m3(D(120), D(210)) == 25_200
    assert population_need_m3(D(1000), D(100), 365) == 36_500


@given(TOTALS, WEIGHTS, STEPS)
def test_shares_close_and_none_is_off_by_a_step(total, weights, step):
    shares = split(total, weights, step)
    assert sum(shares) == total
    assert sum(1 for share in shares if share % step) <= 1
    whole = sum(map(Fraction, weights))
    for share, weight in zip(shares, weights, strict=True):
        assert abs(Fraction(share) - Fraction(total) * Fraction(weight) / whole) < step
        assert share >= 0
        assert weight or not share


@given(TOTALS, WEIGHTS, STEPS)
def test_who_weighs_more_gets_no_less(total, weights, step):
    shares = split(total, weights, step)
    ordered = sorted(zip(weights, shares, strict=True), key=lambda pair: pair[0])
    for (light, less), (heavy, more) in pairwise(ordered):
        assert less <= more or light == heavy


@given(TOTALS, WEIGHTS, STEPS)
def test_needs_never_get_more_than_there_is_nor_than_needed_by_a_step(total, needs, step):
    shares = by_need(total, needs, step)
    assert sum(shares) <= total
    assert all(share < need + step for share, need in zip(shares, needs, strict=True))
