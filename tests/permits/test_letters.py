"""Letters of cases and permits: their words are those of the gate, their form is the bureau's, and what was made stays."""

import io
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.urls import reverse
from docx import Document

from liangshui.core.errors import Forbidden, Invalid
from liangshui.parameters.queries import law
from liangshui.permits import asking, casework, letters, offices, queries, register
from liangshui.permits.casework import ROOM
from liangshui.permits.models import Case, CaseStep
from liangshui.permits.rules.life import Act
from liangshui.permits.typeset import chinese, numeral
from liangshui.permits.words import sentence
from liangshui.records import papers
from tests.permits.conftest import SOUND, TODAY

pytestmark = pytest.mark.django_db
CALLED = {
    "on": str(TODAY + timedelta(days=30)), "at": "9时", "place": "局会议室", "host": "法规股长", "public": True, "why": "涉及公共利益",
}  # fmt: skip


def words_of(letter) -> list[str]:
    document = Document(io.BytesIO(papers.path_of(ROOM, letter.paper).read_bytes()))
    return [p.text for p in document.paragraphs if p.text.strip()]


def test_a_refusal_says_the_words_of_the_gate_its_ground_and_the_rights(handed_in, officer, leader):
    offices.set_office(leader, name="测试旗水利局", sign="测水许", review_body="测试旗人民政府", court="测试旗人民法院")
    casework.step(officer, handed_in, Act.ACCEPT)
    record = casework.ask_gate(officer, handed_in, {**SOUND, "network_covers": True, "third_parties_harm": True})
    casework.step(leader, handed_in, Act.REFUSE)
    handed_in.refresh_from_db()
    letter = letters.make(leader, handed_in, "refused")
    said = words_of(letter)
    failed = asking.decision_of(record).failed
    assert failed and all(any(chinese(sentence(check, law())) in line for line in said) for check in failed)
    assert said[:3] == ["测试旗水利局", f"测水许〔{TODAY.year}〕1号", "不予水行政许可决定书"]
    assert any("第二十条第（六）项" in line for line in said)
    assert not any(mark in line for line in said for mark in (": ", "; ", ", "))
    rights = next(line for line in said if "行政复议" in line)
    assert "60日" in rights and "测试旗人民政府" in rights and "6个月" in rights and "测试旗人民法院" in rights
    assert letters.make(leader, handed_in, "refused").number == f"测水许〔{TODAY.year}〕2号"


def test_what_would_pass_stands_in_the_refusal(handed_in, officer, leader, unit):
    casework.step(officer, handed_in, Act.ACCEPT)
    casework.place(officer, handed_in, unit, D(10_000), "定额")
    casework.ask_gate(officer, handed_in, SOUND)
    casework.step(leader, handed_in, Act.REFUSE)
    handed_in.refresh_from_db()
    assert any("10,000" in line and "调整" in line for line in words_of(letters.make(leader, handed_in, "refused")))


def test_only_letters_that_the_steps_ask_for_are_made_and_by_whose_part_it_is(handed_in, officer, leader, applicant):
    assert letters.possible(handed_in) == []
    with pytest.raises(Invalid):
        letters.make(officer, handed_in, "accepted")
    casework.step(officer, handed_in, Act.ACCEPT)
    assert [key for key, _title, _to in letters.possible(handed_in)] == ["accepted"]
    for actor in (leader, applicant):
        with pytest.raises(Forbidden):
            letters.make(actor, handed_in, "accepted")
    letter = letters.make(officer, handed_in, "accepted", number="自编1号")
    with pytest.raises(Invalid):
        letters.make(officer, handed_in, "accepted", number="自编1号")
    assert letter.addressee == handed_in.applicant


def test_a_letter_is_served_once_it_is_there(handed_in, officer):
    casework.step(officer, handed_in, Act.ACCEPT)
    letter = letters.make(officer, handed_in, "accepted")
    with pytest.raises(Invalid):
        letters.serve(officer, letter, day=TODAY.replace(year=TODAY.year + 1), how="邮寄")
    assert letters.serve(officer, letter, day=TODAY, how="直接送达").served_on == TODAY


@pytest.mark.parametrize(
    "act, data, expected",
    [
        (Act.NOTIFY, {}, {"views", "hearing_offered"}),
        (Act.CALL, CALLED, {"hearing_called", "hearing_public", "hearing_public_2", "excluded"}),
        (Act.CALL, {**CALLED, "public": False}, {"hearing_called", "excluded"}),
        (Act.EXCLUDE, {"reason": "experts"}, {"excluded"}),
    ],
)
def test_hearing_and_notice_have_their_letters(accepted, officer, act, data, expected):
    casework.step(officer, accepted, act, words="12月3日9时,局会议室", data=data)
    keys = {key for key, _title, _to in letters.possible(accepted)} - {"accepted", "extended"}
    assert keys == expected
    for key in keys:
        assert any("局会议室" in line for line in words_of(letters.make(officer, accepted, key))) or key in (
            "excluded",
            "hearing_offered",
        )


