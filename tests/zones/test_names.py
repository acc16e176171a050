"""Zones by name, and by transports and families: where they are probed. (spec §8)"""
from collections.abc import Callable

from hasip.bridge.publish import ANY_SEAT
from hasip.domain.node import Transport
from hasip.domain.trunk import Target, Trunk, Zone
from tests.machine import link
from tests.zones.machine import FIRST_PROBE_S, SEAT, ZONE_A, ZONE_B, B, Machine, trunk


def named(interface: str = "", transport: Transport = "udp") -> Trunk:
    return trunk(Zone("sg-a", Target("a.example", 0, transport), interface=interface), Zone("sg-b", B, interface=interface))


def test_a_zone_by_a_name_is_probed_where_the_name_leads(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.addresses["a.example"] = ["203.0.113.77", "203.0.113.78"]
    machine.serve(named())
    assert [(account, host) for account, _, _, host, _ in machine.probed(FIRST_PROBE_S + 0.1)] == [(ZONE_A, "203.0.113.77"), (ZONE_B, B.host)]


def test_a_name_without_an_address_fails_its_probes(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.serve(named())
    for at_s in (5.1, 6.3, 7.5):
        machine.probed(at_s)
    assert (machine.state(), machine.router.standing[ZONE_A]) == ("down", (100, False, ANY_SEAT))
    assert "its name has no address" in machine.status()["cause"]


def test_a_name_without_an_address_has_no_way_by_its_interface_until_it_has_one(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.links.current = {"eth1": link("eth1", 7, "192.0.2.1/24")}
    machine.serve(named("eth1"))
    assert (machine.ways, machine.state()) == ({"sg-a": None, "sg-b": SEAT}, "down")
    assert "its name has no address" in machine.status()["cause"]
    machine.addresses["a.example"] = ["203.0.113.77"]
    machine.publish()                                   # as the App does when a name leads elsewhere
    assert (machine.ways["sg-a"], [account for account, *_ in machine.probed(0.2)]) == (SEAT, [ZONE_A])


def test_a_zone_of_a_family_without_a_listener_is_reached_by_nobody(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.serve(trunk(Zone("sg-a", Target("2001:db8::1", 5060)), Zone("sg-b", B)))
    machine.probed(FIRST_PROBE_S + 0.1)
    assert "no listener of ours reaches it" in machine.status()["cause"]


def test_a_zone_by_tls_is_probed_from_the_nodes_place_for_it(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.serve(trunk(Zone("sg-a", Target("203.0.113.11", 5061, "tls")), Zone("sg-b", B)))
    (_, _, listener, _, _), _ = machine.probed(FIRST_PROBE_S + 0.1)
    assert machine.node.seats[listener].transport == "tls"
