"""Water passed on and given back, from a sheet; and an irrigation district from its head to its wells."""

from decimal import Decimal as D

import pytest

from liangshui.accounting import queries
from liangshui.accounting.districts import branches
from liangshui.accounting.models import ReturnVolume, SupplyVolume
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.registry import importing
from liangshui.registry import services as registry
from tests.accounting.conftest import FROM, MAY, follow
from tests.accounting.test_supply import declared, passed
from tests.people import workbook

pytestmark = pytest.mark.django_db

ROWS = [
    ["供水单位", "受水单位", "5月", "6月"],
    ["用户WORKS", "用户NEAR", "３００", 310],
    ["用户WORKS", "退水", 50, None],
    ["用户WORKS", "用户GONE", 9, 9],
    ["小计", "", 350, 310],
]


@pytest.fixture
def works(place):
    works = place.user("WORKS", kind="waterworks")
    declared(place.well("W1", works, sector="living"), 1000)
    passed(place, works, place.user("NEAR"), None)
    place.user("GONE")
    follow()
    return works


def take(rows, **options):
    batch = importing.check(SYSTEM, workbook(rows), "供水.xlsx", "supplies", {"method": "read", "year": 2025} | options)
    if batch.report["counts"]["created"] + batch.report["counts"]["changed"]:
        batch = importing.take(SYSTEM, batch)
    follow()
    return batch


def told():
    row = queries.account(EVERYWHERE, MAY, "total")[0]
    return row.supply_m3, row.returned_m3


def test_a_sheet_fills_links_and_returns_and_the_same_file_changes_nothing(works):
    batch = take(ROWS)
    assert batch.report["counts"] == {"created": 2, "changed": 0, "unchanged": 0, "refused": 1}
    (refused,) = [row for row in batch.report["rows"] if row["problems"]]
    assert (refused["row"], refused["problems"][0]["code"]) == (4, "no_supply_link")
    assert told() == (D(300), D(50))
    assert take(ROWS).report["counts"]["unchanged"] == 2 and SupplyVolume.every.count() == 2


def test_a_corrected_sheet_changes_what_differs_and_can_be_taken_back(works):
    take(ROWS)
    corrected = take([ROWS[0], ["用户WORKS", "用户NEAR", 280, 310], ["用户WORKS", "外排", 60, None]])
    assert told() == (D(280), D(60)) and SupplyVolume.every.count() == 3 and ReturnVolume.objects.count() == 1
    importing.take_back(SYSTEM, corrected)
    follow()
    assert told() == (D(300), D(50))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["L9", "", "", 5], "no_supply_link"), (["", "没有的", "用户NEAR", 5], "unknown_user"), (["", "", "", 5], "nobody_named"),
        (["", "用户NEAR", "退水", 5], "which_project"), (["L1", "", "", None], "no_figure"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_says_why(works, row, code):
    batch = take([["供水关系编号", "供水单位", "受水单位", "供水量", "月份"], [*row, "2025-05"]])
    assert [p["code"] for r in batch.report["rows"] for p in r["problems"]] == [code]


def test_a_link_by_its_number_and_a_volume_with_its_uncertainty(works):
    take([["供水关系编号", "供水量(万m³)", "月份", "误差%"], ["L1", 0.03, "2025年5月", 10]])
    row = SupplyVolume.objects.get()
    assert (row.volume_m3, row.low_m3, row.high_m3, row.method) == (D(300), D(270), D(330), "read")


def test_a_district_adds_up_from_its_head_through_branches_to_its_wells(place):
    head, upper, lower = place.user("HEAD", kind="irrigation_district"), place.user("UP"), place.user("LOW")
    made = {}
    for code, user, parent, kind in (
        ("N1", head, None, "district"), ("N2", upper, "N1", "canal"), ("N3", lower, "N2", "association"),
    ):  # fmt: skip
        made[code] = registry.save_node(
            SYSTEM, code=code, name=code, kind=kind, division=place.town_a, user=user, parent=made.get(parent)
        )
    declared(place.well("C1", head, kind="canal", node=made["N1"]), 1000)
    declared(place.well("B1", lower, node=made["N3"]), 70)
    passed(place, head, upper, 900, "L1")
    passed(place, upper, lower, 950, "L2")
    follow()
    found = {
        b.node.code: (b.depth, b.heads_m3, b.received_m3, b.passed_m3, b.left_m3, b.wells_m3)
        for b in branches(EVERYWHERE, MAY)
    }
    assert found == {
        "N1": (0, D(1000), None, D(900), D(100), None),
        "N2": (1, None, D(900), D(950), D(-50), None),
        "N3": (2, None, D(950), None, None, D(70)),
    }
    assert MAY.start > FROM
