"""Letters of cases and permits: their words are those of the gate, their form is the bureau's, and what was made stays."""

import io
from decimal import Decimal as D

import pytest
from docx import Document

from liangshui.core.errors import Forbidden, Invalid
from liangshui.parameters.queries import law
from liangshui.permits import asking, casework, letters, offices, register
from liangshui.permits.casework import ROOM
from liangshui.permits.rules.life import Act
from liangshui.permits.words import sentence
from liangshui.records import papers
from tests.permits.conftest import SOUND, TODAY

pytestmark = pytest.mark.django_db


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
    assert failed and all(any(sentence(check, law()) in line for line in said) for check in failed)
    assert said[:3] == ["测试旗水利局", "不予水行政许可决定书", f"测水许〔{TODAY.year}〕1号"]
    assert any("第20条 (6)" in line for line in said)
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
        (Act.EXCLUDE, {"reason": "hearing"}, {"hearing_called", "hearing_public", "excluded"}),
        (Act.EXCLUDE, {"reason": "consultation"}, {"excluded"}),
    ],
)
def test_hearing_and_notice_have_their_letters(accepted, officer, act, data, expected):
    casework.step(officer, accepted, act, words="12月3日9时,局会议室", data=data)
    keys = {key for key, _title, _to in letters.possible(accepted)} - {"accepted"}
    assert keys == expected
    for key in keys:
        assert any("局会议室" in line for line in words_of(letters.make(officer, accepted, key))) or key in (
            "excluded",
            "hearing_offered",
        )


def test_an_end_and_a_restriction_have_their_letters(permit, officer, leader):
    assert letters.possible_of(permit) == []
    register.end(leader, permit, end="withdrawn", day=TODAY, words="公共利益需要", document="撤字1号")
    permit.refresh_from_db()
    assert [key for key, _title, _to in letters.possible_of(permit)] == ["withdrawn"]
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


def test_an_applicant_whose_name_is_code_stays_a_name(handed_in, officer):
    handed_in.applicant.name = "{{ office }}<b>&"
    handed_in.applicant.save()
    casework.step(officer, handed_in, Act.ACCEPT)
    assert any("{{ office }}<b>&" in line for line in words_of(letters.make(officer, handed_in, "accepted")))
