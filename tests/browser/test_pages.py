"""Every page, from plain views, in a browser: accessible, light and dark, and no wider than a phone."""
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from hasip.console.assets import CONTENT_TYPES, asset
from hasip.console.pages import render
from tests.console import sample

from .browser import opened_page, overflow, violations

PAGES = sample.pages()
LOOKS = {"light": {"color_scheme": "light"}, "dark": {"color_scheme": "dark"}, "phone": {"viewport": {"width": 360, "height": 740}}}
POLICY = "default-src 'self'; frame-ancestors 'none'"


@pytest.fixture(scope="module", params=LOOKS)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page as one kind of reader has it; what the policy refuses or a script raises fails the test."""
    with opened_page(browser, **({"viewport": {"width": 1280, "height": 800}} | LOOKS[request.param])) as page:
        page.route("**/*", answer)
        yield page


def answer(route: Route) -> None:
    """Play the node."""
    name = route.request.url.partition("?")[0].rsplit("/", 1)[1]
    if name in CONTENT_TYPES:
        route.fulfill(body=asset(name), content_type=CONTENT_TYPES[name])
    elif name == "live":
        route.fulfill(body=": nothing\n\n", content_type="text/event-stream")
    else:
        route.fulfill(body=render(**PAGES[name]), content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong_with_a_page_and_nothing_sticks_out(page, name):
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://console.test/{name}")
    assert violations(page) == []
    assert overflow(page) <= 0
    assert complaints == []


def test_fields_of_the_other_authentication_mode_are_out_of_the_way(page):
    page.goto("http://console.test/secondary")
    assert page.get_by_label("Address of the phone system").is_visible()
    assert not page.get_by_label("User name", exact=True).is_visible()
    page.get_by_label("User name and password").check()
    assert not page.get_by_label("Address of the phone system").is_visible()
    assert page.get_by_label("User name", exact=True).is_visible()


def test_the_keyboard_alone_reaches_the_modes_and_chooses_one(page):
    page.goto("http://console.test/availability")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.get_by_role("radio", name="Automatic failover").focus()
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("radio", name="Load balancing").is_checked()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Use the chosen mode"
