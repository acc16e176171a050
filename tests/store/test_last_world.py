"""The last world known, in a file."""
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from hasip.domain.trunk import Provisioning
from hasip.store import World, read_last_world, write_last_world
from hasip.store.last_world import FILE_NAME

from .worlds import office, provisionings, world

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(provisionings())
def test_what_was_kept_comes_back(tmp_path: Path, provisioning: Provisioning) -> None:
    kept = World(7, "edge.test", provisioning, NOW)
    write_last_world(tmp_path, kept)
    assert read_last_world(tmp_path) == kept


def test_none_was_kept(tmp_path: Path) -> None:
    assert read_last_world(tmp_path) is None


def test_it_is_replaced_whole_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    for calls in (1, 2):
        write_last_world(tmp_path, World(calls, "", world(office(calls=calls))))
    assert [(file.name, file.stat().st_mode & 0o777) for file in tmp_path.iterdir()] == [(FILE_NAME, 0o600)]
    kept = read_last_world(tmp_path)
    assert kept and kept.provisioning.trunks[0].calls == 2


@pytest.mark.parametrize("damage", [lambda text: "", lambda text: text[:-40], lambda text: text.replace('"revision": "', '"revision": "9'), lambda text: text.replace("[", "]")])
def test_a_file_that_cannot_be_understood_is_as_good_as_none(tmp_path: Path, damage: object) -> None:
    write_last_world(tmp_path, replace(World(1, "", world(office()))))
    file = tmp_path / FILE_NAME
    file.write_text(damage(file.read_text()))        # type: ignore[operator]
    assert read_last_world(tmp_path) is None
