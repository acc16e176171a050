"""A real browser: Debian's Chromium, driven by Playwright, and axe-core to look at pages as people who can't see them do."""
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.patience import PATIENCE_S

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

expect.set_options(timeout=PATIENCE_S * 1000)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium, without a window, until the block ends."""
    path = shutil.which("chromium")
    assert path, "chromium is missing: tools/need-packages test"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened_page(browser: Browser, **looks: Any) -> Iterator[Page]:
    """Open a page for somebody new; an error of its own scripts fails the test."""
    context = browser.new_context(**looks)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong, a line each."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}).response["violations"]
    return [f"{each['id']}: {each['help']}: {' '.join(str(node['target']) for node in each['nodes'])}" for each in found]


def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide
