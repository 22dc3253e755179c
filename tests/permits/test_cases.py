"""The life of a case with the database: who may do which step, what each leaves in the register, and what nobody may do."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from liangshui.accounts.queries import actor_of
from liangshui.core.access import SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.parameters.queries import law
from liangshui.permits import asking, casework, letters, offices, queries, register
from liangshui.permits.models import Case, CasePaper, CaseStep, GateRecord, Override, Permit, PermitVersion
from liangshui.permits.queries import Life
from liangshui.permits.rules.life import Act, Kind, State
from liangshui.permits.words import act_words
from liangshui.registry.models import Project
from tests.permits.conftest import AGREED, LAST_YEAR, PDF, SOUND, TODAY, form_of, took
from tests.permits.test_letters import words_of

pytestmark = pytest.mark.django_db


# --- drafts ---


def test_a_form_left_half_way_is_kept(world, unit, applicant):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, reason="果园", volume_m3=D(500))
    case.refresh_from_db()
    assert (case.reason, case.volume_m3, case.state) == ("果园", D(500), "draft")
    with pytest.raises(Invalid, match=r"尚未填写.*用途") as told:
        casework.step(applicant, case, Act.SUBMIT)
    assert told.value.field == "address" and Case.objects.get(pk=case.pk).reason == "果园"


def test_months_have_to_add_up_to_the_year(world, unit, applicant):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, **form_of(world, unit, months_m3=["1000"] * 11 + ["999"]))
    with pytest.raises(Invalid) as told:
        casework.step(applicant, case, Act.SUBMIT)
    assert told.value.field == "months_m3"


def test_nobody_applies_for_another(world, unit, applicant):
    with pytest.raises(Forbidden):
        casework.begin(applicant, Kind.NEW, world.a.user)
    with pytest.raises(Forbidden):
        casework.begin(actor_of(world.town_a), Kind.NEW, world.b.user)
    assert casework.begin(actor_of(world.town_b), Kind.NEW, world.b.user).state == "draft"


def test_a_paper_is_looked_at_and_can_be_taken_back_while_it_is_a_draft(world, unit, applicant):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    with pytest.raises(Invalid):
        casework.hand_in(applicant, case, "form", "坏.exe", b"MZ")
    paper = casework.hand_in(applicant, case, "form", "申请书.pdf", PDF)
    casework.take_back(applicant, paper)
    assert CasePaper.objects.get().taken_back_at is not None
    casework.write(applicant, case, source="shallow_groundwater")
    case.refresh_from_db()
    assert [p.what for p in casework.open_papers(case)] == ["form", "third_parties", "well_plan"]


def test_numbers_of_cases_follow_each_other(world, unit, applicant):
    first, second = (casework.begin(applicant, Kind.NEW, world.b.user) for _n in range(2))
    assert first.number == f"{TODAY.year}-00001" and second.number == f"{TODAY.year}-00002"


# --- who may do what ---

STEPS = [
    (Act.ACCEPT, "handed_in", {"officer"}),
    (Act.OPINION, "accepted", {"officer", "leader"}),
    (Act.APPROVE, "accepted", {"leader"}),
    (Act.REFUSE, "accepted", {"leader"}),
]


@pytest.mark.parametrize("act, fixture, allowed", STEPS)
def test_each_step_is_done_by_whose_part_it_is(world, request, act, fixture, allowed):
    case = request.getfixturevalue(fixture)
    for name in ("officer", "leader", "town_b", "town_a", "water_user", "auditor"):
        if name in allowed:
            continue
        with pytest.raises(Forbidden):
            casework.step(actor_of(getattr(world, name)), case, act, words="x")
    assert Case.objects.get(pk=case.pk).state == case.state


def test_the_settings_can_give_a_part_to_another_organisation(world, handed_in, officer, leader):
    offices.set_office(leader, accepting=world.a.organisation)
    with pytest.raises(Forbidden):
        casework.step(officer, handed_in, Act.ACCEPT)
    offices.set_office(leader, accepting=world.bureau)
    assert casework.step(officer, handed_in, Act.ACCEPT).act == "accept"
    with pytest.raises(Forbidden):
        offices.set_office(officer, accepting=None)


def test_nothing_is_skipped_or_dated_ahead_or_before_the_last_step(handed_in, officer, leader):
    with pytest.raises(Invalid):
        casework.step(leader, handed_in, Act.APPROVE)
    with pytest.raises(Invalid) as told:
        casework.step(officer, handed_in, Act.ACCEPT, day=TODAY + timedelta(days=1))
    assert told.value.field == "day"
    with pytest.raises(Invalid):
        casework.step(officer, handed_in, Act.ACCEPT, day=TODAY - timedelta(days=1))
    assert CaseStep.objects.filter(case=handed_in).count() == 1


def test_what_is_missing_is_asked_for_once_and_then_handed_in(handed_in, officer, applicant):
    with pytest.raises(Invalid):
        casework.step(officer, handed_in, Act.ASK)
    casework.step(officer, handed_in, Act.ASK, words="缺水资源论证报告")
    handed_in.refresh_from_db()
    casework.write(applicant, handed_in, saving="滴灌,覆膜")
    casework.step(applicant, handed_in, Act.COMPLETE)
    handed_in.refresh_from_db()
    assert handed_in.state == State.RECEIVED
    with pytest.raises(Invalid):
        casework.write(applicant, handed_in, saving="x")


def test_the_clock_is_stopped_and_runs_again(accepted, officer):
    with pytest.raises(Invalid):
        casework.step(officer, accepted, Act.EXCLUDE, data={"reason": "hearing"})  # has a step of its own
    casework.step(officer, accepted, Act.EXCLUDE, data={"reason": "experts"})
    with pytest.raises(Invalid):
        casework.step(officer, accepted, Act.EXCLUDE, data={"reason": "experts"})
    casework.step(officer, accepted, Act.RESUME)
    with pytest.raises(Invalid):
        casework.step(officer, accepted, Act.RESUME)


def test_higher_competence_is_named(handed_in, officer):
    basin = {"authority": "黄河水利委员会"}
    for data, field in (
        (basin, "route"), ({"route": "mainstem"}, "authority"), (basin | {"route": "sources", "levels": ["county"]}, "levels"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as told:
            casework.step(officer, handed_in, Act.REDIRECT, words="一井一渠首", data=data)
        assert told.value.field == field
    several = basin | {"route": "sources", "levels": ["county", "basin"]}
    assert casework.step(officer, handed_in, Act.REDIRECT, words="一井一渠首", data=several).data["level"] == "basin"
    handed_in.refresh_from_db()
    said = words_of(letters.make(officer, handed_in, "redirected"))
    assert any("第十条第一款" in line and "多" in line for line in said) and any(
        "黄河水利委员会" in line for line in said
    )
    assert handed_in.state == State.REDIRECTED and handed_in.closed_on == TODAY


def test_what_the_basin_decides_is_sent_on_within_its_term(handed_in, officer):
    Case.objects.filter(pk=handed_in.pk).update(source="surface")
    casework.ask_gate(officer, handed_in, {**SOUND, "mainstem": True})
    handed_in.refresh_from_db()
    clock = next(c for c in queries.look(handed_in, TODAY).clocks if c.code == "forward")
    assert (clock.article, clock.count, clock.since, clock.done) == ("AR-010-B", 20, TODAY, None)
    casework.step(
        officer, handed_in, Act.REDIRECT, words="干流", data={"route": "mainstem", "authority": "黄河水利委员会"}
    )
    handed_in.refresh_from_db()
    assert next(c for c in queries.look(handed_in, TODAY).clocks if c.code == "forward").done == TODAY


# --- decisions ---


def test_an_approval_counts_at_once_and_its_certificate_comes_after_the_works(world, unit, approved, permit):
    project = Project.objects.get(pk=approved.project_id)
    assert project.permitted_m3 == 12_000 and project.permit_number == "D150625G2026-0001"
    version = permit.versions.get()
    assert (version.origin, version.holder, version.volume_m3, version.begins) == (
        "issued",
        world.b.user,
        D(12_000),
        TODAY,
    )
    assert version.expires == date(TODAY.year + 5, TODAY.month, TODAY.day) - timedelta(days=1)
    assert approved.state == State.ISSUED


def test_what_is_approved_leaves_less_to_grant_before_the_certificate_is_there(world, unit, approved):
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit)
    assert (room.state.permitted_m3, room.left_m3) == (D(82_000), D(18_000))


def test_what_the_gate_fails_cannot_be_approved_and_is_refused_on_its_ground(world, unit, handed_in, officer, leader):
    casework.step(officer, handed_in, Act.ACCEPT)
    casework.ask_gate(officer, handed_in, {**SOUND, "third_parties_harm": True})
    with pytest.raises(Invalid, match="第三"):
        casework.step(leader, handed_in, Act.APPROVE)
    step = casework.step(leader, handed_in, Act.REFUSE, words="影响第三者")
    assert step.data["grounds"] == ["AR-020 (6)"]
    assert Override.objects.count() == 0


def test_more_than_the_control_total_is_never_approved(world, unit, accepted, leader):
    accepted.volume_m3 = D(30_001)
    accepted.quota_m3 = accepted.design_capacity_m3 = D(50_000)
    accepted.save()
    with pytest.raises(Invalid, match="控制总量"):
        casework.step(leader, accepted, Act.APPROVE)
    step = casework.step(leader, accepted, Act.APPROVE, data={"volume_m3": "30000"})
    assert step.data["volume_m3"] == "30000"
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit)
    assert room.left_m3 == 0


def test_what_needs_a_person_needs_that_persons_word_and_stands_in_the_register(handed_in, officer, leader):
    casework.step(officer, handed_in, Act.ACCEPT)
    casework.ask_gate(officer, handed_in, {**SOUND, "layout_sound": None})
    with pytest.raises(Invalid) as told:
        casework.step(leader, handed_in, Act.APPROVE)
    assert told.value.field == "judged_layout"
    assert not Override.objects.exists()
    casework.step(leader, handed_in, Act.APPROVE, data={"judged": {"layout": "现场核查布局合理"}})
    override = Override.objects.get()
    assert (override.check_code, override.words, override.by_id) == ("layout", "现场核查布局合理", leader.person_id)


def test_a_refusal_that_the_gate_does_not_ground_names_its_law(accepted, leader):
    for data in ({}, {"article": "SEED-SUSPEND", "why": "方案"}, {"article": "AR-020 (4)", "why": ""}):
        with pytest.raises(Invalid):
            casework.step(leader, accepted, Act.REFUSE, data=data)
    step = casework.step(leader, accepted, Act.REFUSE, data={"article": "AR-020 (4)", "why": "退水布局不合理"})
    assert step.data["grounds"] == ["AR-020 (4)"] and Override.objects.get().check_code == "gate"


def test_without_the_gate_nothing_is_decided(handed_in, officer, leader):
    casework.step(officer, handed_in, Act.ACCEPT)
    for act in (Act.APPROVE, Act.REFUSE):
        with pytest.raises(Invalid):
            casework.step(leader, handed_in, act)


def test_every_kept_decision_comes_out_the_same_again(approved):
    records = list(GateRecord.objects.all())
    assert len(records) == 2 and all(asking.replay(record) for record in records)
    assert records[0].versions["AR-020"] == "2006-04-15"
    records[0].known["unit"]["permitted_m3"] = "100000"
    assert not asking.replay(records[0])


def test_more_than_asked_or_longer_than_ten_years_is_not_approved(accepted, leader):
    for data in ({"volume_m3": "12001"}, {"years": 11}, {"volume_m3": "viel"}):
        with pytest.raises(Invalid):
            casework.step(leader, accepted, Act.APPROVE, data=data)


# --- after the approval ---


def test_works_that_were_not_begun_in_three_years_let_the_approval_lapse(world, unit, approved):
    assert casework.lapse_due() == 0
    CaseStep.objects.filter(case=approved, act="approve").update(day=date(TODAY.year - 4, 1, 1))
    assert casework.lapse_due() == 1
    approved.refresh_from_db()
    assert approved.state == State.LAPSED and approved.project.permitted_m3 is None
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit)
    assert room.left_m3 == 30_000


def test_existing_works_go_to_acceptance_without_a_trial(world, approved, applicant):
    casework.hand_in(applicant, approved, CasePaper.What.COMPLETION, "竣工.pdf", PDF)
    with pytest.raises(Invalid):
        casework.step(applicant, approved, Act.FILE, words="试运行正常")
    Case.objects.filter(pk=approved.pk).update(existing=True)
    assert casework.step(applicant, approved, Act.FILE, words="试运行正常").act == "file"


def test_a_certificate_needs_a_number_that_no_other_has(unit, approved, applicant, officer, leader):
    register.follow_stock()
    for act in (Act.BEGIN, Act.TRIAL):
        casework.step(applicant, approved, act)
    with pytest.raises(Invalid):
        casework.step(applicant, approved, Act.FILE, words="试运行正常")
    casework.hand_in(applicant, approved, CasePaper.What.COMPLETION, "竣工.pdf", PDF)
    casework.step(applicant, approved, Act.FILE, words="试运行正常")
    casework.step(officer, approved, Act.PASS)
    for number in ("", "甲取水〔2024〕1号"):
        with pytest.raises(Invalid) as told:
            casework.step(leader, approved, Act.ISSUE, data={"number": number})
        assert told.value.field == "number"


# --- the register ---


@pytest.fixture
def stock(unit):
    """The permits that the ledger knows, as full permits."""
    assert register.follow_stock() == 2 and register.follow_stock() == 0
    return {p.number[0]: p for p in Permit.objects.all()}


def backdate(permit):
    """As if its present words had counted for a month."""
    PermitVersion.objects.filter(permit=permit, valid_to=None).update(valid_from=TODAY - timedelta(days=30))


def test_the_stock_becomes_full_permits_and_a_change_in_the_ledger_begins_another_version(stock, world):
    permit = stock["甲"]
    assert permit.versions.get().origin == "stock"
    Project.objects.filter(pk=permit.project_id).update(permitted_m3=D(39_000))
    assert register.follow_stock() == 1
    assert [v.volume_m3 for v in permit.versions.all()] == [D(40_000), D(39_000)]
    assert Override.objects.get().permit == permit
    assert queries.version_on(permit, TODAY - timedelta(days=1)).volume_m3 == D(40_000)


def test_what_the_ledger_takes_back_goes_unless_it_has_been_decided_on(stock, world, leader):
    for sign in ("甲", "乙"):
        Project.objects.filter(pk=stock[sign].project_id).update(permit_number="", permitted_m3=None)
    backdate(stock["乙"])
    register.restrict(
        leader, stock["乙"], volume_m3=D(20_000), day=TODAY, words="干旱", document="限水1号", urgent="旱情紧急"
    )
    Project.objects.filter(pk=stock["乙"].project_id).update(permit_number="", permitted_m3=None)
    assert register.follow_stock() == 2
    assert [p.number for p in Permit.objects.all()] == ["乙取水〔2024〕1号"]
    project = Project.objects.get(pk=stock["乙"].project_id)
    assert (project.permit_number, project.permitted_m3) == ("乙取水〔2024〕1号", D(20_000))
    assert register.follow_stock() == 0


def test_another_number_in_the_ledger_renames_or_replaces(stock, world, leader):
    for sign in ("甲", "乙"):
        Project.objects.filter(pk=stock[sign].project_id).update(permit_number=f"{sign}新证")
    backdate(stock["乙"])
    register.restrict(
        leader,
        stock["乙"],
        volume_m3=D(20_000),
        day=TODAY - timedelta(days=1),
        words="干旱",
        document="限水1号",
        urgent="旱情紧急",
    )
    Project.objects.filter(pk=stock["乙"].project_id).update(permit_number="乙新证")
    assert register.follow_stock() == 3  # one renamed, one ended, one begun
    stock["甲"].refresh_from_db()
    stock["乙"].refresh_from_db()
    assert (stock["甲"].number, stock["乙"].end) == ("甲新证", "replaced")
    assert Permit.objects.get(number="乙新证").project_id == stock["乙"].project_id
    assert register.follow_stock() == 0


def run(world, kind, permit, user, officer, leader, act=Act.APPROVE, **facts):
    case = casework.begin(officer, kind, user, permit)
    casework.write(officer, case, **{"address": "乙村", "reason": "申请", **facts})
    casework.step(officer, case, Act.SUBMIT)
    casework.step(officer, case, Act.ACCEPT, words="当面核对")
    if kind is not Kind.CANCELLATION:
        casework.ask_gate(officer, case, SOUND)
    casework.step(leader, case, act)
    return Case.objects.get(pk=case.pk)


FARM = {"use": "irrigation", "quota_m3": D(90_000), "design_capacity_m3": D(90_000), "metering": "水表"}


def test_a_renewal_gives_another_term_and_no_more_water(stock, world, officer, leader):
    permit = stock["乙"]
    begins = permit.versions.get().expires + timedelta(days=1)
    run(world, Kind.RENEWAL, permit, world.b.user, officer, leader, begins=begins, years=5, **FARM)
    version = permit.versions.get(valid_to=None)
    assert (version.origin, version.volume_m3, version.begins) == ("renewed", D(30_000), begins)
    assert version.expires == date(begins.year + 5, 1, 1) - timedelta(days=1)
    assert Project.objects.get(pk=permit.project_id).permit_to == version.expires


def test_a_renewal_passes_where_nothing_more_may_be_granted(stock, world, officer, leader, unit):
    from liangshui.quota.models import AllotmentEntry

    AllotmentEntry.objects.update(change_m3=D(60_000))
    run(world, Kind.RENEWAL, stock["乙"], world.b.user, officer, leader, begins=TODAY, years=5, **FARM)
    with pytest.raises(Invalid, match="控制总量"):
        run(world, Kind.CHANGE, stock["乙"], world.b.user, officer, leader, volume_m3=D(30_001), **FARM)


def test_a_change_counts_only_by_what_it_adds(stock, world, officer, leader):
    with pytest.raises(Invalid, match="控制总量"):
        run(world, Kind.CHANGE, stock["乙"], world.b.user, officer, leader, volume_m3=D(60_001), **FARM)
    case = Case.objects.get()
    casework.step(leader, case, Act.APPROVE, data={"volume_m3": "60000"})
    assert stock["乙"].versions.get(valid_to=None).volume_m3 == 60_000


def test_there_is_one_open_case_of_a_kind_about_a_permit(stock, world, officer):
    casework.begin(officer, Kind.CHANGE, world.b.user, stock["乙"])
    with pytest.raises(Invalid):
        casework.begin(officer, Kind.CHANGE, world.b.user, stock["乙"])


def test_only_what_was_saved_is_transferred_and_the_sum_stays(stock, world, officer, leader):
    took(world.b.intake, 25_000)
    took(world.b.intake, 21_000, LAST_YEAR)
    with pytest.raises(Invalid):
        run(
            world,
            Kind.TRANSFER,
            stock["乙"],
            world.b.user,
            officer,
            leader,
            taker=world.a.user,
            volume_m3=D(10_000),
            **FARM,
        )
    case = Case.objects.get()
    with pytest.raises(Invalid) as told:
        casework.step(leader, case, Act.APPROVE, data={"volume_m3": "5000"})
    assert told.value.field == "agreement"
    with pytest.raises(Invalid) as told:  # 5,001 of 30,000 are more than were left by this year’s 25,000
        casework.step(leader, case, Act.APPROVE, data={"volume_m3": "5001"} | AGREED)
    assert told.value.field == "volume_m3"
    casework.step(leader, case, Act.APPROVE, data={"volume_m3": "5000"} | AGREED)
    volumes = {sign: p.words_on(TODAY).volume_m3 for sign, p in stock.items()}
    assert volumes == {"甲": D(45_000), "乙": D(25_000)}


def test_a_whole_permit_goes_to_another_holder(stock, world, officer, leader):
    with pytest.raises(Invalid):
        run(
            world,
            Kind.TRANSFER,
            stock["乙"],
            world.b.user,
            officer,
            leader,
            taker=world.a.user,
            volume_m3=D(30_000),
            **FARM,
        )
    case = Case.objects.get()
    casework.hand_in(officer, case, CasePaper.What.AGREEMENT, "同意.pdf", PDF)
    casework.step(leader, case, Act.APPROVE)
    assert Project.objects.get(pk=stock["乙"].project_id).user == world.a.user
    assert stock["乙"].versions.get(valid_to=None).holder == world.a.user


def test_a_cancellation_by_the_holder_frees_the_volume(stock, world, officer, leader, unit):
    run(world, Kind.CANCELLATION, stock["乙"], world.b.user, officer, leader)
    stock["乙"].refresh_from_db()
    assert (stock["乙"].end, stock["乙"].ended_on) == ("cancelled", TODAY)
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit)
    assert room.state.permitted_m3 == 40_000


def test_who_decides_ends_and_restricts_by_a_document(stock, world, officer, leader):
    permit = stock["乙"]
    for actor in (officer, actor_of(world.town_b), actor_of(world.water_user)):
        with pytest.raises(Forbidden):
            register.end(actor, permit, end="revoked", day=TODAY, words="x", document="y")
        with pytest.raises(Forbidden):
            register.restrict(actor, permit, volume_m3=D(1), day=TODAY, words="x", document="y")
    with pytest.raises(Invalid):
        register.restrict(leader, permit, volume_m3=D(31_000), day=TODAY, words="x", document="y")
    register.restrict(
        leader, permit, volume_m3=D(20_000), day=TODAY, words="干旱", document="限水1号", urgent="旱情紧急"
    )
    assert Project.objects.get(pk=permit.project_id).permitted_m3 == 20_000
    with pytest.raises(Invalid):
        register.end(leader, permit, end="withdrawn", day=TODAY, words="", document="")
    register.end(leader, permit, end="withdrawn", day=TODAY, words="公共利益需要", document="撤1号")
    with pytest.raises(Invalid):
        register.end(leader, permit, end="withdrawn", day=TODAY, words="x", document="y")


def test_a_change_by_hand_asks_for_its_reason_and_stands_in_the_register_of_overrides(stock, world, officer):
    permit = stock["乙"]
    with pytest.raises(Invalid):
        register.correct(officer, permit, reason=" ", volume_m3=D(29_000))
    with pytest.raises(Forbidden):
        register.correct(actor_of(world.town_b), permit, reason="x", volume_m3=D(29_000))
    assert register.correct(officer, permit, reason="核对", volume_m3=D(30_000)) is None
    register.correct(officer, permit, reason="按纸质证更正", volume_m3=D(29_000), office="市水利局")
    permit.refresh_from_db()
    assert permit.office == "市水利局" and permit.versions.get(valid_to=None).volume_m3 == 29_000
    assert "30000" in Override.objects.get().finding and Override.objects.get().words == "按纸质证更正"


def test_how_a_permit_stands_by_the_days(stock, world):
    permit, version, known = stock["乙"], stock["乙"].versions.get(), law()
    version.expires = date(2026, 6, 30)
    life = lambda day, case=None: queries.life_of(permit, version, day, known, case)  # noqa: E731
    assert life(date(2026, 2, 14)) is Life.VALID
    assert life(date(2026, 2, 15)) is Life.RENEW and life(date(2026, 6, 30)) is Life.RENEW
    assert life(date(2026, 7, 1)) is Life.EXPIRED
    case = Case(kind=Kind.RENEWAL, state="accepted", received_on=date(2026, 5, 16))
    assert life(date(2026, 7, 1), case) is Life.CONTINUED
    case.received_on = date(2026, 5, 17)
    assert life(date(2026, 7, 1), case) is Life.EXPIRED
    assert SYSTEM.may("permits.decide")


def test_steps_and_ends_are_called_by_what_was_applied_for():
    assert (
        str(act_words(Act.APPROVE, Kind.NEW)) == "准予许可" and str(act_words(Act.APPROVE, Kind.RENEWAL)) == "准予延续"
    )
    ended = Case(kind=Kind.CANCELLATION, state=State.ISSUED)
    assert ended.stands == "已注销"
    assert CaseStep(case=ended, act=Act.ISSUE).called == "送达注销决定"
    assert Case(kind=Kind.RENEWAL, state=State.ISSUED).stands == "已发证"


def test_after_the_term_of_the_check_it_counts_as_accepted_and_nothing_may_be_asked_for(handed_in, officer):
    day = TODAY - timedelta(days=30)
    CaseStep.objects.filter(case=handed_in).update(day=day)
    for act in (Act.ASK, Act.DECLINE):
        with pytest.raises(Invalid) as told:
            casework.step(officer, handed_in, act, words="缺材料")
        assert day.isoformat() in told.value.message
    casework.step(
        officer, handed_in, Act.ASK, day=day + timedelta(days=1), words="当时已告知"
    )  # entered later, said in time
    handed_in.refresh_from_db()
    assert handed_in.state == State.INCOMPLETE
