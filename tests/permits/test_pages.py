"""Pages of cases as people use them: the form that keeps itself, papers, steps, what an applicant sees, the public check."""

import io
import re
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from docx import Document

from liangshui.permits import casework
from liangshui.permits.models import Case, CasePaper, Override
from liangshui.permits.rules.life import Act, Kind, State
from liangshui.records import papers
from tests.permits.conftest import PDF, SOUND, TODAY, form_of

pytestmark = pytest.mark.django_db


def test_an_applicant_begins_writes_and_hands_in_and_nothing_is_lost(world, unit, sign_in):
    client = sign_in(world.water_user)
    page = client.get("/permits/cases/new/").content.decode()
    assert world.b.user.code in page  # the only user one may apply for is there already
    answer = client.post("/permits/cases/new/", {"kind": "new", "applicant": world.b.user.code})
    case = Case.objects.get()
    assert answer["Location"].startswith(f"/permits/cases/{case.pk}/form/")
    told = client.post(
        f"/permits/cases/{case.pk}/form/", {"keep": "1", "reason": "果园", "volume_m3": "vier", "years": "5"}
    ).json()
    case.refresh_from_db()
    assert told["kept"] == {"reason": "果园", "years": "5"} and list(told["faults"]) == ["volume_m3"]
    assert (case.reason, case.years, case.volume_m3) == ("果园", 5, None)
    page = client.post(f"/permits/cases/{case.pk}/form/", {"reason": "果园二", "volume_m3": "4x"}).content.decode()
    assert "4x" in page and "其余已保存" in page
    for field in ("volume_m3", "quota_m3", "return_m3", "m1"):
        client.post(f"/permits/cases/{case.pk}/form/", {"reason": "果园二", field: "-5"})
        case.refresh_from_db()
        assert (case.volume_m3, case.quota_m3, case.return_m3, case.months_m3) == (None, None, None, []), field
    page = client.post(f"/permits/cases/{case.pk}/form/", {"reason": "果园三", "hand_in": "1"}).content.decode()
    case.refresh_from_db()
    assert "尚未填写" in page and (case.reason, case.state) == ("果园三", State.DRAFT)
    full = {
        "address": "乙村", "reason": "果园", "begins": str(TODAY), "years": "5", "use": "irrigation", "purpose": "灌溉", "volume_m3": "1200",
        **{f"m{n}": "100" for n in range(1, 13)}, "source": "shallow_groundwater", "division": str(world.b.village.pk),
        "longitude": "109.1", "latitude": "39.8", "works": "well", "metering": "水表", "saving": "滴灌", "return_place": "无", "hand_in": "1",
    }  # fmt: skip
    answer = client.post(f"/permits/cases/{case.pk}/form/", full)
    case.refresh_from_db()
    assert answer["Location"] == f"/permits/cases/{case.pk}/" and case.state == State.RECEIVED
    answer = client.post(f"/permits/cases/{case.pk}/form/", {"keep": "1", "reason": "x"})
    assert answer.status_code == 409 and answer.json()["fault"].startswith("申请已提交")


