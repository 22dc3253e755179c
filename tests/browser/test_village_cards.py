"""Village cards on paper and in two scripts; the public page on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from liangshui.core.access import SYSTEM
from liangshui.portal import services
from liangshui.registry.models import Division
from tests.browser.conftest import picture, sign_in
from tests.people import PASSWORD, World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAMPLE = "ᠮᠣᠩᠭᠣᠯ"
"""A word of the script, to see it drawn; no translation of what stands beside it."""


@pytest.fixture
def world(transactional_db) -> World:
    made = World()
    for number in range(2, 5):
        Division.objects.create(code=f"98010110000{number}", name=f"甲{number}村", level="village", parent=made.a.town)
    return made


def test_mongolian_stands_upright_in_the_kept_font(page: Page, world: World):
    services.translate(SYSTEM, {"left": SAMPLE, "used so far": SAMPLE, f"division:{world.a.village.code}": SAMPLE})
    sign_in(page, "a-one", PASSWORD)
    page.goto(f"/villages/{world.a.village.pk}/")
    words = page.locator(".mongolian")
    expect(words).to_have_count(3)
    assert words.first.evaluate("e => getComputedStyle(e).writingMode") == "vertical-lr"
    box = words.first.bounding_box()
    assert box and box["height"] > box["width"]
    page.wait_for_function("document.fonts.check('14px \"Noto Sans Mongolian\"', '\u182e\u1823\u1829')")
    loaded = page.evaluate("[...document.fonts].some(f => f.family.includes('Mongolian') && f.status === 'loaded')")
    assert loaded
    picture(page, "village-card")


def test_a_card_is_one_sheet_and_a_town_prints_all_its_own(page: Page, world: World):
    sign_in(page, "a-one", PASSWORD)
    page.goto(f"/villages/{world.a.village.pk}/")
    assert pages(page) == 1
    page.goto(f"/villages/town/{world.a.town.pk}/")
    expect(page.locator(".village-sheet")).to_have_count(4)
    assert pages(page) == 4


def pages(page: Page) -> int:
    """Sheets of A4 that a page prints on."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


def test_the_public_page_on_a_phone(page: Page, world: World):
    services.publish(
        SYSTEM, world.county, office="测试旗水利局", phone="0477-0000000", name=True, purpose=True, permit=True
    )
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/w/{world.a.code}/")
    expect(page.locator("h1")).to_have_text("甲机井")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("summary")
    picture(page, "public-well")
    page.fill("textarea", "水流到路上")
    page.wait_for_timeout(3200)  # sent faster than that, it is a robot's
    page.click("details button")
    expect(page.locator(".done")).to_contain_text("回执号")
    assert page.context.cookies() == []
