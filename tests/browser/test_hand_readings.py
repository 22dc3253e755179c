"""The phone page of hand readings without network: nothing lost, nothing doubled, asked before it is kept."""

import io
import json
from datetime import timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from liangshui.core.access import SYSTEM
from liangshui.readings.models import HandReading
from liangshui.readings.services import folder
from liangshui.registry import services as registry
from tests.browser.conftest import picture
from tests.people import PASSWORD, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CASES = Path(__file__).resolve().parents[2] / "liangshui" / "readings" / "tests" / "cases.json"
WELLS = 50


@pytest.fixture
def wells(transactional_db):
    """Fifty wells of a village, of which a dial was read a month ago."""
    world = World()
    HandReading.objects.all().delete()
    month_ago = timezone.now() - timedelta(days=40)
    for number in range(WELLS):
        well = registry.save_intake(
            SYSTEM, code=f"A-{number:03}", name=f"甲村{number}号井", kind="well", project=world.a.project,
            division=world.a.village, source=world.a.intake.source, sector="agriculture", capacity_m3_h=D(50),
        )  # fmt: skip
        HandReading.objects.create(intake=well, read_at=month_ago, dial=D(1000 + number), read_by=world.officer)
    return world


@pytest.fixture
def phone(browser: Browser, live_server, wells) -> Page:
    """The page on a phone, signed in; its service worker is ready."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", base_url=live_server.url)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto("/sign-in/?next=/readings/phone/")
    page.fill("[name=username]", "a-one")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/readings/phone/")
    page.wait_for_selector("body[data-ready=yes]")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # from now on the worker answers
    page.wait_for_selector("body[data-ready=yes]")
    page.wait_for_selector(".well")
    yield page
    context.close()
    assert faults == []


def read(page: Page, code: str, dial: str) -> None:
    page.fill("#search", code)
    page.click(".well")
    page.fill("#dial", dial)
    page.click("#save")


def test_fifty_readings_without_network_a_reload_between_and_all_are_sent_once(phone: Page):
    phone.context.set_offline(True)
    for number in range(25):
        read(phone, f"A-{number:03}", str(1100 + number))
    expect(phone.locator("#state")).to_contain_text("25 条待上报")
    picture(phone, "phone-readings-offline")
    phone.reload()
    phone.wait_for_selector("body[data-ready=yes]")
    expect(phone.locator("#state")).to_contain_text("25 条待上报")
    for number in range(25, WELLS):
        read(phone, f"A-{number:03}", str(1100 + number))
    assert HandReading.objects.count() == WELLS
    expect(phone.locator("#state")).to_contain_text("50 条待上报")

    # the first three answers are lost on the way: the server has taken what the phone does not know of
    lost: list[str] = []

    def lose(route) -> None:
        if len(lost) < 3:
            lost.append(route.request.url)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    phone.context.route("**/readings/send/", lose)
    phone.context.set_offline(False)
    for _try in range(6):
        phone.evaluate("dispatchEvent(new Event('online'))")
        phone.wait_for_timeout(700)
    expect(phone.locator("#state")).to_contain_text("已全部上报", timeout=20_000)
    assert len(lost) == 3
    found = {
        r.intake.code: r.dial for r in HandReading.objects.filter(read_by__username="a-one").select_related("intake")
    }
    assert HandReading.objects.count() == 2 * WELLS
    assert found == {f"A-{number:03}": D(1100 + number) for number in range(WELLS)}


def test_a_doubtful_figure_is_asked_about_before_it_is_kept(phone: Page):
    phone.context.set_offline(True)
    phone.fill("#search", "A-007")
    phone.click(".well")
    phone.fill("#dial", "9oo")
    phone.click("#save")
    expect(phone.locator("#fault")).to_be_visible()
    phone.fill("#dial", "200000")  # 198,993 m³ in 40 days at 50 m³/h: 4.1 times
    phone.click("#save")
    expect(phone.locator("#doubt")).to_contain_text("4.1 倍")
    picture(phone, "phone-readings-doubt")
    phone.click("[data-answer=back]")
    phone.fill("#dial", "900")
    phone.click("#save")
    expect(phone.locator("#doubt")).to_contain_text("比上次")
    phone.click("[data-answer=exchange]")
    with phone.expect_response("**/readings/send/"):
        phone.context.set_offline(False)
    expect(phone.locator("#state")).to_contain_text("已全部上报", timeout=20_000)
    made = HandReading.objects.get(read_by__username="a-one")
    assert (made.intake.code, made.dial, made.sure, [d["code"] for d in made.doubts]) == (
        "A-007",
        D(900),
        "exchange",
        ["lower"],
    )


def test_the_photo_arrives_smaller(phone: Page):
    out = io.BytesIO()
    Image.effect_noise((3200, 2400), 80).convert("RGB").save(out, "JPEG", quality=95)
    phone.fill("#search", "A-003")
    phone.click(".well")
    phone.fill("#dial", "1200")
    phone.set_input_files("#photo", {"name": "dial.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()})
    expect(phone.locator("#preview")).to_be_visible()
    with phone.expect_response("**/readings/send/") as answer:
        phone.click("#save")
    assert answer.value.json()["result"] == "taken"
    made = HandReading.objects.get(read_by__username="a-one")
    with Image.open(folder() / made.photo) as image:
        assert max(image.size) == 1280
    assert (folder() / made.photo).stat().st_size < len(out.getvalue()) / 4


def test_who_signs_in_next_neither_sees_nor_sends_what_waits(phone: Page, wells):
    phone.context.set_offline(True)
    read(phone, "A-001", "1150")
    phone.context.clear_cookies()
    phone.context.set_offline(False)
    expect(phone.locator("#state")).to_contain_text("请重新登录")
    sign_in = phone.context.new_page()
    sign_in.goto("/sign-in/?next=/readings/phone/")
    with phone.expect_response("**/readings/wells/"):  # while the password is typed, the phone page asks again
        phone.evaluate("dispatchEvent(new Event('online'))")
    sign_in.fill("[name=username]", "a-two")
    sign_in.fill("[name=password]", PASSWORD)
    sign_in.click("main button")
    sign_in.wait_for_url("**/readings/phone/")
    phone.reload()
    phone.wait_for_selector("body[data-ready=yes]")
    expect(phone.locator("#state")).to_contain_text("已全部上报")
    phone.evaluate("dispatchEvent(new Event('online'))")
    phone.wait_for_timeout(800)
    assert HandReading.objects.filter(read_by__username="a-two").count() == 0
    assert HandReading.objects.count() == WELLS


def test_the_phone_weighs_as_the_server_does(phone: Page):
    for case in json.loads(CASES.read_text(encoding="utf-8")):
        last = {"at": case["last"][0], "dial": float(case["last"][1])} if case["last"] else None
        meter = {"factor": float(case["factor"]), "digits": case["digits"]}
        capacity = float(case["capacity"]) if case["capacity"] else None
        found = phone.evaluate(
            "([last, at, value, meter, capacity]) => liangshuiWeigh(last, at, value, meter, capacity)",
            [last, case["at"], float(case["value"]), meter, capacity],
        )
        assert [[d["code"], d["params"]] for d in found] == case["doubts"], case["why"]


def test_nothing_scrolls_sideways_and_the_code_on_a_label_leads_to_the_well(phone: Page):
    picture(phone, "phone-readings")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.goto("/readings/phone/?well=A-004")
    expect(phone.locator("#well")).to_have_text("甲村4号井")
