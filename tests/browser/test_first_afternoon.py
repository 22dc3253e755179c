"""The first afternoon: from an empty installation to a balance by town, with only the bureau's own workbooks.

The steps are those of the guide's chapter of that name; its pictures are taken here.
"""

import re
from datetime import date
from decimal import ROUND_HALF_UP
from decimal import Decimal as D
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from liangshui.accounting import queries, services
from liangshui.accounts.models import Appointment, Organisation, Person
from liangshui.core.access import EVERYWHERE
from liangshui.core.periods import plan_year
from liangshui.records.installation import Installation
from liangshui.registry.models import Division
from tests.browser.conftest import picture, sign_in

BOOKS = Path(__file__).resolve().parents[1] / "books"
PASSWORD = "first afternoon 2025"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def officer():
    """What `liangshui init` leaves: the county and its first officer, and nothing else."""
    county = Division.objects.create(code="989925", name="演示旗", level="county")
    Installation(county_code=county.code, county_name=county.name).save()
    person = Person.objects.create_user("clerk", password=PASSWORD, name="干部")
    bureau = Organisation.objects.create(name="水利局", kind="bureau", division=county)
    Appointment.objects.create(person=person, organisation=bureau, role="bureau_officer", valid_from=date(2020, 1, 1))
    return person


def check(page: Page, kind: str, name: str, **asked: str) -> None:
    """Upload a workbook and see its dry run."""
    page.goto("/imports/new/")
    if page.locator("[name=kind]").input_value() != kind:
        with page.expect_navigation():
            page.select_option("[name=kind]", kind)
    page.set_input_files("[name=file]", BOOKS / name)
    for field, value in asked.items():
        box = page.locator(f"[name={field}]")
        if box.evaluate("box => box.tagName") == "SELECT":
            box.select_option(value)
        else:
            box.fill(value)
    page.click("form.form-narrow button")
    page.wait_for_url("**/imports/*/?*")


def take(page: Page, kind: str, name: str, **asked: str) -> None:
    """The dry run, then its good rows."""
    check(page, kind, name, **asked)
    page.click("form[action$='/take/'] button")
    expect(page.locator(".alert-success").first).to_be_visible()


def follow() -> None:
    """What the worker does beside the web."""
    while services.follow_changes():
        pass


def fill_the_superiors_table(page: Page) -> str:
    """Upload the superior's empty table, correct by a click what was not understood, fill and issue it: one figure."""
    page.goto("/reports/new/")
    page.set_input_files("[name=file]", BOOKS / "superior.xlsx")
    page.fill("[name=name]", "年度取水量统计表")
    page.click("form.form-narrow button")
    page.wait_for_url(re.compile(r"/map/"))
    expect(page.locator("td[data-cell=B5]")).to_have_class("filled")
    expect(page.locator("td[data-cell=B5]")).to_have_attribute("title", re.compile("清泉镇.*地下水"))
    page.click("th[data-at='D:D']")  # 厂矿: a word that was not understood
    page.select_option("#mark [name=figure]", "abstraction")
    page.locator("#mark label", has_text="工业").locator("input").check()
    picture(page, "table-map")
    with page.expect_navigation():
        page.click("#mark .btn-primary")
    expect(page.locator("td[data-cell=D5]")).to_have_attribute("title", re.compile("工业"))
    page.click("text=完成")
    page.select_option("[name=day]", "2025-01-01")
    page.click("form[action$='/fill/'] button")
    page.wait_for_url(re.compile(r"/filled/\d+/"))
    cell = page.locator("tbody tr", has_text="清泉镇").locator("td").nth(1)
    figure = cell.inner_text()
    cell.locator("a").click()
    expect(page.locator("#cell .figure")).to_have_text(figure)
    picture(page, "table-filled")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("text=报出")
    expect(page.locator(".alert-success")).to_be_visible()
    return figure


def test_from_an_empty_installation_to_a_balance_by_town(page: Page, officer):
    sign_in(page, "clerk", PASSWORD)
    take(page, "divisions", "divisions.csv")
    take(page, "ledger", "ledger.xlsx")
    check(page, "permits", "permits.xlsx")
    picture(page, "first-permits")
    page.click("form[action$='/take/'] button")
    take(page, "coefficients", "coefficients.xlsx")

    check(page, "electricity", "electricity.xlsx")
    page.click("form[action$='/take/'] button")
    page.click("a[href$='/electricity/']")
    picture(page, "first-matches")
    well = page.locator(".card", has_text="下滩2号机井")
    well.locator("label", has_text="QX-002").locator("input").check()
    well.locator("button", has_text="选定").click()
    lamp = page.locator(".card", has_text="白杨镇路灯")
    lamp.locator("input[value=none]").check()
    lamp.locator("button", has_text="选定").click()
    expect(page.locator(".badge", has_text="0 项待定")).to_be_visible()
    page.click("button:has-text('重新读这个文件')")
    expect(page.locator("form[action$='/take/'] button")).to_contain_text("1")
    page.click("form[action$='/take/'] button")

    take(page, "electricity", "electricity_wide.xlsx")
    take(page, "volumes", "two_heads.xlsx")
    take(page, "volumes", "certified.xlsx")
    take(page, "volumes", "quota.xlsx")
    follow()

    page.goto("/account/?by=town&year=2025")
    expect(page.locator("tbody tr")).to_have_count(2)
    picture(page, "first-account")
    towns = {row.name: row for row in queries.account(EVERYWHERE, plan_year(2025), "town")}
    # by hand: electricity 360·3.2 + 140·2.8 + 180·2.8 + 1000·2.8 of May, the wide sheet's summer, and the matched well
    electric = D(360 + 400 + 520 + 480) * D("3.2") + D(140 + 150 + 170 + 180 + 1000 + 1200 + 1500 + 1400) * D("2.8")
    assert towns["清泉镇"].by_method["electricity"] == electric
    assert towns["白杨镇"].by_method["read"] == D(12000 + 11000 + 13000 + 8000 + 9000)
    shown = page.locator("tbody tr", has_text="清泉镇").locator("td").nth(1)
    expect(shown).to_contain_text(f"{towns['清泉镇'].abstraction_m3:,.0f}")

    page.goto("/quota/figures/?year=2025")
    expect(page.locator("tbody tr", has_text="白杨矿业有限公司")).to_contain_text("600,000")
    picture(page, "first-figures")
    superior = fill_the_superiors_table(page)
    # the same figures as the account, in 10⁴ m³: groundwater of 清泉镇, and its agriculture
    ground = queries.account(EVERYWHERE, plan_year(2025), "town", {"source_kind": "shallow_groundwater"})
    exact = {row.name: row.abstraction_m3 for row in ground}["清泉镇"]
    assert superior == f"{(exact / 10_000).quantize(D('0.01'), ROUND_HALF_UP)}"

    page.set_viewport_size({"width": 390, "height": 844})
    for address in (
        "/quota/figures/",
        "/account/differences/",
        "/account/statements/",
        "/account/supply/",
        "/imports/",
    ):
        page.goto(address + "?year=2025")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
