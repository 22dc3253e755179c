"""Ways around the gate that were tried: each is closed."""

import io
import json
from datetime import timedelta
from decimal import Decimal as D

import pytest
from docx import Document

from liangshui.accounts.queries import actor_of
from liangshui.core.access import SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.permits import applications, asking, casework, letters, queries, register
from liangshui.permits.models import Case, Override, Permit, PermitVersion
from liangshui.permits.rules.life import Act, Kind
from liangshui.registry import services as registry
from liangshui.registry.models import Project
from tests.permits.conftest import PDF, SOUND, TODAY, form_of

pytestmark = pytest.mark.django_db

FARM = {
    "address": "村",
    "reason": "用",
    "use": "irrigation",
    "quota_m3": D(90_000),
    "design_capacity_m3": D(90_000),
    "metering": "水表",
}


@pytest.fixture
def stock(unit):
    register.follow_stock()
    PermitVersion.objects.update(use="irrigation")
    return {p.number[0]: p for p in Permit.objects.all()}


def permitted(world, unit):
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit and r.source == "shallow_groundwater")
    return room.state.permitted_m3


def reviewed(officer, kind, user, permit=None, **facts):
    case = casework.begin(officer, kind, user, permit)
    casework.write(officer, case, **facts)
    casework.step(officer, case, Act.SUBMIT)
    casework.step(officer, case, Act.ACCEPT, words="当面核对")
    casework.ask_gate(officer, case, SOUND)
    return Case.objects.get(pk=case.pk)


def test_a_form_of_a_letter_runs_nothing(unit, leader, tmp_path):
    document, out = Document(), io.BytesIO()
    document.add_paragraph("{{ cycler.__init__.__globals__.os.popen('touch " + str(tmp_path / "owned") + "').read() }}")
    for line in ("{%p for paragraph in paragraphs %}", "{{ paragraph }}", "{%p endfor %}"):
        document.add_paragraph(line)
    document.save(out)
    with pytest.raises(Invalid):
        letters.set_form(leader, "refused", out.getvalue())
    assert not (tmp_path / "owned").exists()


def test_a_permit_that_has_run_out_asks_for_all_of_its_water_again(stock, world, unit, officer, leader):
    Project.objects.filter(pk=stock["甲"].project_id).update(permit_to=TODAY - timedelta(days=200))
    register.follow_stock()
    case = reviewed(officer, Kind.NEW, world.b.user, **form_of(world, unit, volume_m3=D(70_000), quota_m3=D(90_000), design_capacity_m3=D(90_000), months_m3=["70000", *["0"] * 11]))  # fmt: skip
    casework.step(leader, case, Act.APPROVE)
    case = reviewed(
        officer, Kind.RENEWAL, world.a.user, stock["甲"], begins=TODAY, years=5, volume_m3=D(40_000), **FARM
    )
    with pytest.raises(Invalid, match="控制总量"):
        casework.step(leader, case, Act.APPROVE)
    assert permitted(world, unit) == 100_000


@pytest.mark.parametrize(
    "name, value", [("source", "rain"), ("existing", False), ("works", "pump"), ("management_unit", None)]
)
def test_a_change_stays_at_the_source_and_place_of_its_permit(stock, world, officer, name, value):
    case = casework.begin(officer, Kind.CHANGE, world.a.user, stock["甲"])
    with pytest.raises(Invalid) as told:
        casework.write(officer, case, **{name: value})
    assert told.value.field == name


def test_groundwater_without_a_unit_is_not_approved(world, unit, officer, leader):
    case = reviewed(officer, Kind.NEW, world.b.user, **form_of(world, None))
    with pytest.raises(Invalid, match="管理单元"):
        casework.step(
            leader, case, Act.APPROVE, data={"judged": dict.fromkeys(("permitted", "pumped", "level", "order"), "可以")}
        )


def test_what_a_restriction_spares_is_not_granted_to_others(stock, world, unit, officer, leader):
    PermitVersion.objects.update(valid_from=TODAY - timedelta(days=30))
    register.restrict(
        leader,
        stock["甲"],
        volume_m3=D(10_000),
        day=TODAY - timedelta(days=3),
        words="干旱",
        document="限1号",
        urgent="旱情紧急",
    )
    case = reviewed(officer, Kind.NEW, world.b.user, **form_of(world, unit, volume_m3=D(60_000), quota_m3=D(90_000), design_capacity_m3=D(90_000), months_m3=["60000", *["0"] * 11]))  # fmt: skip
    with pytest.raises(Invalid, match="控制总量"):  # 100,000 − 40,000 − 30,000 leave 30,000 all the while
        casework.step(leader, case, Act.APPROVE)
    register.restrict(leader, stock["甲"], volume_m3=D(40_000), day=TODAY, words="解除", document="限2号")
    with pytest.raises(Invalid):
        register.restrict(
            leader, stock["甲"], volume_m3=D(5_000), day=TODAY + timedelta(days=9), words="x", document="y"
        )
    assert permitted(world, unit) == 70_000


