"""Interfaces, their carriers and addresses, and the seats of zones on them. (spec §8)"""
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from hasip.bridge.publish import ANY_SEAT
from tests.machine import link
from tests.zones.machine import FIRST_PROBE_S, SEAT, ZONE_A, ZONE_B, Machine, pair, trunk


@pytest.fixture
def linked(make_machine: Callable[[], Machine]) -> Machine:
    """A trunk whose zones are reached by eth1."""
    machine = make_machine()
    machine.links.current = {"eth1": link("eth1", 7, "192.0.2.1/24")}
    machine.serve(trunk(*pair("eth1")))
    return machine


def test_zones_on_an_interface_have_a_seat_there(linked: Machine) -> None:
    assert linked.router.added == [("udp", "192.0.2.1", 5060, "eth1")]
    assert linked.ways == {"sg-a": SEAT, "sg-b": SEAT}
    assert linked.router.standing == {ZONE_A: (0, False, SEAT), ZONE_B: (0, False, SEAT)}
    assert {listener for _, _, listener, *_ in linked.probed(FIRST_PROBE_S + 0.1)} == {SEAT}


def test_a_source_of_the_zones_own_is_its_seat(linked: Machine) -> None:
    linked.set_link("eth1", "192.0.2.1/24", "192.0.2.2/24")
    linked.serve(trunk(pair("eth1")[0], pair("eth1", source=ip_address("192.0.2.2"))[1]))
    assert linked.ways == {"sg-a": SEAT, "sg-b": SEAT + 1}


def test_a_lost_carrier_is_down_at_once_and_the_seat_stays(linked: Machine) -> None:
    linked.set_link("eth1", "192.0.2.1/24", has_carrier=False)
    assert linked.router.standing == {ZONE_A: (100, False, SEAT), ZONE_B: (100, False, SEAT)}
    assert "eth1 has no carrier" in linked.status()["cause"]
    assert linked.router.moved == [ZONE_A, ZONE_B]
    assert (linked.published, linked.probed(60.0)) == (1, [])


def test_a_link_that_is_back_is_probed_at_once_and_probes_decide(linked: Machine) -> None:
    linked.set_link("eth1", "192.0.2.1/24", has_carrier=False)
    linked.loop.go_to(20.0)
    linked.set_link("eth1", "192.0.2.1/24")
    assert linked.state() == "down"
    for at_s in (20.1, 25.2, 30.4):
        assert len(linked.probed(at_s)) == 2
        linked.answer()
    assert linked.state() == "recovering"
    assert linked.router.standing[ZONE_A][0] == 90


def test_a_probe_in_flight_over_a_lost_link_says_nothing_afterwards(linked: Machine) -> None:
    linked.probed(FIRST_PROBE_S + 0.1)
    serial = linked.router.probes[0][1]
    linked.set_link("eth1", "192.0.2.1/24", has_carrier=False)
    failed = linked.status()["probe"]["failed"]
    linked.hear("probe_refused", ZONE_A, serial)
    assert linked.status()["probe"]["failed"] == failed


def test_an_address_that_goes_is_no_way_out_and_is_published(linked: Machine) -> None:
    linked.set_link("eth1")
    assert (linked.published, linked.ways) == (2, {"sg-a": None, "sg-b": None})
    assert linked.router.standing[ZONE_A] == (100, False, ANY_SEAT)
    assert "no IPv4 address is on eth1" in linked.status()["cause"]


def test_another_address_is_another_seat_and_is_published(linked: Machine) -> None:
    linked.set_link("eth1", "192.0.2.9/24")
    assert (linked.published, linked.ways, linked.state()) == (2, {"sg-a": SEAT + 1, "sg-b": SEAT + 1}, "up")
    assert linked.router.standing == {ZONE_A: (0, False, SEAT + 1), ZONE_B: (0, False, SEAT + 1)}


def test_an_interface_that_goes_and_comes_is_published_both_times(linked: Machine) -> None:
    linked.set_link("eth1", index=0)
    assert (linked.published, linked.ways["sg-a"], linked.state()) == (2, None, "down")
    assert "interface eth1 does not exist" in linked.status()["cause"]
    linked.set_link("eth1", "192.0.2.1/24", index=8)
    assert (linked.published, linked.ways["sg-a"]) == (3, SEAT)
    assert linked.router.renewed == [(SEAT, "192.0.2.1", 5060, "eth1")]
    assert linked.router.standing[ZONE_A] == (100, False, SEAT)


def test_news_of_another_interface_or_of_nothing_new_are_published_by_nobody(linked: Machine) -> None:
    linked.set_link("eth2", "192.0.2.77/24", index=9)
    linked.set_link("eth1", "192.0.2.1/24", "198.18.0.1/15")
    assert (linked.published, linked.state(), len(linked.zones.history())) == (1, "up", 0)


def test_a_seat_that_cannot_be_bound_is_no_way_out_and_says_why(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.links.current = {"eth1": link("eth1", 7, "192.0.2.1/24")}
    machine.router.trouble = PermissionError(1, "can't listen on 192.0.2.1:5060 on eth1")
    machine.serve(trunk(*pair("eth1")))
    assert (machine.ways, machine.state()) == ({"sg-a": None, "sg-b": None}, "down")
    assert "can't listen on 192.0.2.1:5060 on eth1" in machine.status()["cause"]


def test_a_zone_is_down_from_the_start_when_its_interface_does_not_exist(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.serve(trunk(*pair("eth1")))
    assert machine.router.standing == {ZONE_A: (100, False, ANY_SEAT), ZONE_B: (100, False, ANY_SEAT)}
    assert machine.probed(60.0) == []


def test_zones_by_any_interface_do_not_care_for_links(machine: Machine) -> None:
    machine.set_link("eth1", index=0)
    assert (machine.published, machine.state()) == (1, "up")
