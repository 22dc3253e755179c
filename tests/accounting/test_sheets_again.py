"""What a second reading found: sheets against partial recomputation, several statements of one user, closed months."""

from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
from django.urls import reverse

from liangshui import web
from liangshui.accounting import closing, matching, services, taking
from liangshui.accounting.codes import COLOURS, Method
from liangshui.accounting.models import Carried, Coefficient, LateChange, PeriodVolume, PowerMatch, SupplyVolume
from liangshui.core.access import SYSTEM, Actor, Grant, Right, Territory
from liangshui.core.errors import Forbidden, Invalid
from liangshui.core.periods import Period, plan_year
from liangshui.registry import importing
from liangshui.registry import services as registry
from liangshui.registry.models import PowerMeter, PowerSupply, Source
from tests.accounting.conftest import FROM, MAY, at, follow, total, volumes
from tests.accounting.test_sheets import HEADS, check, installed, problems, take, world_officer  # noqa: F401

YEAR = plan_year(2025)
JUNE = Period(date(2025, 6, 1), date(2025, 7, 1))
WEIGHTS = [0, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0, 0]


def test_a_reading_within_a_year_that_is_spread_over_months_leaves_the_other_months(place):
    well = place.well("W1", place.user("U1"))
    take("volumes", ("取水口编号", "年度", "取水量"), ("W1", 2025, 1200), method="declared", weights=WEIGHTS)
    assert total(MAY).abstraction_m3 == D(200) and PeriodVolume.objects.count() == 12
    station = place.station(well)
    follow()
    place.read(station, (at(1), 0), (at(2), 5))
    follow()
    assert PeriodVolume.objects.count() == 12
    assert total(JUNE).abstraction_m3 == D(300)


def test_statements_of_the_same_wells_count_once_the_nearer_first(place):
    """Of the user, of its shallow wells, of the project: three sheets about one water."""
    user = place.user("U1")
    well = place.well("W1", user)
    registry.save_intake(
        SYSTEM, code="W2", name="井W2", kind="well", project=well.project, division=user.division, source=place.source,
        management_unit=place.unit, sector="agriculture", from_day=FROM,
    )  # fmt: skip
    take("volumes", ("用水户", "月份", "取水量"), ("用户U1", "2025-05", 1000), method="declared")
    take(
        "volumes", ("用水户", "月份", "取水量", "水源类型"), ("用户U1", "2025-05", 600, "浅层地下水"),
        ("用户U1", "2025-06", 70, "浅层地下水"), method="declared",
    )  # fmt: skip
    assert total(MAY).abstraction_m3 == D(600)
    registry.save_project(SYSTEM, well.project, permit_number="Z1")
    take("volumes", ("取水许可证号", "月份", "取水量"), ("Z1", "2025-05", 550), method="declared")
    assert total(MAY).abstraction_m3 == D(550) and total(JUNE).abstraction_m3 == D(70)


def test_a_user_without_wells_may_state_each_source(place):
    place.user("U1")
    heads = ("用水户", "月份", "取水量", "水源类型", "用途")
    take(
        "volumes", heads, ("用户U1", "2025-05", 10, "浅层地下水", "工业"), ("用户U1", "2025-05", 20, "地表水", "工业"),
        method="declared",
    )  # fmt: skip
    assert total(MAY).abstraction_m3 == D(10)  # of the surface water there is no source in the ledger yet
    Source.objects.create(code="S-RIVER", name="河", kind="surface")
    services.mark_changed([None], MAY.start, MAY.end)
    follow()
    assert total(MAY).abstraction_m3 == D(30)


def test_a_share_by_what_nobody_knows_waits(place):
    user = place.user("U1")
    place.well("W1", user)
    place.well("W2", user)
    batch = check("volumes", ("用水户", "月份", "取水量"), ("用户U1", "2025-05", 5), method="declared", split="area")
    assert problems(batch) == ["no_weights"]


def test_a_project_of_several_sources_must_say_which(place):
    well = place.well("W1", place.user("U1"))
    deep = Source.objects.create(code="S-DEEP", name="深层", kind="deep_groundwater")
    registry.save_intake(
        SYSTEM, code="W2", name="井W2", kind="well", project=well.project, division=well.division, source=deep,
        sector="agriculture", from_day=FROM,
    )  # fmt: skip
    registry.save_project(SYSTEM, well.project, permit_number="Z1")
    batch = check("volumes", ("取水许可证号", "月份", "取水量"), ("Z1", "2025-05", 5), method="declared")
    assert problems(batch) == ["which_source"]


# --- coefficients ---

COEFFICIENT = ("苏木镇", "取水口编号", "以电折水系数", "误差(%)", "起用日期")


def test_a_corrected_coefficient_changes_what_it_is_about_and_goes_back(place):
    wells = [place.well(f"W{n}", place.user(f"U{n}")) for n in range(2)]
    for n, well in enumerate(wells):
        place.power("100", (well, "1"), number=f"E{n}")
    town = place.town_a.name
    take("coefficients", COEFFICIENT, (None, "W0", 3, 10, "2025-01-01"), (town, None, 2, 20, "2025-01-01"))
    assert volumes("intake") == {"W0": D(300), "W1": D(200)}
    better = take("coefficients", COEFFICIENT, (None, "W0", 3.5, 10, "2025-01-01"), (town, None, 2.5, 20, "2025-01-01"))
    assert better.report["counts"] == {"created": 0, "changed": 2, "unchanged": 0, "refused": 0}
    assert volumes("intake") == {"W0": D(350), "W1": D(250)}
    assert Coefficient.objects.count() == 2 and Coefficient.every.count() == 4
    importing.take_back(SYSTEM, better)
    follow()
    assert volumes("intake") == {"W0": D(300), "W1": D(200)}


