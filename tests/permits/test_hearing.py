"""Other organisations are asked, hearings are held, and the decision follows from what they came to."""

from datetime import timedelta

import pytest
from django.urls import reverse

from liangshui.accounts.queries import actor_of
from liangshui.core.errors import Forbidden, Invalid
from liangshui.permits import casework, hearings, letters, offices, queries
from liangshui.permits.models import CaseStep, Override
from liangshui.permits.rules.hearing import Stance
from liangshui.permits.rules.life import Act, State
from tests.permits.conftest import PDF, TODAY
from tests.permits.test_letters import words_of

pytestmark = pytest.mark.django_db


def ago(days):
    return TODAY - timedelta(days=days)


@pytest.fixture
def earlier(accepted):
    """The accepted case, all of it 60 days ago."""
    CaseStep.objects.filter(case=accepted).update(day=ago(60))
    return accepted


ASKED = {"body": "测试旗自然资源局", "until": str(TODAY + timedelta(days=10))}
CALL = {"at": "9时30分", "place": "局三楼会议室", "host": "法规股长", "public": True}


def ask(officer, case, words="该处用地是否符合规划?", day=None, **other):
    return casework.step(officer, case, Act.CONSULT, words=words, data={**ASKED, **other}, day=day)


def refused(call, field=None):
    with pytest.raises(Invalid) as told:
        call()
    assert field is None or told.value.field == field
    return told.value.message


# --- consultations ---


def test_several_organisations_are_asked_and_answer_each_for_itself(accepted, officer):
    ask(officer, accepted)
    ask(officer, accepted, body="黄河支流上游乙旗水利局", words="对下游取水有无影响?")
    casework.step(officer, accepted, Act.ANSWER, words="无影响", data={"n": "2", "stance": "agree"}, paper=PDF)
    first, second = hearings.consultations(accepted)
    assert (first.open, first.body) == (True, "测试旗自然资源局")
    assert (second.stance, second.answer.words, bool(second.answer.paper)) == (Stance.AGREE, "无影响", True)
    again = {"n": "2", "stance": "agree"}
    refused(lambda: casework.step(officer, accepted, Act.ANSWER, words="x", data=again), "n")


def test_a_question_names_whom_what_and_by_when(accepted, officer):
    refused(lambda: ask(officer, accepted, body=" "), "body")
    refused(lambda: ask(officer, accepted, until=""), "until")
    refused(lambda: ask(officer, accepted, until=str(ago(1))), "until")
    refused(lambda: ask(officer, accepted, words=""), "words")


def test_the_construction_department_has_the_days_of_the_law(accepted, officer):
    asked = ask(officer, accepted, body="测试旗住房和城乡建设局", until="", city_planning=True)
    assert asked.data["until"] > str(TODAY + timedelta(days=6))
    clocks = {clock.code: clock for clock in queries.look(accepted, TODAY).clocks}
    assert clocks["city_planning"].count == 5


def test_an_answer_says_what_it_comes_to_and_silence_comes_after_its_day(earlier, officer):
    ask(officer, earlier, day=ago(50), until=str(ago(40)))
    refused(lambda: casework.step(officer, earlier, Act.ANSWER, data={"n": "1", "stance": "agree"}), "words")
    refused(lambda: casework.step(officer, earlier, Act.ANSWER, words="x", data={"n": "1"}), "stance")
    silence = {"n": "1", "stance": "none"}
    refused(lambda: casework.step(officer, earlier, Act.ANSWER, data=silence, day=ago(40)), "stance")
    casework.step(officer, earlier, Act.ANSWER, data=silence, day=ago(39))
    assert hearings.consultations(earlier)[0].stance is Stance.NONE


def test_approving_with_an_open_or_negative_answer_needs_words_that_are_kept(accepted, officer, leader):
    ask(officer, accepted)
    ask(officer, accepted, body="供水公司")
    casework.step(officer, accepted, Act.ANSWER, words="管网可供", data={"n": "2", "stance": "disagree"})
    words = refused(lambda: casework.step(leader, accepted, Act.APPROVE), "words")
    assert "测试旗自然资源局" in words and "供水公司" in words
    casework.step(leader, accepted, Act.APPROVE, words="供水公司管网未达该村")
    kept = Override.objects.get(check_code="step_approve")
    assert (kept.case, kept.words, kept.finding.count("供水公司")) == (accepted, "供水公司管网未达该村", 1)


