"""Drawdown by Theis: the well function against published tables, seasons put together by hand, what is not known as a range."""

from math import pi

import pytest

from liangshui.permits.rules.drawdown import (
    Aquifer,
    Drawdown,
    Range,
    Step,
    drawdown,
    seasons,
    superposed_m,
    theis_m,
    well_function,
)

TABLE = [
    (1e-15, 33.9616, 33.96156073),
    (1e-10, 22.4486, 22.44863527),
    (1e-5, 10.9357, 10.9357198),
    (1, 0.2194, 0.2193839344),
    (2, 0.0489, 0.04890051071),
    (3, 0.01305, 0.01304838109),
    (4, 0.003779, 0.00377935241),
    (5, 0.001148, 0.001148295591),
    (6, 0.0003601, 0.0003600824522),
    (7, 0.0001155, 0.0001154817316),
    (8, 3.767e-5, 3.766562284e-5),
    (9, 1.245e-5, 1.244735418e-5),
    (9.9, 4.637e-6, 4.636887757e-6),
]
"""u, W(u) as published (Huisman 1972, table 4.1) and to ten digits as the exponential integral E1."""

NEAR = {"transmissivity_m2_d": 500, "storativity": 1e-4, "distance_m": 100}
"""r²S = 1 m²: u = 1 / (2000 t)."""

KNOWN = Aquifer(Range(200, 500, 1000), Range(5e-5, 1e-4, 1e-3))
SEASONS = seasons(100_000, 100, 3)


@pytest.mark.parametrize(("u", "published", "exact"), TABLE)
def test_the_well_function_is_that_of_the_tables(u, published, exact):
    assert well_function(u) == pytest.approx(exact, rel=1e-9)
    assert well_function(u) == pytest.approx(published, rel=5e-4)  # four digits


def test_the_well_function_goes_on_where_its_two_forms_meet_and_ends_in_nothing():
    assert well_function(1 + 1e-9) == pytest.approx(well_function(1), rel=1e-8)
    assert well_function(1000) == 0
    for u in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="above zero"):
            well_function(u)


def test_drawdown_where_u_is_one_is_a_quarter_of_the_table_by_pi_and_transmissivity():
    """r = 200 m, S = 0.001, T = 10 m²/d, t = 1 d: u = 40 / 40 = 1; Q = 40π m³/d: s = 1 · W(1)."""
    found = theis_m(40 * pi, transmissivity_m2_d=10, storativity=0.001, distance_m=200, days=1)
    assert found == pytest.approx(0.2193839344, rel=1e-9)


def test_before_pumping_begins_nothing_falls():
    assert theis_m(1000, **NEAR, days=0) == 0
    assert superposed_m((Step(10, 1000),), **NEAR, day=10) == 0


@pytest.mark.parametrize("name", ["transmissivity_m2_d", "storativity", "distance_m"])
def test_what_is_not_above_zero_is_refused(name):
    with pytest.raises(ValueError, match="above zero"):
        theis_m(1000, **{**NEAR, name: 0}, days=1)


def test_seasons_pump_and_rest_each_year():
    assert seasons(100_000, 100, 2) == (Step(0, 1000), Step(100, -1000), Step(365, 1000), Step(465, -1000))
    assert seasons(365_000, 365, 2) == (Step(0, 1000),)
    for days in (0, 366):
        with pytest.raises(ValueError, match="1 to 365"):
            seasons(1, days, 1)


def test_after_a_season_the_level_comes_back_as_superposed_by_hand():
    """1000 m³/d on 90 days, T = 500 m²/d: Q / 4πT = 0.159155 m.

    Day 90: u = 1 / 180,000, W = ln 180,000 - 0.577216 = 12.100712 - 0.577216 = 11.523496 (+ u), s = 1.83402 m.
    Day 365: what is left is 0.159155 · ln(365 / 275) = 0.159155 · 0.283128 = 0.045061 m.
    """
    one = seasons(90_000, 90, 1)
    assert superposed_m(one, **NEAR, day=90) == pytest.approx(1.83402, abs=2e-5)
    assert superposed_m(one, **NEAR, day=365) == pytest.approx(0.045061, abs=2e-6)


def test_a_second_season_falls_on_what_the_first_has_left():
    """Day 455 of 90 days a year: the season itself 1.83402 m, and of the first 0.159155 · ln(455 / 365) = 0.035076 m."""
    assert superposed_m(seasons(90_000, 90, 2), **NEAR, day=455) == pytest.approx(1.83402 + 0.035076, abs=2e-5)


def test_the_range_holds_the_best_and_its_corners():
    found = drawdown(SEASONS, KNOWN, 800, 830)
    assert found.least_m < found.best_m < found.most_m
    for t in (200, 500, 1000):
        for s in (5e-5, 1e-4, 1e-3):
            corner = superposed_m(SEASONS, transmissivity_m2_d=t, storativity=s, distance_m=800, day=830)
            assert found.least_m <= corner <= found.most_m


def test_the_most_between_two_corners_is_found():
    """1 km off, S = 0.001, after 10 days; Q = 4000π m³/d, so that s = 1000 · W(u) / T.

    T = 25: u = 1, s = 219.384 / 25 = 8.7754 m. T = 250: u = 0.1, s = 1822.92 / 250 = 7.2917 m. Between, at T = 50: u = 0.5,
    s = 559.8 / 50 = 11.196 m.
    """
    known = Aquifer(Range(25, 25, 250), Range(1e-3, 1e-3, 1e-3))
    found = drawdown((Step(0, 4 * pi * 1000),), known, 1000, 10)
    assert found.best_m == pytest.approx(8.7754, abs=1e-3)
    assert found.least_m == pytest.approx(7.2917, abs=1e-3)
    assert found.most_m > 11


def test_where_all_is_known_the_range_is_one_figure():
    sure = Aquifer(Range(500, 500, 500), Range(1e-4, 1e-4, 1e-4))
    found = drawdown(seasons(90_000, 90, 1), sure, 100, 90)
    assert found.least_m == found.best_m == found.most_m == pytest.approx(1.83402, abs=2e-5)
    assert drawdown(SEASONS, KNOWN, 100, 0) == Drawdown(0, 0, 0)


def test_farther_off_less_falls_and_the_longer_and_the_more_is_pumped_the_more():
    far = [drawdown(SEASONS, KNOWN, r, 830).best_m for r in (10, 100, 1000, 5000)]
    assert far == sorted(far, reverse=True) and far[-1] > 0
    late = [theis_m(1000, **NEAR, days=t) for t in (1, 10, 100, 1000)]
    assert late == sorted(late)
    assert theis_m(2000, **NEAR, days=10) == pytest.approx(2 * theis_m(1000, **NEAR, days=10))


@pytest.mark.parametrize("figures", [(0, 1, 2), (2, 1, 3), (1, 3, 2), (-1, 1, 1)])
def test_a_range_out_of_order_is_refused(figures):
    with pytest.raises(ValueError, match="from low to best to high"):
        Range(*figures)