def test_two_windows_write_into_one_application_and_neither_loses_a_word(world, unit, applicant, sign_in):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, reason="果园", volume_m3=D(5000), existing=True, months_m3=["5000.000"])
    client, address = sign_in(world.water_user), f"/permits/cases/{case.pk}/form/"
    page = client.get(address).content.decode()
    made = dict(re.findall(r'name="(was-\w+)" value="([^"]*)"', page))  # the first window, and all that it shows
    assert made["was-volume_m3"] == made["was-m1"] == "5000"  # no zeros that nobody wrote
    assert (made["was-reason"], made["was-existing"]) == ("果园", "on")
    unchanged = {name.removeprefix("was-"): value for name, value in made.items() if value}

    client.post(address, {**made, **unchanged, "reason": "果园和林地", "volume_m3": "6000"})  # the second window
    client.post(address, {**made, **unchanged, "purpose": "灌溉", "m2": "7"})  # the first, stale, saves another field
    case.refresh_from_db()
    assert (case.reason, case.volume_m3, case.purpose) == ("果园和林地", 6000, "灌溉")
    assert case.months_m3[:3] == ["5000.000", "7", ""] and case.existing
    told = client.post(address, {"keep": "1", "was-reason": "果园", "reason": "菜地", "was-saving": "", "saving": "滴灌"}).json()  # fmt: skip
    case.refresh_from_db()
    assert told["others"] == {"reason": "果园和林地"} and told["kept"] == {"saving": "滴灌"}
    assert (case.reason, case.saving) == ("果园和林地", "滴灌")
    page = client.post(address, {**made, **unchanged, "reason": "菜地"}).content.decode()
    assert "果园和林地" in page and "菜地</textarea>" in page and 'name="was-reason" value="果园和林地"' in page  # both
    client.post(address, {"was-reason": "果园和林地", "reason": "菜地", "was-existing": "on"})  # seen, and meant
    case.refresh_from_db()
    assert case.reason == "菜地" and not case.existing  # a tick taken away is a change, too


@pytest.mark.parametrize("field", ["volume_m3", "quota_m3", "design_capacity_m3", "return_m3", "m1", "years"])
def test_a_number_that_no_record_holds_is_told_beside_its_field(world, unit, applicant, sign_in, field):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    client, address = sign_in(world.water_user), f"/permits/cases/{case.pk}/form/"
    for number in ("12345678901234567890", "1e30", "99999999999999999"):
        told = client.post(address, {"keep": "1", field: number, "saving": number}).json()
        assert list(told["faults"]) == [field] and told["kept"] == {"saving": number}
        assert client.post(address, {field: number}).status_code == 200


def test_what_is_pasted_from_word_is_taken_without_its_control_characters(world, unit, applicant, sign_in):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    client, address = sign_in(world.water_user), f"/permits/cases/{case.pk}/"
    client.post(f"{address}form/", {"reason": "新建果园\x0b滴灌\x01", "address": "乙镇\x00乙村"})
    case.refresh_from_db()
    assert (case.reason, case.address) == ("新建果园 滴灌", "乙镇乙村")
    assert client.get(f"{address}application/docx/").status_code == 200


def test_the_application_on_paper_has_the_eight_items_of_the_law_in_their_order(world, unit, applicant, sign_in):
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, **form_of(world, unit, saving=""))
    address = f"/permits/cases/{case.pk}/application/"
    client = sign_in(world.water_user)
    assert f"{address}docx/" in client.get(f"/permits/cases/{case.pk}/form/").content.decode()
    assert f"{address}pdf/" in client.get(f"/permits/cases/{case.pk}/").content.decode()
    lines = [p.text for p in Document(io.BytesIO(b"".join(client.get(f"{address}docx/").streaming_content))).paragraphs]
    items = [
        "1. 申请人名称(姓名)、地址", "2. 申请理由", "3. 取水的起始时间及期限", "4. 取水目的、取水量、年内各月的用水量", "5. 水源及取水地点",
        "6. 取水方式、计量方式和节水措施", "7. 退水地点、主要污染物、污水处理措施", "8. 其他事项",
    ]  # fmt: skip
    assert [line for line in lines if line in items] == items
    text = "\n".join(lines)
    assert "12,000 m³" in text and "超声波水表在线传输" in text and world.b.user.name in text and "浅层地下水" in text
    assert any(
        line.endswith("：________") for line in lines[lines.index(items[5]) : lines.index(items[6])]
    )  # saving: by hand
    pages = b"".join(client.get(f"{address}pdf/").streaming_content)
    assert pages.startswith(b"%PDF-") and papers.suffix_of(pages) == ".pdf"
    assert client.get(f"{address}exe/").status_code == 404
    assert sign_in(world.town_a).get(f"{address}docx/").status_code == 404