def test_a_question_has_its_letter_with_the_question_in_it(accepted, officer, applicant):
    ask(officer, accepted)
    ask(officer, accepted, body="供水公司", words="管网能否供水?")
    bodies = [to for key, _title, to in letters.possible(accepted) if key == "consultation"]
    assert bodies == ["测试旗自然资源局", "供水公司"]
    said = words_of(letters.make(officer, accepted, "consultation", to="供水公司"))
    assert (
        "供水公司：" in said
        and any("管网能否供水" in line for line in said)
        and not any("用地" in line for line in said)
    )
    with pytest.raises(Forbidden):
        letters.make(applicant, accepted, "consultation", to="供水公司")
    with pytest.raises(Invalid):
        letters.make(officer, accepted, "consultation", to="别的单位")


def test_letters_of_the_review_are_of_the_office_that_reviews(accepted, officer, leader):
    refused(lambda: offices.set_office(leader, review_sign="测水审"), "review_name")
    offices.set_office(
        leader,
        name="测试旗行政审批服务局",
        sign="测审批",
        phone="0477-1",
        review_name="测试旗水利局",
        review_sign="测水审",
    )
    ask(officer, accepted)
    made = words_of(letters.make(officer, accepted, "consultation", to="测试旗自然资源局"))
    assert made[:2] == ["测试旗水利局", f"测水审〔{TODAY.year}〕1号"] and not any("0477" in line for line in made)
    for number in (1, 2):  # each office counts its own
        made = words_of(letters.make(officer, accepted, "accepted"))
        assert made[:2] == ["测试旗行政审批服务局", f"测审批〔{TODAY.year}〕{number}号"]
    assert (
        words_of(letters.make(officer, accepted, "consultation", to="测试旗自然资源局"))[1]
        == f"测水审〔{TODAY.year}〕2号"
    )


def test_only_who_reviews_asks_and_answers(world, accepted, officer, applicant):
    for actor in (applicant, actor_of(world.town_a), actor_of(world.auditor)):
        with pytest.raises(Forbidden):
            ask(actor, accepted)
    ask(officer, accepted)
    for actor in (applicant, actor_of(world.town_a), actor_of(world.auditor)):
        with pytest.raises(Forbidden):
            casework.step(actor, accepted, Act.ANSWER, words="x", data={"n": "1", "stance": "agree"})


# --- hearings ---


def told(case, officer, day, **data):
    return casework.step(officer, case, Act.NOTIFY, words="可能影响你方", day=day, data=data)


def test_an_applicant_asks_for_a_hearing_within_five_working_days_of_being_told(earlier, officer, applicant):
    refused(lambda: casework.step(applicant, earlier, Act.REQUEST), "party")  # nobody told them
    told(earlier, officer, ago(20))
    assert "20" in refused(lambda: casework.step(applicant, earlier, Act.REQUEST), "day")
    told(earlier, officer, TODAY)
    casework.step(applicant, earlier, Act.REQUEST)
    refused(lambda: casework.step(applicant, earlier, Act.REQUEST), "party")  # once
    assert hearings.hearing(earlier).parties == [""]
    assert {c.code for c in queries.look(earlier, TODAY).clocks} >= {"hearing", "decide"}


def test_the_days_run_from_the_service_of_the_letter(earlier, officer, applicant):
    told(earlier, officer, ago(20))
    letter = letters.make(officer, earlier, "hearing_offered", day=ago(20))
    letters.serve(officer, letter, day=ago(1), how="直接送达")
    casework.step(applicant, earlier, Act.REQUEST)
    assert hearings.hearing(earlier).open


