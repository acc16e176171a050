"""Ways out by interfaces: what is kept, and what is looked for again. (spec §8)"""
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hasip.domain.node import Listener, Node
from hasip.domain.trunk import Target
from hasip.seats import Seats
from hasip.ways import Out, Way, Ways
from tests.machine import Links, Router, link

SEAT = 3                    # the first one behind the node's own: its listener, and places to connect from by TCP and TLS
OUT = Out(Target("203.0.113.11", 5060), "eth1", None)
NAMED = Out(Target("sg.globex.example", 5060), "eth1", None)


class Machine:
    """One interface, and a router that binds seats there."""

    def __init__(self, state_dir: Path) -> None:
        node = Node("edge", state_dir, (Listener("udp", "198.51.100.1", 5060),))
        self.router = Router(tuple(seat.port for seat in node.seats))
        self.links = Links(lambda name: None)
        self.places = {OUT.target.host: OUT.target.host}
        self.ways = Ways(self.links, Seats(node, self.router, lambda index, seat: None, lambda index: None), self.locate)     # type: ignore[arg-type]
        self.set_link(7, "192.0.2.1/24")

    def locate(self, target: Target) -> Sequence[Target]:
        host = self.places.get(target.host)
        return [replace(target, host=host)] if host else []

    def set_link(self, index: int, *addresses: str, has_carrier: bool = True) -> None:
        self.links.current = {"eth1": link("eth1", index, *addresses, has_carrier=has_carrier)}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_way_is_kept_for_as_long_as_the_link_is_the_same(machine: Machine) -> None:
    way = machine.ways.find(OUT)
    assert way == Way(SEAT)
    assert machine.ways.find(OUT) is way


def test_a_lost_carrier_is_in_the_way_and_the_seat_stays(machine: Machine) -> None:
    machine.ways.find(OUT)
    machine.set_link(7, "192.0.2.1/24", has_carrier=False)
    assert machine.ways.find(OUT) == Way(SEAT, "interface eth1 has no carrier")
    machine.set_link(7, "192.0.2.1/24")
    assert machine.ways.find(OUT) == Way(SEAT)
    assert len(machine.router.added) == 1
    assert machine.router.renewed == []


def test_another_address_of_the_link_is_another_seat(machine: Machine) -> None:
    machine.ways.find(OUT)
    machine.set_link(7, "192.0.2.2/24")
    assert machine.ways.find(OUT) == Way(SEAT + 1)


def test_a_link_made_anew_has_its_seat_bound_again_and_only_once(machine: Machine) -> None:
    machine.ways.find(OUT)
    machine.set_link(8, "192.0.2.1/24")
    assert [machine.ways.find(OUT) for _ in range(2)] == [Way(SEAT)] * 2
    assert [renewed[0] for renewed in machine.router.renewed] == [SEAT]


def test_a_way_that_has_gone_is_not_remembered_as_free(machine: Machine) -> None:
    machine.ways.find(OUT)
    machine.links.current = {}
    assert machine.ways.find(OUT) == Way(None, "interface eth1 does not exist")
    machine.set_link(7)
    assert machine.ways.find(OUT) == Way(None, "no IPv4 address is on eth1")
    machine.set_link(7, "192.0.2.1/24")
    assert machine.ways.find(OUT) == Way(SEAT)


def test_a_seat_that_could_not_be_bound_is_tried_again(machine: Machine) -> None:
    machine.router.trouble = OSError("no room")
    assert machine.ways.find(OUT) == Way(None, "no room")
    machine.router.trouble = None
    assert machine.ways.find(OUT) == Way(SEAT)


def test_a_name_that_leads_elsewhere_is_looked_at_again(machine: Machine) -> None:
    assert machine.ways.find(NAMED) == Way(None, "its name has no address")
    machine.places[NAMED.target.host] = "192.0.2.9"
    assert machine.ways.find(NAMED) == Way(SEAT)
    machine.places[NAMED.target.host] = "2001:db8::9"
    assert machine.ways.find(NAMED) == Way(None, "no IPv6 address is on eth1")


def test_ways_that_nobody_asks_for_any_more_are_forgotten(machine: Machine) -> None:
    other = OUT._replace(target=replace(OUT.target, port=5070))
    kept, forgotten = machine.ways.find(OUT), machine.ways.find(other)
    machine.ways.forget_all_but({OUT})
    assert machine.ways.find(OUT) is kept
    assert machine.ways.find(other) == forgotten
    assert machine.ways.find(other) is not forgotten
