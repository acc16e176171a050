"""Fixtures: a PostgreSQL for the session, an empty store for each test."""
from collections.abc import Iterator
from pathlib import Path

import pytest

from .postgresql import PROGRAMS, Postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    if PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed: tools/need-packages test")
    cluster = Postgresql()
    yield cluster
    cluster.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/hasip.db"
    cluster: Postgresql = request.getfixturevalue("postgresql")
    return cluster.new_database()
