"""What is handed in is sensible; whose step it is; what is done though something speaks against it stands in the register of overrides."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.urls import reverse

from liangshui.accounts.models import Organisation
from liangshui.accounts.queries import actor_of
from liangshui.core.access import Right
from liangshui.core.errors import Invalid
from liangshui.permits import applications, casework, offices, queries, register
from liangshui.permits.models import CasePaper, Override, Permit, PermitVersion
from liangshui.permits.rules.life import Act, Kind, Step, Who, who_acts
from liangshui.registry.models import Intake
from tests.permits.conftest import PDF, SOUND, TODAY, form_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"volume_m3": D(0), "months_m3": ["0"] * 12}, "volume_m3"),
        ({"years": 500}, "years"),
        ({"years": 11}, "years"),
        ({"months_m3": ["12000"] + [""] * 11}, "months_m3"),
        ({"months_m3": ["999999"] + ["0"] * 11}, "months_m3"),
        ({"return_m3": D("12000.001")}, "return_m3"),
        ({"begins": TODAY - timedelta(days=1)}, "begins"),
    ],
)
def test_nonsense_is_not_handed_in(world, unit, applicant, given, field):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, **form_of(world, unit, **given))
    with pytest.raises(Invalid) as told:
        casework.step(applicant, case, Act.SUBMIT)
    assert told.value.field == field


def test_a_volume_that_no_database_holds_is_a_sentence_and_not_an_error(world, unit, applicant, sign_in):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    page = reverse("case-form", args=[case.pk])
    client = sign_in(world.water_user)
    for wrong in ("1e30", "12345678901234567890"):
        answer = client.post(page, {"volume_m3": wrong, "reason": "果园"})
        assert answer.status_code == 200
    case.refresh_from_db()
    assert (case.volume_m3, case.reason) == (None, "果园")


def test_nothing_is_approved_for_no_water(accepted, leader):
    with pytest.raises(Invalid) as told:
        casework.step(leader, accepted, Act.APPROVE, data={"volume_m3": "0"})
    assert told.value.field == "volume_m3"


def test_accepting_without_papers_needs_a_reason_that_auditors_read(world, unit, applicant, officer, sign_in):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, **form_of(world, unit))
    casework.step(applicant, case, Act.SUBMIT)
    asked = sign_in(world.officer).get(reverse("case-step", args=[case.pk, "ask"])).content.decode()
    assert str(CasePaper.What.WELL_PLAN.label) in asked
    with pytest.raises(Invalid) as told:
        casework.step(officer, case, Act.ACCEPT)
    assert told.value.field == "words" and not Override.objects.exists()
    casework.step(officer, case, Act.ACCEPT, words="原件已当面核对")
    (kept,) = Override.objects.all()
    assert (kept.check_code, kept.words) == ("step_accept", "原件已当面核对")


def test_a_change_that_asks_for_more_brings_the_papers_of_a_new_application(world, unit, applicant):
    register.follow_stock()
    permit = Permit.objects.get(number__startswith="乙")
    PermitVersion.objects.filter(permit=permit).update(use="irrigation", source="shallow_groundwater")
    case = casework.begin(applicant, Kind.CHANGE, world.b.user, permit)
    needed = {}
    for volume, use in ((29_000, "irrigation"), (31_000, "irrigation"), (30_000, "industry")):
        casework.write(applicant, case, volume_m3=D(volume), use=use)
        case.refresh_from_db()
        needed[volume] = {paper.what for paper in casework.open_papers(case)}
    assert needed == {29_000: {"form"}, 31_000: {"form", "third_parties"}, 30_000: {"form", "third_parties", "study"}}


def test_an_applicants_draft_and_steps_are_theirs(world, unit, applicant, officer, sign_in):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    with pytest.raises(Invalid):
        casework.write(officer, case, reason="改")
    assert sign_in(world.officer).get(reverse("case", args=[case.pk])).status_code == 404
    assert sign_in(world.water_user).get(reverse("case", args=[case.pk])).status_code == 200
    assert case.pk not in {found.pk for found, _look in queries.waiting_for(officer, TODAY)}
    assert case.pk in {found.pk for found, _look in queries.waiting_for(applicant, TODAY)}
    casework.write(applicant, case, **form_of(world, unit))
    casework.step(applicant, case, Act.SUBMIT)
    with pytest.raises(Invalid) as told:
        casework.step(officer, case, Act.WITHDRAW)
    assert told.value.field == "words"
    assert casework.step(officer, case, Act.WITHDRAW, words="申请人书面要求撤回").act == "withdraw"
    paper = casework.begin(officer, Kind.NEW, world.b.user)
    assert offices.own(officer, paper) and not offices.own(actor_of(world.town_a), paper)


def test_papers_of_completion_on_the_day_of_the_trial_need_a_reason(approved, applicant):
    for act in (Act.BEGIN, Act.TRIAL):
        casework.step(applicant, approved, act)
    casework.hand_in(applicant, approved, CasePaper.What.COMPLETION, "竣工.pdf", PDF)
    with pytest.raises(Invalid) as told:
        casework.step(applicant, approved, Act.FILE)
    assert told.value.field == "words"
    casework.step(applicant, approved, Act.FILE, words="应急供水")
    assert Override.objects.get(case=approved).check_code == "step_file"


def test_after_an_opinion_the_one_who_decides_acts_also_when_the_clock_ran_again():
    steps = [Step(act, TODAY) for act in (Act.SUBMIT, Act.ACCEPT, Act.OPINION)]
    assert who_acts(steps, Kind.NEW) is Who.DECIDING
    stopped = [*steps, Step(Act.EXCLUDE, TODAY, {"reason": "hearing"})]
    assert who_acts(stopped, Kind.NEW) is Who.REVIEWING
    assert who_acts([*stopped, Step(Act.RESUME, TODAY)], Kind.NEW) is Who.DECIDING


def test_no_more_time_is_promised_than_the_law_gives(leader):
    with pytest.raises(Invalid) as told:
        offices.set_office(leader, promised_check_days=6)
    assert told.value.field == "promised_check_days"
    with pytest.raises(Invalid):
        offices.set_office(leader, promised_decide_days=46)
    offices.set_office(leader, promised_check_days=5, promised_decide_days=45)


def test_a_unit_that_does_not_exist_is_told_to_the_one_stop_service(world, unit):
    given = {"number": "ZW-9", "applicant": world.b.user.code, "management_unit": "XX"}
    with pytest.raises(Invalid) as told:
        applications.take(actor_of(world.officer), given)
    assert told.value.field == "management_unit"


def test_what_was_decided_is_on_the_page(world, approved, sign_in):
    page = sign_in(world.water_user).get(reverse("case", args=[approved.pk])).content.decode()
    assert "12,000" in page and "批准" in page


def test_a_permit_without_use_asks_its_applicant_and_says_it_and_the_source_of_its_well_after_the_renewal(
    world, unit, applicant, officer, leader, sign_in
):
    register.follow_stock()
    permit = Permit.objects.get(number__startswith="乙")
    expires = permit.versions.get().expires
    PermitVersion.objects.update(use="", source="", valid_from=TODAY - timedelta(days=30))
    case = casework.begin(applicant, Kind.RENEWAL, world.b.user, permit)
    page = sign_in(world.water_user).get(reverse("case-form", args=[case.pk])).content.decode()
    assert 'name="use"' in page
    facts = {"reason": "续", "begins": expires + timedelta(days=1), "years": 5, "quota_m3": D(90_000), "design_capacity_m3": D(90_000)}  # fmt: skip
    casework.write(applicant, case, **facts)
    case.refresh_from_db()
    assert casework.open_fields(case) == ["use"]
    casework.write(applicant, case, use="irrigation")
    casework.step(applicant, case, Act.SUBMIT)
    casework.step(officer, case, Act.ACCEPT, words="纸质材料齐全")
    casework.ask_gate(officer, case, {**SOUND, "meter_planned": True})
    casework.step(leader, case, Act.APPROVE)
    version = permit.versions.get(valid_to=None)
    assert (version.use, version.source) == ("irrigation", "shallow_groundwater")


def test_only_a_permit_that_names_no_source_and_has_no_well_asks_for_its_source(world, unit, applicant, sign_in):
    register.follow_stock()
    permit = Permit.objects.get(number__startswith="乙")
    case, client = casework.begin(applicant, Kind.CHANGE, world.b.user, permit), sign_in(world.water_user)
    page = reverse("case-form", args=[case.pk])
    assert 'name="source"' not in client.get(page).content.decode()
    PermitVersion.objects.update(source="")
    Intake.objects.filter(project=permit.project).update(project=world.a.project)
    assert 'name="source"' in client.get(page).content.decode()
    client.post(page, {"source": "surface", "reason": "改"})
    case.refresh_from_db()
    assert (case.source, case.reason) == ("surface", "改")


def test_twelve_empty_months_are_none(world, unit, applicant):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, **form_of(world, unit, months_m3=[""] * 12))
    case.refresh_from_db()
    assert casework.open_fields(case) == ["months_m3"]


def test_a_water_user_is_no_office(world, leader):
    users = actor_of(world.water_user).grants[0].organisation
    with pytest.raises(Invalid) as told:
        offices.set_office(leader, deciding=Organisation.objects.get(pk=users))
    assert told.value.field == "deciding"


def test_who_decides_has_the_application_the_gate_and_what_is_open_before_the_eyes(
    world, unit, applicant, officer, sign_in
):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, **form_of(world, unit))
    casework.step(applicant, case, Act.SUBMIT)
    casework.step(officer, case, Act.ACCEPT, words="原件已当面核对")
    casework.ask_gate(officer, case, SOUND)
    casework.step(officer, case, Act.OPINION, words="审查认为可行")
    page = sign_in(world.leader).get(reverse("case-step", args=[case.pk, "approve"])).content.decode()
    assert "乙果园" in page and "审查认为可行" in page and 'id="gate"' in page
    assert str(CasePaper.What.WELL_PLAN.label) in page
    assert "30,000" in page  # 100,000 of the control total less 70,000 that permits allow
    assert 'value="12000"' in page and page.index('name="volume_m3"') < page.index('name="words"')


def test_a_draft_and_its_papers_are_the_applicants_by_every_door(world, unit, applicant, officer, client, sign_in):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    paper = casework.hand_in(applicant, case, "form", "申请书.pdf", PDF)
    answer = client.get("/api/v1/cases", headers=world.key(Right.PERMITS_VIEW, Right.PERMITS_APPLY)).json()
    assert answer["items"] == []
    assert sign_in(world.officer).get(reverse("casepaper", args=[paper.pk])).status_code == 404
    for act in (
        lambda: casework.hand_in(officer, case, "form", "x.pdf", PDF),
        lambda: casework.take_back(officer, paper),
    ):
        with pytest.raises(Invalid):
            act()
    casework.write(applicant, case, **form_of(world, unit))
    casework.step(applicant, case, Act.SUBMIT)
    assert sign_in(world.officer).get(reverse("casepaper", args=[paper.pk])).status_code == 200