def test_an_end_and_a_restriction_have_their_letters(permit, officer, leader):
    assert [key for key, _title in letters.possible_of(permit)] == ["restriction_ahead"]
    register.end(leader, permit, end="withdrawn", day=TODAY, words="公共利益需要", document="撤字1号")
    permit.refresh_from_db()
    assert [key for key, _title in letters.possible_of(permit)] == ["withdrawn", "struck_off"]
    with pytest.raises(Forbidden):
        letters.make_of(officer, permit, "withdrawn")
    assert any("公共利益需要" in line for line in words_of(letters.make_of(leader, permit, "withdrawn")))
    with pytest.raises(Invalid):
        letters.make_of(leader, permit, "annulled")


def test_a_revoked_permit_is_struck_off_on_its_ground(permit, leader):
    register.close(permit, "revoked", TODAY, "严重违法", "罚字1号")
    permit.refresh_from_db()
    assert [key for key, _title in letters.possible_of(permit)] == ["struck_off"]
    said = words_of(letters.make_of(leader, permit, "struck_off"))
    assert any(line.startswith("依据：") and "第七十条" in line for line in said)


def test_only_who_may_make_a_letter_is_offered_it(handed_in, officer, leader, applicant):
    casework.step(officer, handed_in, Act.ACCEPT)
    handed_in.refresh_from_db()
    assert [key for key, _title, _to in letters.possible(handed_in, officer)] == ["accepted"]
    assert [key for key, _title, _to in letters.possible(handed_in, leader)] == ["extended"]
    assert letters.possible(handed_in, applicant) == []
    letter = letters.make(officer, handed_in, "accepted")
    assert [letters.may_serve(who, letter) for who in (officer, leader, applicant)] == [True, False, False]


def test_a_letter_to_the_applicant_speaks_of_third_parties_and_not_of_itself(accepted, officer):
    casework.step(officer, accepted, Act.NOTIFY, words="打井一眼", data={"parties": ["张三"]})
    for key in ("views", "hearing_offered"):
        own, other = (words_of(letters.make(officer, accepted, key, to=to))[4] for to in ("", "张三"))
        assert own.startswith("你（单位）于") and "他人" in own
        assert other.startswith(accepted.applicant.name) and "你（单位）的" in other


def test_an_applicant_reads_its_own_letters_and_not_those_to_others(world, accepted, officer, sign_in):
    casework.step(officer, accepted, Act.NOTIFY, words="打井一眼", data={"parties": ["张三"]})
    own, other = (letters.make(officer, accepted, "views", to=to) for to in ("", "张三"))
    for who, seen in ((world.water_user, 404), (world.officer, 200)):
        client = sign_in(who)
        page = client.get(reverse("case", args=[accepted.pk])).content.decode()
        assert own.number in page and (other.number in page) is (seen == 200)
        assert client.get(reverse("letter", args=[own.pk])).status_code == 200
        assert client.get(reverse("letter", args=[other.pk])).status_code == seen


def test_time_not_counted_is_told_of_every_stop_with_its_days(accepted, officer, applicant):
    day = TODAY - timedelta(days=20)
    CaseStep.objects.filter(case=accepted).update(day=day)
    asked = {"body": "自然资源局", "until": TODAY.isoformat()}
    casework.step(officer, accepted, Act.CONSULT, day=day, words="用地", data=asked)
    casework.step(officer, accepted, Act.NOTIFY, day=day + timedelta(days=1), words="打井", data={"parties": ["张三"]})
    casework.step(officer, accepted, Act.REQUEST, day=day + timedelta(days=2), words="请求", data={"party": "张三"})
    answered = {"n": "1", "stance": "agree"}
    casework.step(officer, accepted, Act.ANSWER, day=day + timedelta(days=5), words="同意", data=answered)
    casework.step(officer, accepted, Act.CALL, words="届时参加", data=CALLED)
    days = [f"{d.year}年{d.month}月{d.day}日" for d in (day, day + timedelta(days=5), day + timedelta(days=2))]
    said = words_of(letters.make(officer, accepted, "excluded"))
    first, second = (line for line in said if line[:2] in ("1.", "2."))
    assert "自然资源局" in first and f"自{days[0]}至{days[1]}" in first
    assert "听证" in second and second.endswith(f"自{days[2]}起")


def test_less_than_was_applied_for_is_told_with_the_rights(accepted, leader):
    casework.step(leader, accepted, Act.APPROVE, data={"volume_m3": "9000"})
    accepted.refresh_from_db()
    said = words_of(letters.make(leader, accepted, "approved"))
    assert any("申请年取水量12,000 m³" in line for line in said) and any("行政复议" in line for line in said)
    assert not any("2,000、" in line for line in said)  # the months made up the 12,000
    assert sum(map(int, accepted.months_m3)) == 12_000 and accepted.terms["months_m3"] == []


