"""A real Chromium on a real server over the small demo banner."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def browser() -> Browser:
    """A browser for one test: while it is open its event loop runs in this thread, and no other test may own one."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live_server) -> Page:
    """A page at desk width; errors in the page's scripts and requests to other hosts fail the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", base_url=live_server.url)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "request", lambda r: None if r.url.startswith((live_server.url, "data:", "blob:")) else faults.append(r.url)
    )
    yield opened
    context.close()
    assert faults == []


def sign_in(page: Page, username: str, password: str) -> None:
    page.goto("/sign-in/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.click("main button")
    page.wait_for_url(lambda url: "sign-in" not in url)


def picture(page: Page, name: str) -> None:
    """Keep a picture for the guide, when asked to (LIANGSHUI_PICTURES=1)."""
    if os.environ.get("LIANGSHUI_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        page.wait_for_timeout(1200)  # charts draw themselves
        page.screenshot(path=PICTURES / f"{name}.png")
