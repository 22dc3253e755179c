"""What the gate of a case knows of its place, and what it may not be talked into."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.utils import timezone

from liangshui.accounting.models import DayVolume
from liangshui.accounting.services import recompute
from liangshui.core.access import SYSTEM
from liangshui.core.errors import Invalid
from liangshui.permits import asking, casework, queries, register
from liangshui.permits.models import Case, Permit, PermitVersion
from liangshui.permits.rules.gate import Zone
from liangshui.permits.rules.life import Act, Kind, State
from liangshui.quota.models import AllotmentEntry, UnitOrder, UnitStateEntry
from liangshui.registry.models import ControlZone, Intake, Project, Shape
from tests.permits.conftest import SOUND, TODAY, took

pytestmark = pytest.mark.django_db
HERE = {"type": "Polygon", "coordinates": [[[109, 39], [110, 39], [110, 40], [109, 40], [109, 39]]]}
ELSEWHERE = {"type": "Polygon", "coordinates": [[[90, 39], [91, 39], [91, 40], [90, 40], [90, 39]]]}


def outcomes(record):
    return {check[0]: check[1] for check in record.checks}


@pytest.fixture
def stock(unit):
    register.follow_stock()
    return {p.number[0]: p for p in Permit.objects.all()}


def test_a_sound_application_passes_every_check(accepted):
    record = accepted.decisions.latest("pk")
    assert set(outcomes(record).values()) == {"passed"} and asking.replay(record)


def test_the_place_is_held_against_unit_county_and_zones(world, accepted, officer):
    assert queries.zones_at(109.1, 39.8, TODAY) == frozenset()
    world.unit.geometry = ELSEWHERE
    world.unit.save()
    assert outcomes(casework.ask_gate(officer, accepted, SOUND))["unit_fits"] == "needs_person"
    assert queries.unit_at(109.1, 39.8) is None
    world.unit.geometry = HERE
    world.unit.save()
    assert "unit_fits" not in outcomes(casework.ask_gate(officer, accepted, SOUND))
    assert queries.unit_at(109.1, 39.8) == world.unit
    county = Shape.objects.create(kind="county", name="测试旗界", geometry=ELSEWHERE)
    assert outcomes(casework.ask_gate(officer, accepted, SOUND))["zones"] == "undecidable"
    county.delete()
    ControlZone.objects.create(kind="banned", name="无图禁采区", geometry={}, valid_from=date(2020, 1, 1))
    record = casework.ask_gate(officer, accepted, SOUND)
    assert outcomes(record)["zones"] == "needs_person"
    assert "无图禁采区" in str(next(check for check in record.checks if check[0] == "zones"))
    ControlZone.objects.create(kind="overdraft", name="超采区", geometry=HERE, valid_from=date(2020, 1, 1))
    assert outcomes(casework.ask_gate(officer, accepted, SOUND))["overdraft"] == "failed"
    ControlZone.objects.all().delete()
    assert outcomes(casework.ask_gate(officer, accepted, SOUND))["zones"] == "undecidable"


def test_volumes_that_are_not_whole_neither_pass_nor_release(world, accepted, officer):
    DayVolume.objects.filter(intake=world.a.intake).delete()
    recompute(SYSTEM, [world.a.intake.pk], date(TODAY.year - 1, 1, 1), TODAY, "test", volumes=False)
    assert queries.unit_state(world.county, world.unit, "shallow_groundwater", TODAY).partial
    assert outcomes(casework.ask_gate(officer, accepted, SOUND))["pumped"] == "undecidable"
    UnitStateEntry.objects.create(
        unit=world.unit, source_kind="shallow_groundwater", kind="total", grounds=["total"], valid_from=date(TODAY.year, 1, 1)
    )  # fmt: skip
    assert outcomes(casework.ask_gate(officer, accepted, SOUND))["held"] == "needs_person"


def test_surface_water_stands_against_the_countys_total(world, accepted, officer):
    AllotmentEntry.objects.create(
        year=TODAY.year,
        source_kind="surface",
        county=world.county,
        change_m3=D(20_000),
        counts_from=date(TODAY.year, 1, 1),
    )
    Project.objects.filter(pk=world.a.project.pk).update(permit_source="surface", permitted_m3=D(9_000))
    Case.objects.filter(pk=accepted.pk).update(source="surface", management_unit=None)
    record = casework.ask_gate(officer, accepted, SOUND | {"mainstem": False})
    assert outcomes(record)["permitted"] == "failed"  # 9,000 and 12,000 of 20,000
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.source == "surface")
    assert (room.unit, room.state.permitted_m3, room.grantable_m3) == (None, D(9_000), D(11_000))


def test_what_is_left_by_use_where_the_total_is_split(world, unit):
    AllotmentEntry.objects.create(
        year=TODAY.year, source_kind="shallow_groundwater", county=world.county, unit=unit, sector="agriculture", change_m3=D(75_000),
        counts_from=date(TODAY.year, 1, 1),
    )  # fmt: skip
    farm = sum(p.volume_m3 for p in queries.units.standing(queries.EVERYWHERE) if p.sector == "agriculture")
    (room,) = queries.by_use(world.county, TODAY, queries.rooms(world.county, TODAY))
    assert (room.unit, room.sector, room.state.control_m3, room.left_m3) == (
        unit,
        "agriculture",
        D(75_000),
        D(75_000) - farm,
    )


def test_a_total_split_among_uses_in_its_towns_is_split_among_uses(world, unit):
    town = {"source_kind": "shallow_groundwater", "county": world.county, "counts_from": date(TODAY.year, 1, 1)}
    for sector, m3 in (("agriculture", 60_000), ("industry", 40_000)):
        AllotmentEntry.objects.create(
            year=TODAY.year, unit=unit, town=world.a.town, sector=sector, change_m3=D(m3), **town
        )
    rooms = {r.sector: r for r in queries.by_use(world.county, TODAY, queries.rooms(world.county, TODAY))}
    assert {sector: r.state.control_m3 for sector, r in rooms.items()} == {
        "agriculture": D(60_000),
        "industry": D(40_000),
    }
    assert (rooms["industry"].left_m3, rooms["industry"].grantable_m3) == (D(40_000), D(30_000))  # 30,000 in the unit


def test_permits_that_count_in_no_unit_are_told(world, accepted, officer):
    Intake.objects.filter(pk=world.a.intake.pk).update(management_unit=None)
    state = queries.unit_state(world.county, world.unit, "shallow_groundwater", TODAY)
    assert (state.permitted_m3, state.unplaced_m3) == (D(30_000), D(40_000))
    Case.objects.filter(pk=accepted.pk).update(volume_m3=D(40_000), quota_m3=D(50_000), design_capacity_m3=D(50_000))
    accepted.refresh_from_db()
    assert (
        outcomes(casework.ask_gate(officer, accepted, SOUND))["permitted"] == "undecidable"
    )  # 70,000 and 40,000 of 100,000


def test_a_suspended_unit_grants_nothing_though_its_total_leaves_room(world, unit):
    UnitStateEntry.objects.create(
        unit=unit,
        source_kind="shallow_groundwater",
        kind="order",
        grounds=["order"],
        valid_from=date(TODAY.year, 1, 1),
    )
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit and r.source == "shallow_groundwater")
    assert (room.left_m3, room.grantable_m3, room.state.held) == (D(30_000), D(0), True)


def test_in_a_suspended_unit_living_is_told_what_its_suspension_spares(world, unit):
    for sector, m3 in (("living", 20_000), ("industry", 20_000)):
        AllotmentEntry.objects.create(
            year=TODAY.year, source_kind="shallow_groundwater", county=world.county, unit=unit, sector=sector, change_m3=D(m3),
            counts_from=date(TODAY.year, 1, 1),
        )  # fmt: skip
    UnitOrder.objects.create(
        unit=unit, source_kind="shallow_groundwater", authority="市水利局", document="通知", document_number="1号", ground="YR-051",
        valid_from=date(TODAY.year, 1, 1), spared=["living"], state="binding",
        entered_at=timezone.now(),
    )  # fmt: skip
    rooms = queries.by_use(world.county, TODAY, queries.rooms(world.county, TODAY))
    assert {(r.sector, r.spares, r.grantable_m3) for r in rooms} == {
        ("living", True, D(20_000)),
        ("industry", False, D(0)),
    }


def test_a_change_of_use_is_new_water_for_it_and_a_renewal_is_of_the_permits_use(world, stock, applicant, officer):
    permit = stock["乙"]
    PermitVersion.objects.filter(permit=permit).update(use="living", valid_from=date(2024, 1, 1))
    took(world.b.intake, 120_000)  # the unit is above its 100,000
    facts = {
        "address": "村",
        "reason": "办厂",
        "design_capacity_m3": D(30_000),
        "quota_m3": D(30_000),
        "metering": "表",
    }

    def asked(kind, **more):
        case = casework.begin(applicant, kind, world.b.user, permit)
        casework.write(applicant, case, **facts, **more)
        casework.step(applicant, case, Act.SUBMIT)
        casework.step(officer, case, Act.ACCEPT, words="当面核对")
        found = casework.ask_gate(officer, case, SOUND)
        casework.step(applicant, case, Act.WITHDRAW, words="撤")
        return found

    changed = asked(Kind.CHANGE, use="industry")
    assert outcomes(changed)["pumped"] == "failed" and changed.asked["new_use"]
    same = asked(Kind.CHANGE, use="living")
    assert "pumped" not in outcomes(same)
    renewed = asked(Kind.RENEWAL, use="industry", begins=TODAY, years=5)
    assert renewed.asked["use"] == "living" and "pumped" not in outcomes(renewed)


def test_a_change_counts_by_what_it_goes_beyond_its_permit(world, stock, officer):
    """30,000 permitted of a unit of 100,000 with 70,000 permitted: up to 60,000 fills it, one more passes the control total."""
    case = casework.begin(officer, Kind.CHANGE, world.b.user, stock["乙"])
    Case.objects.filter(pk=case.pk).update(source="shallow_groundwater", use="irrigation", management_unit=world.unit)
    case.refresh_from_db()
    for volume, increase, outcome in ((60_000, 30_000, "passed"), (60_001, 30_001, "failed")):
        record = asking.ask(officer, case, SOUND, TODAY, D(volume))
        assert D(record.asked["increase_m3"]) == increase and outcomes(record)["permitted"] == outcome


def test_a_part_that_is_transferred_is_judged_at_the_place_of_who_takes_it(world, stock, officer):
    for ledger, longitude in ((world.a, "109.5"), (world.b, "105.5")):
        Intake.objects.filter(pk=ledger.intake.pk).update(longitude=D(longitude), latitude=D("39.5"))
    ControlZone.objects.create(kind="banned", name="禁采区", geometry=HERE, valid_from=date(2020, 1, 1))
    case = casework.begin(officer, Kind.TRANSFER, world.b.user, stock["乙"])
    casework.write(officer, case, taker=world.a.user, volume_m3=D(5_000), use="irrigation")
    assert queries.zones_at(109.5, 39.5, TODAY) == {Zone.BANNED}
    assert Zone.BANNED in asking.known_of(Case.objects.get(pk=case.pk), {}, TODAY).zones


def test_the_main_stem_is_not_for_us_to_approve(world, accepted, officer, leader):
    Case.objects.filter(pk=accepted.pk).update(source="surface", management_unit=None)
    accepted.refresh_from_db()
    record = casework.ask_gate(officer, accepted, SOUND | {"mainstem": True})
    judged = {check[0]: "可以" for check in record.checks if check[1] != "passed"}
    with pytest.raises(Invalid, match="干流"):
        casework.step(leader, accepted, Act.APPROVE, data={"judged": judged})
    casework.step(
        officer, accepted, Act.REDIRECT, words="属黄委权限", data={"route": "mainstem", "authority": "黄河水利委员会"}
    )
    accepted.refresh_from_db()
    assert accepted.state == State.REDIRECTED


@pytest.mark.parametrize(
    "named", ["AM-TRIAL", "AR-034-FEE", "AR-020 (99)", "WL-069", "YD-013", "SEED-SUSPEND", "SR-034 ", "", "GW-025 (7)"]
)
def test_a_refusal_by_hand_rests_on_a_ground_of_law_in_force(accepted, leader, named):
    if named == "SR-034 ":
        casework.step(leader, accepted, Act.REFUSE, data={"article": "SR-034", "why": "可用再生水"})
        return
    with pytest.raises(Invalid) as told:
        casework.step(leader, accepted, Act.REFUSE, data={"article": named, "why": "理由"})
    assert told.value.field == "article"


def test_a_stock_permit_without_use_is_no_dead_end(world, stock, applicant, officer, leader):
    case = casework.begin(applicant, Kind.CHANGE, world.b.user, stock["乙"])
    casework.write(
        applicant,
        case,
        address="村",
        reason="减量",
        volume_m3=D(20_000),
        quota_m3=D(20_000),
        design_capacity_m3=D(30_000),
    )
    Case.objects.filter(pk=case.pk).update(use="", state=State.ACCEPTED)
    casework.place(officer, case, world.unit, D(20_000), "定额", use="irrigation", source="shallow_groundwater")
    case.refresh_from_db()
    assert case.use == "irrigation"
    assert outcomes(casework.ask_gate(officer, case, SOUND))["quota"] == "passed"