def test_the_ledger_does_not_overrule_what_was_decided(permit, world, officer):
    registry.save_project(SYSTEM, Project.objects.get(pk=permit.project_id), permitted_m3=D(900_000))
    assert register.follow_stock() >= 1
    assert (
        Project.objects.get(pk=permit.project_id).permitted_m3 == 12_000
        and "900000" in Override.objects.get(permit=permit).finding
    )
    assert permit.versions.count() == 1


def test_a_correction_by_a_person_keeps_the_permit_and_the_register_opens_without_one(stock, world, officer, sign_in):
    register.correct(officer, stock["甲"], reason="核对", purpose="灌溉")
    Project.objects.filter(permit_number__gt="").update(permit_number="", permitted_m3=None)
    register.follow_stock()
    assert [p.number[0] for p in Permit.objects.all()] == ["甲"]
    Override.objects.update(permit=None)
    assert sign_in(world.officer).get("/permits/overrides/").status_code == 200


def test_what_was_measured_is_not_overruled_by_a_tick(handed_in, officer, monkeypatch, world):
    casework.step(officer, handed_in, Act.ACCEPT)
    found = queries.unit_state(world.county, handed_in.management_unit, handed_in.source, TODAY)
    assert found.level_kept is None  # nothing measured: then the reviewer's word counts
    assert asking.known_of(handed_in, SOUND, TODAY).unit.level_kept is True
    monkeypatch.setattr(
        queries, "unit_state", lambda *a: type(found)(found.control_m3, found.pumped_m3, found.permitted_m3, False)
    )
    assert asking.known_of(handed_in, SOUND, TODAY).unit.level_kept is False


def test_an_applicant_dates_nothing_back(world, unit, applicant, officer):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, **form_of(world, unit))
    assert casework.step(applicant, case, Act.SUBMIT, day=TODAY - timedelta(days=60)).day == TODAY
    other = casework.begin(officer, Kind.NEW, world.b.user)
    casework.write(officer, other, **form_of(world, unit))
    assert casework.step(officer, other, Act.SUBMIT, day=TODAY - timedelta(days=6)).day == TODAY - timedelta(days=6)


def test_missing_items_are_asked_for_once(handed_in, officer, applicant):
    casework.step(officer, handed_in, Act.ASK, words="缺论证")
    casework.step(applicant, handed_in, Act.COMPLETE)
    with pytest.raises(Invalid, match="一次性"):
        casework.step(officer, handed_in, Act.ASK, words="还缺")


def test_a_renewal_follows_the_term_before_it_and_needs_no_months(stock, world, officer, leader):
    PermitVersion.objects.update(valid_from=TODAY - timedelta(days=30), months_m3=["2500"] * 12)
    case = reviewed(
        officer,
        Kind.RENEWAL,
        world.b.user,
        stock["乙"],
        begins=TODAY + timedelta(days=9000),
        years=10,
        volume_m3=D(20_000),
        **FARM,
    )
    casework.step(leader, case, Act.APPROVE)
    version = stock["乙"].versions.get(valid_to=None)
    before = stock["乙"].versions.exclude(pk=version.pk).get()
    project = Project.objects.get(pk=stock["乙"].project_id)
    assert (project.permit_from, project.permit_to) == (
        before.begins,
        version.expires,
    )  # no day between is without permit
    assert register.follow_stock() == 0
    assert version.begins == before.expires + timedelta(days=1) and version.months_m3 == []


def test_nobody_ends_the_permit_of_another(stock, world, officer):
    with pytest.raises(Invalid):
        casework.begin(officer, Kind.CANCELLATION, world.b.user, stock["甲"])
    with pytest.raises(Invalid):
        casework.begin(officer, Kind.NEW, world.a.user, stock["甲"])


def test_the_file_of_the_opinion_and_reasons_of_officers_stay_inside(world, accepted, officer, sign_in):
    step = casework.step(officer, accepted, Act.OPINION, words="内部", paper=PDF)
    assert sign_in(world.water_user).get(f"/permits/steps/{step.pk}/paper/").status_code == 404
    assert sign_in(world.officer).get(f"/permits/steps/{step.pk}/paper/").status_code == 200
    answer = sign_in(world.water_user).get(f"/api/v1/cases/{accepted.number}/decision")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "odd",
    [
        {"months_m3": 12},
        {"years": -5},
        {"volume_m3": "1e40"},
        {"existing": "false"},
        {"latitude": "999"},
        {"taker": "B-U", "kind": "new"},
    ],
)
def test_an_odd_application_sinks_no_file(world, unit, officer, odd):
    good = {"number": "1", "applicant": "B-U", "reason": "果园"}
    rows = [{"number": "2", "applicant": "B-U", **odd}, good]
    found = list(applications.take_file(officer, json.dumps(rows).encode()))
    assert [bool(taken) for _place, taken, _why in found] == [False, True] and found[0][2]


def test_a_number_of_outside_opens_no_case_of_elsewhere(world, unit, officer):
    applications.take(officer, {"number": "7", "applicant": "A-U"})
    with pytest.raises(Forbidden):
        applications.take(actor_of(world.water_user), {"number": "7", "applicant": "A-U"})