def test_a_third_party_asks_through_an_officer_and_an_applicant_speaks_for_nobody_else(earlier, officer, applicant):
    told(earlier, officer, TODAY, parties=["邻村丙村"])
    with pytest.raises(Invalid) as needed:
        casework.step(officer, earlier, Act.REQUEST, data={"party": "邻村丙村"})
    assert needed.value.field == "words"
    refused(
        lambda: casework.step(officer, earlier, Act.REQUEST, words="来函", data={"party": "没有告知的丁村"}), "party"
    )
    casework.step(officer, earlier, Act.REQUEST, words="来函", data={"party": "邻村丙村"})
    casework.step(applicant, earlier, Act.REQUEST, data={"party": "邻村丙村"})
    assert hearings.hearing(earlier).parties == ["邻村丙村", ""]


def test_a_hearing_is_called_seven_working_days_before_with_a_host_who_did_not_review(earlier, officer):
    data = {**CALL, "on": str(TODAY + timedelta(days=30)), "why": "涉及公共利益"}
    for wrong, field in (
        ({"on": ""}, "on"), ({"on": str(TODAY + timedelta(days=8))}, "on"), ({"at": ""}, "at"), ({"place": ""}, "place"), ({"host": ""}, "host"),
        ({"host": "局员"}, "host"), ({"why": ""}, "why"),
    ):  # fmt: skip
        refused(lambda wrong=wrong: casework.step(officer, earlier, Act.CALL, data={**data, **wrong}), field)
    casework.step(officer, earlier, Act.CALL, data=data)
    assert hearings.hearing(earlier).on == TODAY + timedelta(days=30)


def test_a_hearing_later_than_the_law_wants_it_needs_a_reason(earlier, officer, applicant):
    told(earlier, officer, TODAY)
    casework.step(applicant, earlier, Act.REQUEST)
    late = {**CALL, "on": str(TODAY + timedelta(days=45))}
    refused(lambda: casework.step(officer, earlier, Act.CALL, data=late), "words")
    casework.step(officer, earlier, Act.CALL, data=late, words="申请人请求推迟")
    assert Override.objects.get().check_code == "step_call"


def test_the_host_gives_no_opinion(world, earlier, officer, leader):
    casework.step(
        officer, earlier, Act.CALL, data={**CALL, "host": "局长", "on": str(TODAY + timedelta(days=30)), "why": "公益"}
    )
    refused(lambda: casework.step(leader, earlier, Act.OPINION, words="同意"))
    casework.step(officer, earlier, Act.OPINION, words="同意")


@pytest.fixture
def called(earlier, officer):
    data = {**CALL, "on": str(ago(10)), "why": "涉及公共利益", "participants": ["邻村丙村"]}
    casework.step(officer, earlier, Act.CALL, data=data, day=ago(40))
    return earlier


def test_a_decision_waits_for_the_hearing_and_follows_from_its_record(called, officer, leader):
    for act, data in ((Act.APPROVE, {}), (Act.REFUSE, {"article": "AR-020 (6)", "why": "影响第三者"})):
        refused(lambda act=act, data=data: casework.step(leader, called, act, data=data))
    refused(lambda: casework.step(officer, called, Act.HEAR, words="无异议", day=ago(10)), "paper")
    refused(lambda: casework.step(officer, called, Act.HEAR, words="无异议", day=ago(9), paper=PDF), "day")
    refused(lambda: casework.step(officer, called, Act.HEAR, day=ago(10), paper=PDF), "words")
    casework.step(officer, called, Act.HEAR, words="丙村要求限在汛期外取水", day=ago(10), paper=PDF)
    refused(lambda: casework.step(leader, called, Act.APPROVE), "heard")
    casework.step(leader, called, Act.APPROVE, data={"heard": "丙村意见已列入许可条件"})
    called.refresh_from_db()
    assert called.state == State.APPROVED
    said = words_of(letters.make(leader, called, "approved"))
    assert any("丙村意见已列入许可条件" in line and "听证" in line for line in said)


def test_the_time_of_consultation_and_hearing_is_left_out_once(called, officer):
    before = queries.look(called, TODAY).clocks
    decide = next(clock for clock in before if clock.code == "decide")
    ask(officer, called, day=ago(35))
    casework.step(officer, called, Act.ANSWER, words="同意", data={"n": "1", "stance": "agree"}, day=ago(20))
    after = next(clock for clock in queries.look(called, TODAY).clocks if clock.code == "decide")
    assert decide.excluded_days == after.excluded_days > 20


