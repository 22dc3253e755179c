"""People walk a permit through: a farmer applies on a phone, the bureau decides; a refusal with its letter; living water in a
suspended unit; a renewal.
"""

import io
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest
from django.utils import timezone
from docx import Document
from playwright.sync_api import Page, expect

from liangshui.accounts.queries import actor_of
from liangshui.core.access import SYSTEM
from liangshui.permits import casework, offices, queries, register
from liangshui.permits.models import Case, Permit, PermitVersion
from liangshui.permits.rules.life import Act, Kind, State
from liangshui.permits.typeset import chinese
from liangshui.quota import unit_services
from tests.browser.conftest import picture, sign_in
from tests.people import PASSWORD, World
from tests.permits.conftest import PDF, form_of, room_for_permits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}
TODAY = timezone.localdate()


@pytest.fixture
def world(transactional_db) -> World:
    made = World()
    room_for_permits(made)
    offices.set_office(SYSTEM, name="测试旗水利局", sign="测水许", review_body="测试旗人民政府", court="测试旗人民法院")
    return made


def change_person(page: Page, username: str) -> None:
    page.context.clear_cookies()
    sign_in(page, username, PASSWORD)


def press(page: Page, words: str) -> None:
    page.get_by_role("link", name=words, exact=True).click()


def do(page: Page, step: str, **fields: str) -> None:
    """A step by its button and form."""
    press(page, step)
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.locator("main form button.btn-primary").click()
    expect(page.get_by_text("已记录")).to_be_visible()


def answer(page: Page, unit: int, quota: str = "15000", **answers: str) -> None:
    """Ask the gate with what is known of the place."""
    press(page, "审批核验")
    page.select_option("[name=management_unit]", str(unit))
    page.fill("[name=quota_m3]", quota)
    page.fill("[name=quota_basis]", "定额文件第 1 页")
    known = {
        "load": "not_overloaded", "network_covers": "no", "fragile": "no", "other_water": "no", "function_zone_harm": "no",
        "layout_sound": "yes", "third_parties_harm": "no", "level_kept": "yes", "thirsty": "no", "listed": "no", "meter_planned": "yes",
        "must_file": "no", "saving_kept": "yes", "standards_kept": "yes", "land_reclaimed": "no", **answers,
    }  # fmt: skip
    for name, value in known.items():
        if page.locator(f"[name={name}]").count():  # only what the application raises is asked
            page.select_option(f"[name={name}]", value)
    page.locator("main form button.btn-primary").click()
    expect(page.get_by_text("核验已完成")).to_be_visible()


def test_an_application_on_a_phone_is_approved(page: Page, world: World, tmp_path: Path):
    page.set_viewport_size(PHONE)
    sign_in(page, "user-b", PASSWORD)
    page.goto("/permits/cases/")
    press(page, "新建申请")
    page.select_option("[name=kind]", "new")
    page.locator("main form button.btn-primary").click()
    page.fill("[name=name]", "乙果园")
    page.fill("[name=reason]", "新建果园灌溉")
    page.locator("[name=reason]").blur()
    expect(page.locator("#kept")).to_contain_text("已保存")
    page.reload()
    expect(page.locator("[name=reason]")).to_have_value("新建果园灌溉")  # left half-way, nothing is lost
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    texts = {
        "address": "乙镇乙村", "purpose": "果园灌溉", "volume_m3": "12000", "begins": str(TODAY), "years": "5", "longitude": "109.1",
        "latitude": "39.8", "design_capacity_m3": "20000", "quota_m3": "15000", "metering": "超声波水表", "saving": "滴灌",
        "return_place": "无退水", **{f"m{n}": "1000" for n in range(1, 13)},
    }  # fmt: skip
    for name, value in texts.items():
        page.fill(f"[name={name}]", value)
    for name, value in (("use", "irrigation"), ("source", "shallow_groundwater"), ("works", "well")):
        page.select_option(f"[name={name}]", value)
    page.select_option("[name=division]", str(world.b.village.pk))
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("已提交，可在此查看进度")).to_be_visible()
    paper = tmp_path / "申请书.pdf"
    paper.write_bytes(PDF)
    for what in ("form", "third_parties", "well_plan"):
        page.select_option("[name=what]", what)
        page.set_input_files("[name=paper]", str(paper))
        page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("尚未提交")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    picture(page, "permit-phone")
    case = Case.objects.get(applicant=world.b.user)

    page.set_viewport_size({"width": 1440, "height": 900})
    change_person(page, "officer")
    page.goto("/permits/cases/?mine=1")
    page.get_by_role("link", name=case.number).click()
    do(page, "受理")
    answer(page, world.unit.pk, layout_sound="")
    expect(page.locator("#gate")).to_contain_text("须人工判断")
    picture(page, "permit-gate")
    do(page, "提出审查意见", words="同意")
    change_person(page, "leader")
    page.goto(f"/permits/cases/{case.pk}/")
    press(page, "准予许可")
    page.locator("main form button.btn-primary").click()
    expect(page.get_by_text("须由人工认定并写明理由")).to_be_visible()
    page.fill("[name=judged_layout]", "现场踏勘，布局合理")
    page.locator("main form button.btn-primary").click()
    expect(page.get_by_text("已记录")).to_be_visible()
    page.get_by_role("button", name="准予水行政许可决定书", exact=True).click()
    expect(page.get_by_text("文书已生成")).to_be_visible()
    case.refresh_from_db()
    assert case.state == State.APPROVED and case.project.permitted_m3 == 12_000
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == world.unit)
    assert room.left_m3 == 18_000

    page.set_viewport_size(PHONE)
    change_person(page, "user-b")
    page.goto(f"/permits/cases/{case.pk}/")
    expect(page.get_by_text("准予水行政许可决定书")).to_be_visible()
    do(page, "工程开工")
    case.refresh_from_db()
    assert case.state == State.BUILDING


