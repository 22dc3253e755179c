"""A person's walk: sign in, from a figure on the intake page back to the raw frame, on a desk and on a phone."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from liangshui.accounting.models import DayVolume
from liangshui.demo.generate import Size
from liangshui.demo.load import SEED, load_demo
from liangshui.metering import findings, health
from liangshui.metering.models import Finding
from liangshui.telemetry import seals
from liangshui.telemetry.models import Series, Station, StationLink, WaitingStation
from tests.browser.conftest import picture, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def password(tmp_path, settings) -> str:
    """The small demo banner in the test's database."""
    settings.HOME = tmp_path
    load_demo(SEED, timezone.localdate(), lambda _line: None, size=Size.of(90), until=timezone.now())
    return (tmp_path / "demo-sign-ins.txt").read_text(encoding="utf-8").splitlines()[0].split()[-1]


def metered_day() -> DayVolume:
    """A day of the last week that a register tells."""
    since = timezone.localdate() - timedelta(days=7)
    until = timezone.localdate()
    return (
        DayVolume.objects.filter(day__gt=since, day__lt=until, method="register", volume_m3__gt=0)
        .order_by("intake", "day")
        .first()
    )


def test_from_a_figure_to_the_frame_in_three_clicks_and_every_page_opens(page: Page, password: str):
    sign_in(page, "shuiliju", password)
    expect(page.locator(".demo-strip")).to_contain_text("演示数据")
    picture(page, "home")

    day = metered_day()
    page.goto(f"{reverse('intake-account', args=[day.intake_id])}?year={day.day.year}")
    picture(page, "intake-account")
    page.click(f"main a[href^='{reverse('intake-month', args=[day.intake_id, day.day.year, day.day.month])}']")
    page.click(f"main a[href^='{reverse('intake-day', args=[day.intake_id, day.day])}']")
    picture(page, "intake-day")
    page.locator("main a[href^='/frames/']").first.click()
    expect(page.locator("main .hex").first).to_be_visible()
    picture(page, "frame")

    for name in (
        "map",
        "intake-list",
        "user-list",
        "project-list",
        "station-list",
        "account",
        "quota",
        "import-list",
        "import-new",
        "people",
        "waiting-list",
        "frame-list",
        "unmeasured",
        "me",
    ):
        opens(page, reverse(name))
        picture(page, name)
    for name in (
        "fault-list",
        "seal-list",
        "equipment",
        "demand-list",
        "station-rates",
        "law",
        "own-figures",
        "room",
        "ask",
    ):
        opens(page, reverse(name))


def opens(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer.status == 200, address
    page.wait_for_timeout(300)


def test_from_a_finding_to_an_evidence_sheet_and_a_command_to_the_station(page: Page, password: str):
    seals.seal_days(timezone.localdate())
    health.look()
    findings.look()
    sign_in(page, "shuiliju", password)
    found = Finding.objects.filter(kind="too_little").first() or Finding.objects.earliest("pk")
    opens(page, reverse("metering"))
    picture(page, "metering")
    opens(page, reverse("finding-list"))
    page.click(f"main a[href='{reverse('finding', args=[found.pk])}']")
    expect(page.locator("main")).to_contain_text("条款")
    picture(page, "finding")

    link = StationLink.objects.filter(station__protocol="sl651").earliest("pk")
    page.goto(reverse("intake-evidence", args=[link.intake_id]))
    page.fill("[name=reason]", "核对上月取水量")
    page.click("main form button.btn-primary")
    page.wait_for_url(re.compile(r"/evidence/\d+/"))
    expect(page.locator("main")).to_contain_text("SHA-256")
    picture(page, "evidence")

    page.goto(reverse("station-command", args=[link.station_id]))
    page.click("main a[href='?kind=query_now']")
    page.wait_for_url(re.compile("kind=query_now"))
    page.click("main form button.btn-primary")
    page.wait_for_url(re.compile(r"/commands/\d+/"))  # the year may follow
    page.goto(reverse("command-list"))
    expect(page.locator("main table")).to_contain_text(link.station.name)
    opens(page, reverse("station-health", args=[link.station_id]))
    series = Series.objects.filter(station=link.station, quantity="register").earliest("pk")
    opens(page, reverse("series", args=[series.pk]))


def test_a_waiting_station_is_adopted_by_choosing_its_town(page: Page, password: str):
    sign_in(page, "shuiliju", password)
    keys = set(WaitingStation.objects.values_list("key", flat=True))
    page.goto(reverse("waiting-list"))
    page.locator("main a", has_text="认领").first.click()
    page.select_option("main select[name=division]", index=1)
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url(lambda url: "waiting" not in url)
    assert Station.objects.filter(key__in=keys).count() == 1


def test_nothing_scrolls_sideways_on_a_phone(page: Page, password: str):
    page.set_viewport_size(PHONE)
    sign_in(page, "zhen1", password)
    intake = metered_day().intake_id
    for address in (
        "/",
        reverse("intake-list"),
        reverse("account"),
        reverse("quota"),
        reverse("map"),
        reverse("station-list"),
        reverse("intake-account", args=[intake]),
    ):
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], address
    expect(page.locator(".phone-bar a")).to_have_count(5)


def test_search_finds_by_pinyin_initials(page: Page, password: str):
    sign_in(page, "shuiliju", password)
    page.fill(".topbar-search input", "ys")
    expect(page.locator("#found li").first).to_be_visible()