# --- electricity ---


def test_a_line_is_matched_only_to_meters_of_ones_own_area_and_only_of_the_file(place, world_officer):  # noqa: F811
    near, far = place.well("W1", place.user("U1")), place.well("W2", place.user("U2", place.town_b))
    place.power("1", (far, "1"), number="E9")
    rights = frozenset({Right.REGISTRY_IMPORT, Right.REGISTRY_CHANGE})
    town = Actor("镇", None, (Grant(rights, Territory(paths=frozenset({place.town_a.path}))),))
    with pytest.raises(Forbidden):
        taking.decide(town, "h|m", PowerMeter.objects.get(number="E9"))
    batch = take("electricity", HEADS, ("H7", "X7", "井", "2025-05", None, None, None, None, 50))
    page = reverse("energy-matches", args=[batch.pk])
    world_officer.post(page, {"key": "somebody|else", "what": "none"})
    assert not PowerMatch.objects.exists()
    (key,) = [line[0] for line in batch.report["doubtful"]]
    world_officer.post(page, {"key": key, "what": f"well:{near.pk}", "meter": "X7"})
    assert PowerSupply.objects.get(intake=near).power_meter.number == "X7"


def test_a_line_that_two_files_leave_open_is_one_line(place):
    for _n in range(2):
        take("electricity", HEADS, ("H7", "X7", "井", "2025-05", None, None, None, None, 50))
    assert matching.open_lines() == 1


# --- closed months ---

LONG = ("取水口编号", "月份", "取水量", "水量来源")


def test_a_shared_well_is_booked_once(place):
    one, two = place.user("U1"), place.user("U2")
    well = place.well("W1", one)
    registry.set_shares(SYSTEM, well, {one: D(1), two: D(3)}, FROM)
    take("volumes", LONG, ("W1", "2025-05", 100, "抄表"), ("W1", "2025-06", 10, "抄表"))
    closing.close(SYSTEM, MAY.start)
    take("volumes", LONG, ("W1", "2025-05", 140, "抄表"))
    assert LateChange.objects.count() == 1
    assert closing.carry(SYSTEM, MAY.start, "迟到") == 1
    follow()
    assert Carried.objects.get().volume_m3 == D(40) and not LateChange.objects.exists()
    services.mark_changed([well.pk], MAY.start, MAY.end)
    follow()
    assert not LateChange.objects.exists()
    assert total(JUNE).abstraction_m3 == D(50)


def test_opened_again_everything_of_the_month_follows(place):
    """Also what changes no volume: where a well counts, and water passed on."""
    user, other = place.user("U1"), place.user("U2")
    well = place.well("W1", user)
    take("volumes", LONG, ("W1", "2025-05", 100, "抄表"))
    link = registry.save_supply_link(
        SYSTEM, code="L1", supplier=user, customer=other, source=place.source, sector="living", valid_from=FROM
    )
    follow()
    closing.close(SYSTEM, MAY.start)
    registry.save_intake(SYSTEM, well, sector="industry", from_day=FROM)
    SupplyVolume.objects.create(
        link=link, start=MAY.start, end=MAY.end, method="register", volume_m3=D(60), low_m3=D(60), high_m3=D(60)
    )
    follow()
    assert total(MAY).supply_m3 is None
    closing.reopen(SYSTEM, MAY.start, "补录")
    follow()
    assert total(MAY).supply_m3 == D(60) and volumes("sector")["industry"] == D(100)


def test_a_month_closes_while_stations_go_on_reporting(place):
    well = place.well("W1", place.user("U1"))
    take("volumes", LONG, ("W1", "2025-05", 100, "抄表"))
    services.mark_changed([well.pk], date(2025, 7, 1))
    assert closing.close(SYSTEM, MAY.start).month == MAY.start
    services.mark_changed([well.pk], JUNE.start, JUNE.end)
    with pytest.raises(Invalid):
        closing.close(SYSTEM, JUNE.start)


def test_a_month_of_a_longer_statement_is_marked_as_spread(place, world_officer):  # noqa: F811
    well = place.well("W1", place.user("U1"))
    take("volumes", LONG, ("W1", "2025年二季度", 910, "核定"), ("W1", "2025-07", 40, "核定"))
    page = world_officer.get(reverse("intake-account", args=[well.pk]) + "?year=2025").content.decode()
    assert page.count("由时段水量分摊") == 3


@pytest.mark.parametrize("method", Method.values)
def test_pages_of_an_intake_open_for_every_method(place, world_officer, method):  # noqa: F811
    well = place.well("W1", place.user("U1"))
    PeriodVolume.objects.create(
        intake=well, start=MAY.start, end=MAY.end, method=method, volume_m3=D(31), low_m3=D(31), high_m3=D(31),
        computed_at=at(1),
    )  # fmt: skip
    follow()
    for name, args in (("intake-account", ()), ("intake-month", (2025, 5)), ("intake-day", (date(2025, 5, 3),))):
        page = world_officer.get(reverse(name, args=[well.pk, *args]) + "?year=2025")
        assert page.status_code == 200 and str(Method(method).label) in page.content.decode(), name
    sheet = (Path(web.__file__).parent / "static" / "liangshui" / "liangshui.css").read_text(encoding="utf-8")
    assert f".m-{method} {{ background: {COLOURS[Method(method)]}; }}" in sheet