def test_a_hearing_that_is_called_anew_or_falls_away(called, officer, leader):
    casework.step(officer, called, Act.CALL, data={**CALL, "on": str(TODAY + timedelta(days=30)), "why": "改期"})
    assert hearings.hearing(called).on == TODAY + timedelta(days=30)
    refused(lambda: casework.step(officer, called, Act.DROP), "words")
    casework.step(officer, called, Act.DROP, words="申请人书面撤回")
    refused(lambda: casework.step(officer, called, Act.DROP, words="x"))
    casework.step(leader, called, Act.APPROVE)


def test_all_who_are_called_have_a_letter(called, officer):
    names = [to for key, _title, to in letters.possible(called) if key == "hearing_called"]
    assert names == ["", "邻村丙村"]
    said = "".join(words_of(letters.make(officer, called, "hearing_called", to="邻村丙村")))
    assert "局三楼会议室" in said and "法规股长" in said and "9时30分" in said and "邻村丙村：" in said


def test_what_waits_is_told_to_who_reviews(world, earlier, officer, sign_in):
    assert hearings.unanswered(officer, TODAY) == hearings.to_hold(officer) == []
    ask(officer, earlier, day=ago(50), until=str(ago(40)))
    casework.step(officer, earlier, Act.CALL, data={**CALL, "on": str(TODAY + timedelta(days=30)), "why": "公益"})
    assert hearings.unanswered(officer, TODAY) == hearings.to_hold(officer) == [earlier]
    assert hearings.unanswered(actor_of(world.town_b), TODAY) == hearings.to_hold(actor_of(world.auditor)) == []
    client = sign_in(world.officer)
    for waits in ("answer", "hearing"):
        assert earlier.number in client.get(reverse("case-list") + f"?waits={waits}").content.decode()


# --- the portal ---


def test_an_applicant_sees_what_was_asked_asks_for_a_hearing_and_states_views(world, earlier, officer, sign_in):
    ask(officer, earlier)
    casework.step(officer, earlier, Act.ANSWER, words="内部意见甲", data={"n": "1", "stance": "disagree"}, paper=PDF)
    told(earlier, officer, TODAY)
    client, address = sign_in(world.water_user), reverse("case", args=[earlier.pk])
    page = client.get(address).content.decode()
    assert "该处用地是否符合规划" in page and "内部意见甲" not in page
    answer = earlier.steps.get(act=Act.ANSWER)
    assert client.get(reverse("casestep-paper", args=[answer.pk])).status_code == 404
    for act, given in (("views", {"words": "用水已采用滴灌"}), ("request", {"words": ""})):
        url = reverse("case-step", args=[earlier.pk, act])
        assert url in page and 'name="party"' not in client.get(url).content.decode()
        assert client.post(url, {"day": str(TODAY), **given})["Location"] == address
    casework.step(officer, earlier, Act.CALL, data={**CALL, "on": str(TODAY + timedelta(days=20))})
    page = client.get(address).content.decode()
    assert (
        "局三楼会议室" in page
        and "用水已采用滴灌" in page
        and "内部意见甲" in sign_in(world.officer).get(address).content.decode()
    )


def test_the_forms_of_the_steps_take_what_they_ask_for(world, earlier, sign_in):
    client = sign_in(world.officer)

    def do(act, **given):
        return client.post(reverse("case-step", args=[earlier.pk, act]), {"day": str(TODAY), **given})

    assert do("consult", body="供水公司", until=str(TODAY), words="能否供水").status_code == 302
    assert do("answer", n="1", stance="conditions", words="可供一半").status_code == 302
    call = {**CALL, "public": "on", "on": str(TODAY + timedelta(days=30)), "why": "公益", "participants": "丙村\n丁村"}
    assert do("call", **call).status_code == 302
    kept = earlier.steps.get(act=Act.CALL).data
    assert (kept["participants"], kept["public"], kept["on"]) == (["丙村", "丁村"], True, call["on"])
    page = sign_in(world.leader).get(reverse("case-step", args=[earlier.pk, "approve"])).content.decode()
    assert "可供一半" in page
