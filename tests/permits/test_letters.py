"""Letters of cases and permits: their words are those of the gate, their form is the bureau's, and what was made stays."""

import io
from datetime import timedelta
from decimal import Decimal as D

import pytest
from docx import Document

from liangshui.core.errors import Forbidden, Invalid
from liangshui.parameters.queries import law
from liangshui.permits import asking, casework, letters, offices, register
from liangshui.permits.casework import ROOM
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
    assert [key for key, _title in letters.possible_of(permit)] == ["withdrawn"]
    with pytest.raises(Forbidden):
        letters.make_of(officer, permit, "withdrawn")
    assert any("公共利益需要" in line for line in words_of(letters.make_of(leader, permit, "withdrawn")))
    with pytest.raises(Invalid):
        letters.make_of(leader, permit, "annulled")


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
