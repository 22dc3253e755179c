"""An application that is left half-way loses nothing: two windows, a session that ended, no network, an error, a refused value."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Dialog, Page, expect

from liangshui.accounts.queries import actor_of
from liangshui.permits import casework, register
from liangshui.permits.models import Case, CasePaper
from liangshui.permits.rules.life import Kind
from tests.browser.conftest import sign_in
from tests.people import PASSWORD, World
from tests.permits.conftest import PDF, room_for_permits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def world(transactional_db) -> World:
    made = World()
    room_for_permits(made)
    return made


@pytest.fixture
def case(page: Page, world: World) -> Case:
    """A draft of user B, open in the first window on a phone."""
    found = casework.begin(actor_of(world.water_user), Kind.NEW, world.b.user)
    page.set_viewport_size(PHONE)
    sign_in(page, "user-b", PASSWORD)
    page.goto(f"/permits/cases/{found.pk}/form/")
    return found


def kept(page: Page) -> None:
    expect(page.locator("#kept")).to_contain_text(
        "已保存", timeout=20_000
    )  # one that failed is sent again after ten seconds


def not_kept(page: Page) -> None:
    """Said in red, the text still in its box and on the device."""
    expect(page.locator("#kept.warn-red")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).length") > 0


def on_record(case: Case, field: str) -> object:
    case.refresh_from_db()
    return getattr(case, field)


def shelf(page: Page) -> int:
    return page.evaluate("Object.keys(localStorage).length")


def test_typing_is_kept_without_leaving_the_field_and_a_refused_value_stays_in_its_box(page: Page, case: Case):
    page.locator("[name=saving]").press_sequentially("滴灌")  # the field keeps its focus
    kept(page)
    assert on_record(case, "saving") == "滴灌" and shelf(page) == 0
    page.fill("[name=volume_m3]", "12345678901234567890")
    page.fill("[name=purpose]", "果园")
    not_kept(page)
    expect(page.locator("[name=volume_m3]")).to_have_class("form-control is-invalid")
    expect(page.locator("#kept *")).to_have_count(0)  # a sentence, no page of an error
    assert on_record(case, "purpose") == "果园" and case.volume_m3 is None
    page.fill("[name=volume_m3]", "5000")
    kept(page)
    assert on_record(case, "volume_m3") == 5000 and shelf(page) == 0
    page.select_option("[name=division]", str(case.division_id))  # what it was already
    page.fill("[name=purpose]", "果园 ")
    kept(page)
    assert shelf(page) == 0
    page.reload()
    expect(page.locator("[name=volume_m3]")).to_have_value("5000")


def test_a_stale_window_overwrites_nothing_and_shows_both_words(page: Page, case: Case):
    stale = page.context.new_page()
    stale.goto(f"/permits/cases/{case.pk}/form/")
    page.fill("[name=reason]", "果园灌溉")
    page.fill("[name=volume_m3]", "5000")
    kept(page)
    stale.fill("[name=saving]", "滴灌")
    kept(stale)
    assert (on_record(case, "reason"), case.volume_m3, case.saving) == ("果园灌溉", 5000, "滴灌")
    stale.fill("[name=reason]", "菜地灌溉")
    not_kept(stale)
    beside = stale.locator(".errorlist")
    expect(beside).to_contain_text("果园灌溉")
    expect(stale.locator("[name=reason]")).to_have_value("菜地灌溉")
    assert on_record(case, "reason") == "果园灌溉"
    beside.locator("button").first.click()  # mine is to stand
    kept(stale)
    assert on_record(case, "reason") == "菜地灌溉"
    page.fill("[name=reason]", "林地灌溉")  # now the first window is the stale one
    page.locator(".errorlist button").nth(1).click()  # the other's is to stand
    expect(page.locator("[name=reason]")).to_have_value("菜地灌溉")
    assert on_record(case, "reason") == "菜地灌溉" and shelf(page) == 0


def test_a_session_that_ended_keeps_the_text_here_until_one_signs_in_again(page: Page, case: Case):
    Session.objects.all().delete()
    page.fill("[name=return_place]", "无退水")
    not_kept(page)
    assert page.locator("[name=username]").count() == 0  # no sign-in page inside the form
    second = page.context.new_page()
    sign_in(second, "user-b", PASSWORD)
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    kept(page)
    assert on_record(case, "return_place") == "无退水" and shelf(page) == 0


def test_without_network_or_with_an_error_it_says_so_warns_on_leaving_and_offers_the_text_again(page: Page, case: Case):
    asked: list[str] = []

    def stay_or_go(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", stay_or_go)
    page.route("**/form/", lambda route: route.fulfill(status=500, content_type="text/html", body="<h1>500</h1>"))
    page.fill("[name=metering]", "水表")
    not_kept(page)
    expect(page.locator("#kept")).to_contain_text("500")
    page.unroute_all()
    page.context.set_offline(True)
    page.fill("[name=saving]", "滴灌")
    page.wait_for_timeout(1000)
    not_kept(page)
    Session.objects.all().delete()  # so that it cannot be sent at the last moment, either
    page.context.set_offline(False)
    expect(page.locator("#kept.warn-red")).to_be_visible()
    sign_in(page, "user-b", PASSWORD)
    assert asked == ["beforeunload"]
    assert on_record(case, "saving") == ""
    page.goto(f"/permits/cases/{case.pk}/form/")
    expect(page.locator("#offer")).to_contain_text("滴灌")
    expect(page.locator("[name=saving]")).to_have_value("")
    page.locator("#offer button").first.click()  # put it back
    kept(page)
    assert (on_record(case, "saving"), case.metering) == ("滴灌", "水表") and shelf(page) == 0
    page.reload()
    expect(page.locator("#offer")).to_be_hidden()


def test_a_phone_fills_its_position_and_papers_are_added_beside_the_form(page: Page, case: Case, world: World):
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 109.123456, "latitude": 39.654321})
    page.click("#here")
    kept(page)
    expect(page.locator("[name=longitude]")).to_have_value("109.123456")
    assert str(on_record(case, "latitude")) == "39.654321"
    expect(page.locator("[data-needed]")).to_have_count(2)  # the form and the statement
    page.select_option("[name=source]", "shallow_groundwater")
    expect(page.locator("[data-needed=well_plan]")).to_be_visible()  # new works on groundwater owe a plan
    page.set_input_files("#paper-form", {"name": "申请书.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.fill("[name=purpose]", "果园")  # typed, and the paper sent at once
    page.locator("[data-needed=form] button").click()
    expect(page.locator("#papers")).to_contain_text("申请书.pdf")
    assert CasePaper.objects.get().what == "form" and on_record(case, "purpose") == "果园"
    assert page.locator(".phone-bar a[href^='/permits/']").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


LISTS = [
    "/permits/cases/", "/permits/", "/permits/conditions/", "/permits/campaign/", "/permits/room/", "/quota/units/", "/quota/indicators/",
    "/intakes/",
]  # fmt: skip


def test_lists_say_their_answer_on_a_phone_without_scrolling_sideways(page: Page, case: Case, world: World):
    casework.write(actor_of(world.water_user), case, volume_m3=5000)
    register.follow_stock()
    page.context.clear_cookies()
    Case.objects.update(state="received")  # a draft is its applicant's alone
    sign_in(page, "leader", PASSWORD)
    for address in LISTS:
        page.goto(address)
        assert page.locator("table.as-cards tbody td").count() > 0, address
        hidden = page.evaluate(
            "[...document.querySelectorAll('.table-responsive td')].filter((e) => e.getBoundingClientRect().right > innerWidth).length"
        )
        assert hidden == 0, address
    page.goto("/permits/cases/")
    state = page.locator("tbody tr td").nth(4)
    assert state.get_attribute("data-label") == "状态" and state.inner_text() == "已收件，待受理"
    for text, rows in (("没有这样的", 0), (case.number, 1)):  # what comes by htmx has names, too
        page.locator(".list-tools [name=q]").fill(text)
        page.locator(".list-tools [name=q]").press("Enter")
        expect(page.locator("#list tbody tr")).to_have_count(rows)
    expect(page.locator("tbody td[data-label=状态]")).to_have_text("已收件，待受理")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator("tbody tr").first).to_have_css("display", "table-row")  # waits while rows are changed