def test_a_paper_is_handed_in_read_and_taken_back_by_page(world, unit, sign_in):
    client = sign_in(world.water_user)
    client.post("/permits/cases/new/", {"kind": "new", "applicant": world.b.user.code})
    case = Case.objects.get()
    for name, content in (("a.pdf", PDF), ("b.exe", b"MZ")):
        client.post(f"/permits/cases/{case.pk}/paper/", {"what": "form", "paper": SimpleUploadedFile(name, content)})
    paper = CasePaper.objects.get()
    answer = client.get(f"/permits/papers/{paper.pk}/")
    assert b"".join(answer.streaming_content) == PDF and "attachment" in answer["Content-Disposition"]
    assert sign_in(world.town_a).get(f"/permits/papers/{paper.pk}/").status_code == 404
    client.post(f"/permits/papers/{paper.pk}/back/")
    paper.refresh_from_db()
    assert paper.taken_back_at is not None


def test_the_applicant_follows_without_seeing_the_review(world, accepted, sign_in):
    page = sign_in(world.water_user).get(f"/permits/cases/{accepted.pk}/").content.decode()
    assert "已受理" in page and "待办方" in page
    assert "审查意见" not in page and "审批核验" not in page and f"/permits/cases/{accepted.pk}/do/approve/" not in page
    page = sign_in(world.leader).get(f"/permits/cases/{accepted.pk}/").content.decode()
    assert f"/permits/cases/{accepted.pk}/do/approve/" in page


def test_what_needs_a_person_is_asked_by_the_form_of_the_approval(world, handed_in, officer, sign_in):
    casework.step(officer, handed_in, Act.ACCEPT)
    client = sign_in(world.officer)
    answers = {
        k: {True: "yes", False: "no"}[v] for k, v in SOUND.items() if isinstance(v, bool) and k != "layout_sound"
    }
    gate = {
        "management_unit": handed_in.management_unit_id,
        "quota_m3": "15000",
        "quota_basis": "定额",
        "load": "not_overloaded",
        **answers,
    }
    client.post(f"/permits/cases/{handed_in.pk}/gate/", gate)
    client = sign_in(world.leader)
    page = client.get(f"/permits/cases/{handed_in.pk}/do/approve/").content.decode()
    assert re.search('name="judged_layout"', page) and "布局" in page
    given = {"day": str(TODAY), "volume_m3": "12000", "years": "5"}
    page = client.post(f"/permits/cases/{handed_in.pk}/do/approve/", given).content.decode()
    assert "须由人工认定" in page
    assert (
        client.post(f"/permits/cases/{handed_in.pk}/do/approve/", {**given, "judged_layout": "合理"}).status_code == 302
    )
    assert Override.objects.get().words == "合理" and Case.objects.get(pk=handed_in.pk).state == State.APPROVED


def test_the_list_tells_who_acts_and_until_when(world, accepted, sign_in):
    page = sign_in(world.officer).get("/permits/cases/").content.decode()
    assert accepted.number in page and "决定方" in page
    for query, shown in (
        ("?open=closed", False),
        ("?kind=new", True),
        ("?state=accepted", True),
        ("?kind=renewal", False),
    ):
        assert (accepted.number in sign_in(world.officer).get(f"/permits/cases/{query}").content.decode()) is shown