def test_works_that_are_there_are_not_told_to_be_built_and_nothing_lapses(accepted, leader):
    Case.objects.filter(pk=accepted.pk).update(existing=True)
    accepted.refresh_from_db()
    casework.step(leader, accepted, Act.APPROVE)
    accepted.refresh_from_db()
    said = words_of(letters.make(leader, accepted, "approved"))
    assert any("取水工程已建成" in line for line in said) and not any("开工" in line for line in said)
    CaseStep.objects.filter(case=accepted).update(day=TODAY - timedelta(days=5 * 365))
    assert casework.lapse_due() == 0
    assert "begin" not in {clock.code for clock in queries.look(accepted, TODAY).clocks}


def test_main_stem_water_is_applied_for_at_the_region(handed_in, officer):
    data = {"route": "mainstem", "authority": "黄河水利委员会"}
    casework.step(officer, handed_in, Act.REDIRECT, words="取水口在干流", data=data)
    said = words_of(letters.make(officer, handed_in, "redirected"))
    assert any("黄河水利委员会审批" in line and "自治区水行政主管部门" in line and "第十条" in line for line in said)


def docx(*lines: str) -> bytes:
    document, out = Document(), io.BytesIO()
    for line in lines:
        document.add_paragraph(line)
    document.save(out)
    return out.getvalue()


def test_the_bureaus_own_form_is_tried_and_then_used(handed_in, officer, leader):
    casework.step(officer, handed_in, Act.ACCEPT)
    own = docx("红头 {{ office }}", "{%p for paragraph in paragraphs %}", "{{ paragraph }}", "{%p endfor %}")
    for bad in (b"%PDF-1.4 %%EOF", docx("{{ office"), docx("没有正文")):
        with pytest.raises(Invalid):
            letters.set_form(leader, "accepted", bad)
    with pytest.raises(Forbidden):
        letters.set_form(officer, "accepted", own)
    letters.set_form(leader, "accepted", own)
    assert words_of(letters.make(officer, handed_in, "accepted"))[0].startswith("红头")
    letters.set_form(leader, "accepted", None)
    assert not words_of(letters.make(officer, handed_in, "accepted"))[0].startswith("红头")


def test_the_public_is_told_of_a_hearing_and_nothing_is_certified_that_is_not_recorded(accepted, officer):
    casework.step(officer, accepted, Act.CALL, data=CALLED)
    said = words_of(letters.make(officer, accepted, "hearing_public"))
    assert not any("你（单位）" in line or "7个工作日" in line for line in said)
    assert any(accepted.applicant.name in line for line in said)
    assert not any(line.startswith(accepted.applicant.name) for line in said)


def test_a_decision_put_off_says_until_when_and_why(accepted, leader):
    with pytest.raises(Invalid) as told:
        letters.make(leader, accepted, "extended")
    assert told.value.field == "words"
    assert (
        words_of(letters.make(leader, accepted, "extended", words="至2027-01-15，因水源论证复核"))[-3]
        == "至2027年1月15日，因水源论证复核"
    )


def test_an_approval_says_place_term_meter_and_return_and_has_two_forms(approved, leader):
    said = words_of(letters.make(leader, approved, "approved"))
    for fact in ("12,000", "109.1", "39.8", "超声波水表在线传输", "无退水"):
        assert any(fact in line for line in said), fact
    assert not any(".000" in line for line in said)
    letters.make(leader, approved, "approved_2")
    assert [key for key, _title, _to in letters.possible(approved) if key.startswith("approved")] == [
        "approved",
        "approved_2",
    ]


def test_our_form_has_a_red_mark_and_line_and_page_numbers():
    document = Document(io.BytesIO(letters.blank()))
    (mark,) = (p for p in document.paragraphs if p.runs and p.runs[0].font.color.rgb == letters.RED)
    assert mark.text == "{{ office }}"
    (number,) = (p for p in document.paragraphs if "w:pBdr" in p._p.xml)
    assert number.text == "{{ number }}" and "FF0000" in number._p.xml and number.alignment == 1
    assert 'w:instr="PAGE"' in document.sections[0].footer._element.xml


@pytest.mark.parametrize(
    "given, expected",
    [
        ("第20条 (2)", "第二十条第（二）项"),
        ("第19(1),(3)条", "第十九条第一款、第三款"),
        ("依据: 第113条; 自2026-11-06起, 4800.000 m³", "依据：第一百一十三条；自2026年11月6日起，4800 m³"),
        ("volume: 5,000; see (2)", "volume: 5,000; see (2)"),
    ],
)
def test_words_are_set_as_a_chinese_letter_has_them(given, expected):
    assert chinese(given) == expected


def test_articles_are_counted_as_the_law_counts_them():
    assert [numeral(n) for n in (7, 10, 19, 20, 42, 100, 106, 113)] == [
        "七", "十", "十九", "二十", "四十二", "一百", "一百零六", "一百一十三",
    ]  # fmt: skip


def test_an_applicant_whose_name_is_code_stays_a_name(handed_in, officer):
    handed_in.applicant.name = "{{ office }}<b>&"
    handed_in.applicant.save()
    casework.step(officer, handed_in, Act.ACCEPT)
    assert any("{{ office }}<b>&" in line for line in words_of(letters.make(officer, handed_in, "accepted")))