def handed_in(world: World, **facts) -> Case:
    applicant = actor_of(world.water_user)
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    casework.write(applicant, case, **form_of(world, world.unit, **facts))
    casework.step(applicant, case, Act.SUBMIT)
    return case


def test_a_refusal_says_its_grounds_and_what_would_pass_in_a_letter(page: Page, world: World):
    case = handed_in(world, volume_m3=D(36_000), months_m3=["3000"] * 12, design_capacity_m3=D(50_000))
    sign_in(page, "officer", PASSWORD)
    page.goto(f"/permits/cases/{case.pk}/")
    do(page, "受理", words="材料已当面核对")
    answer(page, world.unit.pk)
    expect(page.locator("#gate")).to_contain_text("应不予许可")
    on_page = page.locator("#gate li").all_inner_texts()
    change_person(page, "leader")
    page.goto(f"/permits/cases/{case.pk}/")
    press(page, "准予许可")
    page.fill("[name=volume_m3]", "36000")
    page.locator("main form button.btn-primary").click()
    expect(page.get_by_text("不能批准")).to_be_visible()
    page.goto(f"/permits/cases/{case.pk}/")
    do(page, "不予许可")
    page.get_by_role("button", name="不予水行政许可决定书").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="不予水行政许可决定书").click()
    said = "\n".join(p.text for p in Document(io.BytesIO(Path(download.value.path()).read_bytes())).paragraphs)
    assert "测试旗水利局" in said and "测水许〔" in said and "行政复议" in said
    assert "第二十条" in said and "第二十五条" in said  # more than the total leaves, more than the quota
    assert any(
        chinese(line) in said for line in on_page if "控制总量" in line
    )  # the words of the page, set as letters are
    assert "每年不超过" in said or "15,000" in said
    assert Case.objects.get(pk=case.pk).state == State.REFUSED


def test_living_water_in_a_suspended_unit_is_decided_by_a_person(page: Page, world: World):
    officer, leader = actor_of(world.officer), actor_of(world.leader)
    order = unit_services.propose_order(
        officer, world.unit, source_kind="shallow_groundwater", authority="上级", document="暂停通知", document_number="停1号",
        ground="GW-025 (1)", spared=[], valid_from=TODAY - timedelta(days=9), valid_to=None, exceptions="", paper=None,
    )  # fmt: skip
    unit_services.decide(leader, order, agreed=True, words="")
    orchard, living = handed_in(world), handed_in(world, use="living", name="乙供水", purpose="生活用水")
    sign_in(page, "officer", PASSWORD)
    for case, expected in ((orchard, "应不予许可"), (living, "须人工判断")):
        page.goto(f"/permits/cases/{case.pk}/")
        do(page, "受理", words="材料已当面核对")
        answer(page, world.unit.pk)
        expect(page.locator("#gate")).to_contain_text(expected)
        expect(page.locator("#gate")).to_contain_text("停1号")
    do(page, "提出审查意见", words="属居民生活用水")
    change_person(page, "leader")
    page.goto(f"/permits/cases/{living.pk}/")
    press(page, "准予许可")
    page.fill("[name=judged_order]", "城乡居民生活用水，方案规定的例外")
    page.locator("main form button.btn-primary").click()
    expect(page.get_by_text("已记录")).to_be_visible()
    expect(page.get_by_text("方案规定的例外")).to_be_visible()
    assert Case.objects.get(pk=living.pk).state == State.APPROVED
    page.goto("/permits/overrides/")
    expect(page.get_by_text("城乡居民生活用水，方案规定的例外")).to_be_visible()


def test_a_permit_that_ends_soon_is_renewed(page: Page, world: World):
    register.follow_stock()
    permit = Permit.objects.get(number__startswith="乙")
    ends = TODAY + timedelta(days=80)
    PermitVersion.objects.filter(permit=permit).update(expires=ends, source="shallow_groundwater", use="irrigation")
    sign_in(page, "user-b", PASSWORD)
    page.goto("/")
    page.get_by_text("份许可将届满").click()
    page.get_by_role("link", name=permit.number).click()
    expect(page.get_by_text("待申请延续")).to_be_visible()
    press(page, "延续")
    page.locator("main form button.btn-primary").click()
    for name, value in (("address", "乙村"), ("reason", "继续灌溉"), ("begins", str(ends + timedelta(days=1))), ("years", "5"), ("quota_m3", "40000"), ("design_capacity_m3", "40000")):  # fmt: skip
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("已提交，可在此查看进度")).to_be_visible()
    case = Case.objects.get(kind=Kind.RENEWAL)
    change_person(page, "officer")
    page.goto(f"/permits/cases/{case.pk}/")
    expect(page.get_by_text("届满前决定延续")).to_have_count(0)
    do(page, "受理", words="材料已当面核对")
    expect(page.get_by_text("届满前决定延续")).to_be_visible()
    answer(page, world.unit.pk, "40000")
    change_person(page, "leader")
    page.goto(f"/permits/cases/{case.pk}/")
    do(page, "准予延续")
    page.get_by_role("button", name="准予延续水行政许可决定书").click()
    version = permit.versions.get(valid_to=None)
    assert version.origin == "renewed" and version.expires > date(TODAY.year + 5, 1, 1) and version.volume_m3 == 30_000
    change_person(page, "user-b")
    page.goto(f"/permits/{permit.pk}/")
    expect(page.get_by_text(str(version.expires)).first).to_be_visible()
