"""Fixtures: a console over a store, as different people see it."""
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from .house import House, sign_in


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    """A browser without anybody signed in."""
    with house.open() as opened:
        yield opened


@pytest.fixture
def carol(client: TestClient) -> TestClient:
    """The customer of acme and globex."""
    sign_in(client, "carol")
    return client


@pytest.fixture
def ada(client: TestClient) -> TestClient:
    """The operator."""
    sign_in(client, "ada")
    return client
