"""What a plan needs against what its place may use; expected values worked out by hand."""

from decimal import Decimal as D

import pytest

from liangshui.conformity.rules.demand import (
    Closed,
    Expansion,
    Figure,
    Line,
    Water,
    YearOfLand,
    allotted_at,
    balances,
    carried,
    closed_m3,
    expansions,
    growth,
)
from liangshui.quota.rules.closing import Node
from liangshui.quota.rules.norms import Measure

PEOPLE = Line(2027, "living", "town", Measure.PERSON, D(10_000), D(100), "DB 1, table 1, p. 3")
SHEEP = Line(2027, "agriculture", "sheep", Measure.HEAD, D(20_000), D(10), "DB 1, p. 9")
MAIZE = Line(2027, "agriculture", "maize", Measure.MU, D(1_000), D(180), "DB 1, p. 5", D("0.6"))
GROSS = Line(2028, "agriculture", "maize", Measure.MU, D(1_000), D(180), "DB 1, p. 5")
METHANOL = Line(2028, "industry", "methanol, t", Measure.PRODUCT, D(50_000), D("7.5"), "DB 1, p. 40")
LAWN = Line(2028, "ecology", "lawn", Measure.SQUARE_METRE, D(20_000), D("0.45"), "DB 1, p. 50")


def water(allotted, used, permitted=None):
    def figure(value):
        return Figure(None if value is None else D(value), "ledger")

    return Water(figure(allotted), figure(used), figure(permitted))


@pytest.mark.parametrize(
    ("line", "need"),
    [
        (PEOPLE, D(365_000)),  # 10,000 x 0.1 x 365
        (SHEEP, D(73_000)),  # 20,000 x 0.01 x 365
        (MAIZE, D(300_000)),  # 1,000 x 180 / 0.6
        (GROSS, D(180_000)),
        (METHANOL, D(375_000)),
        (LAWN, D(9_000)),
    ],
)
def test_a_line_needs_its_amount_at_its_quota(line, need):
    assert line.need_m3 == need


def test_needs_are_summed_by_sector_and_year_against_what_is_left_of_the_allotment():
    waters = {
        (2027, "agriculture"): water(1_000_000, 700_000), (2027, "living"): water(500_000, 100_000),
        (2027, ""): water(1_500_000, 800_000),
    }  # fmt: skip
    found = balances([PEOPLE, SHEEP, MAIZE], waters, on_top=True)
    assert [(b.year, b.sector, b.need_m3, b.may_use_m3, b.left_m3) for b in found] == [
        (2027, "agriculture", D(373_000), D(300_000), D(-73_000)),
        (2027, "living", D(365_000), D(400_000), D(35_000)),
        (2027, "", D(738_000), D(700_000), D(-38_000)),
    ]


def test_needs_that_are_all_of_the_use_stand_against_the_whole_allotment():
    waters = {(2027, "living"): water(500_000, None), (2027, ""): water(500_000, None)}
    first, _total = balances([PEOPLE], waters, on_top=False)
    assert (first.may_use_m3, first.left_m3, first.above_permits_m3) == (D(500_000), D(135_000), None)


@pytest.mark.parametrize("known", [water(None, 100), water(100, None)])
def test_what_is_not_known_gives_no_figure(known):
    waters = {(2027, "living"): known, (2027, ""): known}
    first, _total = balances([PEOPLE], waters, on_top=True)
    assert (first.may_use_m3, first.left_m3, first.above_permits_m3) == (None, None, None)
    assert carried([PEOPLE], waters, on_top=True)[0].amount is None


def test_permits_with_the_needs_may_pass_the_allotment_though_water_is_left():
    waters = dict.fromkeys([(2027, "living"), (2027, "")], water(800_000, 100_000, 600_000))
    first, _total = balances([PEOPLE], waters, on_top=True)
    assert (first.left_m3, first.above_permits_m3) == (D(335_000), D(165_000))


def test_what_the_water_left_would_carry():
    waters = {(2027, "living"): water(10_000, 0), (2027, "agriculture"): water(10_000, 12_000)}
    people, maize = carried([PEOPLE, MAIZE], waters, on_top=True)
    assert people.amount == D(273)  # 10,000 / 36.5 = 273.97
    assert maize.amount == 0
    assert carried([MAIZE], waters, on_top=False)[0].amount == D(33)  # 10,000 / 300


def test_a_ledger_without_a_row_for_the_node_gives_the_largest_sum_of_its_parts():
    ledger = {
        Node(town=7): D(900), Node(unit=1, town=7, sector="living"): D(200), Node(unit=2, town=7, sector="living"): D(150),
        Node(unit=1, town=7, sector="living", user=5): D(120), Node(unit=1, town=8, sector="living"): D(9_999),
    }  # fmt: skip
    assert allotted_at(ledger, Node(town=7)) == D(900)
    assert allotted_at(ledger, Node(town=7, sector="living")) == D(350)
    assert allotted_at(ledger, Node(town=7, sector="industry")) is None


def test_land_above_the_baseline_is_an_expansion():
    present, baseline = Figure(D(5_000), "ledger 2026"), Figure(D(5_400), "ledger 2023")
    (on_top,) = expansions([MAIZE, PEOPLE], present, baseline, on_top=True)
    assert (on_top.after_mu, on_top.over_mu) == (D(6_000), D(600))
    (in_all,) = expansions([MAIZE], present, baseline, on_top=False)
    assert (in_all.after_mu, in_all.over_mu) == (D(1_000), D(0))
    unknown = Expansion(2027, D(1_000), Figure(None, ""), baseline, True)
    assert (unknown.after_mu, unknown.over_mu) == (None, None)


def test_use_that_grows_with_the_land_is_told_by_town_and_year():
    rows = [
        YearOfLand("A", 2024, D(100), D(30_000)), YearOfLand("A", 2025, D(120), D(36_000)),
        YearOfLand("A", 2026, D(130), D(35_000)), YearOfLand("B", 2024, D(100), D(30_000)),
        YearOfLand("B", 2026, D(120), D(36_000)), YearOfLand("C", 2025, D(100), None), YearOfLand("C", 2026, D(120), D(9)),
    ]  # fmt: skip
    assert [(g.before.place, g.before.year, g.after.year) for g in growth(rows)] == [("A", 2024, 2025)]


def test_what_is_left_in_suspended_units_counts_for_nothing_but_living_that_they_spare():
    parts = [Closed(D(40_000), D(10_000), spares=True), Closed(D(5_000), D(0)), Closed(D(10), D(90))]
    assert (closed_m3(parts), closed_m3(parts, D(10_000)), closed_m3(parts, D(99_000))) == (
        D(35_000),
        D(25_000),
        D(5_000),
    )
    assert closed_m3([*parts, Closed(None, D(1))]) is None and closed_m3([]) == D(0)
