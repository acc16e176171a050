"""Snapshots: worlds built off-line, with exactly the room that was announced."""
import ipaddress

import pytest

from tests import _routing_world

ADDRESS = ipaddress.ip_address("2001:db8::1").packed


@pytest.mark.parametrize("room", [(0, 0, 0), (1, 1, 1), (3, 1000, 7)])
def test_a_new_world_is_empty_and_has_room(room):
    snapshot = _routing_world.Snapshot(*room)
    assert snapshot.is_empty() and snapshot.room() == room
    assert snapshot.finds(ADDRESS, b"100") == (False, False)


def test_a_world_finds_what_was_put_into_it_and_takes_no_more():
    snapshot = _routing_world.Snapshot(1, 2, 1)
    assert snapshot.add_network(ADDRESS, 64) and not snapshot.add_network(ADDRESS, 32)
    assert snapshot.add_number(b"100", 0) and snapshot.add_number(b"101", 0) and not snapshot.add_number(b"102", 0)
    assert not snapshot.is_empty()
    assert snapshot.finds(ADDRESS, b"101") == (True, True) and snapshot.finds(ADDRESS, b"102") == (True, False)


def test_worlds_come_and_go_without_touching_each_other():
    kept = _routing_world.Snapshot(1, 1, 1)
    assert kept.add_number(b"1", 0)
    for _ in range(100):
        assert _routing_world.Snapshot(10, 10, 10).add_number(b"2", 0)
    assert kept.finds(ADDRESS, b"1") == (False, True) and kept.finds(ADDRESS, b"2") == (False, False)