def test_the_register_narrows_by_how_a_permit_stands(world, permit, sign_in):
    client = sign_in(world.officer)
    for query, shown in (
        ("", True),
        ("?stand=valid", True),
        ("?stand=renew", False),
        ("?stand=expired", False),
        ("?stand=ended", False),
    ):
        assert (permit.number in client.get(f"/permits/{query}").content.decode()) is shown, query
    permit.versions.update(expires=TODAY)
    for query, shown in (("?stand=renew", True), ("?stand=valid", True), ("?stand=expired", False)):
        assert (permit.number in client.get(f"/permits/{query}").content.decode()) is shown, query
    ran_out = TODAY - timedelta(days=1)
    permit.versions.update(expires=ran_out)
    for query, shown in (("?stand=valid", False), ("?stand=expired", True), ("?stand=continued", False)):
        assert (permit.number in client.get(f"/permits/{query}").content.decode()) is shown, query
    asked = {
        "kind": "renewal",
        "state": "accepted",
        "received_on": ran_out - timedelta(days=45),
    }  # nobody decided in time
    Case.objects.create(
        number="2020-00009", applicant=permit.project.user, permit=permit, division=permit.project.division, **asked
    )
    for query, shown in (("?stand=valid", True), ("?stand=expired", False), ("?stand=continued", True)):
        assert (permit.number in client.get(f"/permits/{query}").content.decode()) is shown, query


def test_a_sheet_leads_to_its_check_page_that_everybody_may_open(world, permit, sign_in, client):
    sheet = sign_in(world.water_user).get(f"/permits/{permit.pk}/sheet/")
    assert sheet["Content-Type"] == "application/pdf" and sheet.content.startswith(b"%PDF")
    page = client.get(f"/check/{permit.check_code}/").content.decode()
    assert permit.number in page and "有效" in page and "不是取水许可证正本" in page
    assert client.get("/check/NOSUCHCODE/").status_code == 404


def test_changed_by_hand_stands_in_the_register_that_auditors_read(world, permit, sign_in):
    client = sign_in(world.officer)
    form = client.get(f"/permits/{permit.pk}/correct/").content.decode()
    assert "D150625G2026-0001" in form
    given = {"office": "旗水利局", "volume_m3": "11000", "begins": str(TODAY), "expires": str(TODAY.replace(year=TODAY.year + 4)), "source": "shallow_groundwater", "use": "irrigation", "purpose": "果园", "why": "与纸质证不符"}  # fmt: skip
    assert client.post(f"/permits/{permit.pk}/correct/", given).status_code == 302
    assert permit.versions.get(valid_to=None).volume_m3 == 11_000
    page = sign_in(world.auditor).get("/permits/overrides/").content.decode()
    assert "与纸质证不符" in page and "局员" in page
    assert "与纸质证不符" not in sign_in(world.town_a).get("/permits/overrides/").content.decode()


def test_an_end_is_checked_before_it_counts(world, permit, sign_in):
    client = sign_in(world.leader)
    given = {"end": "withdrawn", "day": str(TODAY), "words": "情节严重", "document": "罚1号"}
    page = client.post(f"/permits/{permit.pk}/end/", given).content.decode()
    assert "此后不再许可取水" in page
    permit.refresh_from_db()
    assert permit.ended_on is None
    client.post(f"/permits/{permit.pk}/end/", {**given, "checked": "1"})
    permit.refresh_from_db()
    assert permit.ended_on == TODAY
    case = permit.cases.get()
    assert client.get(f"/permits/cases/{case.pk}/do/approve/")["Location"] == f"/permits/cases/{case.pk}/"
    assert (
        "已终止" in client.get(f"/permits/{permit.pk}/").content.decode()
        or "终止" in client.get(f"/permits/{permit.pk}/").content.decode()
    )


def test_the_settings_of_who_decides_are_the_deciders(world, unit, sign_in):
    client = sign_in(world.leader)
    assert client.post("/permits/office/", {"name": "测试旗水利局", "promised_check_days": "2"}).status_code == 302
    assert sign_in(world.officer).get("/permits/office/").status_code == 403
    page = client.get("/permits/letters/").content.decode()
    assert "准予水行政许可决定书" in page
    form = client.get("/permits/letters/accepted/")
    assert form.content.startswith(b"PK")
    upload = {"paper": SimpleUploadedFile("x.docx", form.content)}
    assert client.post("/permits/letters/accepted/set/", upload).status_code == 302
    assert "本单位模板" in client.get("/permits/letters/").content.decode()
