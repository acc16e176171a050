"""Fixtures: a Chromium for each module. Playwright keeps a loop running in this thread as long as one lives, so none may outlive its module."""
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from .browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run Chromium, without a window."""
    with chromium() as running:
        yield running
