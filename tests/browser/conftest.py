"""Fixtures: one Chromium for all tests."""
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from .browser import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run Chromium, without a window."""
    with chromium() as running:
        yield running
