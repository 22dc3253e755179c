"""Abstraction, supply, use and consumption are four things; what is passed on is never abstracted again."""

from decimal import Decimal

from django.utils import timezone

from liangshui.accounting import queries, supply
from liangshui.accounting.models import PeriodVolume, ReturnVolume, SupplyVolume
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.core.periods import Period
from liangshui.registry import services as registry
from tests.accounting.conftest import FROM, MAY, follow, may, total

D = Decimal


def declared(intake, volume, start=MAY.start, end=MAY.end):
    PeriodVolume.objects.create(
        intake=intake, start=start, end=end, method="declared", volume_m3=D(volume), low_m3=D(volume),
        high_m3=D(volume), computed_at=timezone.now(),
    )  # fmt: skip


def passed(place, supplier, customer, volume, code="L1"):
    link = registry.save_supply_link(
        SYSTEM, code=code, supplier=supplier, customer=customer, source=place.source, sector="living", valid_from=FROM
    )
    if volume is not None:
        SupplyVolume.objects.create(
            link=link, start=MAY.start, end=MAY.end, method="register", volume_m3=D(volume), low_m3=D(volume),
            high_m3=D(volume),
        )  # fmt: skip
    return link


def test_a_waterworks_and_its_customers_are_never_counted_twice(place):
    works = place.user("WORKS", kind="waterworks")
    near, far = place.user("NEAR"), place.user("FAR", place.town_b)
    declared(place.well("W1", works, sector="living"), 1000)
    passed(place, works, near, 300, "L1")
    passed(place, works, far, 500, "L2")
    follow()
    rows = {r.code: r for r in queries.account(EVERYWHERE, MAY, "user")}
    told = {code: (r.abstraction_m3, r.supply_m3, r.use_m3) for code, r in rows.items()}
    assert told == {
        "WORKS": (D(1000), D(800), D(200)),
        "NEAR": (D(0), D(0), D(300)),
        "FAR": (D(0), D(0), D(500)),
    }
    row = total()
    assert (row.abstraction_m3, row.supply_m3, row.received_m3, row.use_m3) == (D(1000), D(800), D(800), D(1000))
    towns = {r.name: (r.abstraction_m3, r.use_m3) for r in queries.account(EVERYWHERE, MAY, "town")}
    assert towns == {"甲镇": (D(1000), D(500)), "乙镇": (D(0), D(500))}
    (unit,) = queries.account(EVERYWHERE, MAY, "unit")
    assert (unit.abstraction_m3, unit.supply_m3, unit.use_m3) == (D(1000), None, None)


def test_days_of_what_is_passed_on_add_up(place):
    works, near = place.user("WORKS"), place.user("NEAR")
    declared(place.well("W1", works), 1000)
    passed(place, works, near, 310)
    follow()
    assert total(Period(may(1), may(11))).supply_m3 == D(100)
    assert total(Period(may(11), MAY.end)).supply_m3 == D(210)


def test_a_link_without_any_volume_leaves_use_unknown(place):
    works, near = place.user("WORKS"), place.user("NEAR")
    declared(place.well("W1", works), 1000)
    passed(place, works, near, None)
    follow()
    rows = {r.code: r for r in queries.account(EVERYWHERE, MAY, "user")}
    assert (rows["WORKS"].abstraction_m3, rows["WORKS"].supply_m3, rows["WORKS"].use_m3) == (D(1000), None, None)
    assert (rows["NEAR"].received_m3, rows["NEAR"].use_m3) == (None, None)


def test_consumption_is_abstraction_less_return_and_unknown_without_any(place):
    mine, farm = place.user("MINE"), place.user("FARM")
    well = place.well("W1", mine, sector="industry")
    declared(well, 1000)
    declared(place.well("W2", farm), 100)
    ReturnVolume.objects.create(
        project=well.project, start=MAY.start, end=MAY.end, method="declared", volume_m3=D(250), low_m3=D(250),
        high_m3=D(250),
    )  # fmt: skip
    follow()
    rows = {r.code: (r.returned_m3, r.consumption_m3) for r in queries.account(EVERYWHERE, MAY, "user")}
    assert rows == {"MINE": (D(250), D(750)), "FARM": (None, None)}
    assert {r.code: r.consumption_m3 for r in queries.account(EVERYWHERE, MAY, "project")} == {
        "PW1": D(750), "PW2": None,
    }  # fmt: skip


def test_a_declared_year_gives_way_to_a_declared_month(place):
    well = place.well("W1", place.user("U1"))
    declared(well, 3650, Period(may(1).replace(month=1), may(1)).start, may(1).replace(year=2026, month=1))
    declared(well, 62)
    follow()
    assert total().abstraction_m3 == D(62)
    assert total(Period(may(1).replace(month=1, day=1), may(1).replace(month=2))).abstraction_m3 == D(310)


def test_a_supplier_adds_up_or_says_by_how_much_it_does_not(place):
    works, mine, near = place.user("WORKS"), place.user("MINE"), place.user("NEAR")
    declared(place.well("W1", works), 1000)
    declared(place.well("W2", mine), 100)
    passed(place, works, near, 800, "L1")
    passed(place, mine, works, 150, "L2")
    passed(place, mine, near, None, "L3")
    follow()
    first, second = supply.balances(EVERYWHERE, MAY)
    assert (first.user, first.left_m3, first.complete) == (mine, D(-50), False)
    assert [(p.link.code, p.volume_m3, p.days_unknown) for p in first.links] == [("L2", D(150), 0), ("L3", None, 31)]
    assert (second.user, second.available_m3, second.left_m3) == (works, D(1150), D(350))
    assert (round(second.left_share, 3), second.complete) == (D("0.304"), True)
