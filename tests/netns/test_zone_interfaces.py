"""Where probes and calls of a zone leave: by its interface, from its address, over whatever becomes of the interface."""
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.scenario.agent import Agent
from tests.scenario.edge import SIP_PORT, Trunk

from .capture import Capture, Sighting
from .conftest import Node
from .edge import LabEdge
from .lab import FarEnd, Lab
from .zones import SWIFT, ZoneCore, ZoneTrunk, place_call, shares, who_answers

DIRECTIONS = ["trunk", "core"]
NUMBER = "+4930123456"
PROBES = 3
OTHER_SOURCE = "10.77.1.9"          # on zone1, beside its first address


@dataclass(slots=True)
class Scene:
    """A node with two zones, zone1 and zone2, of a trunk or of a core, and who calls them."""

    edge: LabEdge
    caller: Agent
    number: str
    owner: str

    def zone(self, end: FarEnd) -> str:
        """Return a zone's name, as the node says it."""
        return f"{self.owner}/{end.interface}"

    def wait(self, end: FarEnd, state: str, cause: str = "") -> None:
        self.edge.wait_zone(self.zone(end), state, holds=lambda zone: cause in zone["cause"])

    def call_all(self, ends: list[FarEnd]) -> None:
        """Place calls until each of these zones had some."""
        assert shares(self.caller, self.number, 2 * len(ends)).keys() == {end.address for end in ends}


Stage = Callable[..., Scene]


@pytest.fixture
def stage(lab: Lab, node: Node) -> Stage:
    """Start a node with the zones of a direction behind these far ends."""
    def start(direction: str, ends: list[FarEnd], zone_settings: dict[str, dict[str, Any]] | None = None, **options: Any) -> Scene:
        core, customer = lab.add("core0"), lab.add("customer")
        if direction == "trunk":
            edge = node(core, [customer, customer], ZoneTrunk("globex", regions=[ends], zone_settings=zone_settings or {}),
                        tables={"health": SWIFT}, **options)
            return Scene(edge, edge.caller(), edge["globex"].number, "globex")
        edge = node(core, [customer, customer], Trunk("acme", "only_primary", secondary="", settings={"core": "carrier"}),
                    cores=[ZoneCore("carrier", "2t", [ends], zone_settings=zone_settings or {})], tables={"health": SWIFT}, **options)
        return Scene(edge, edge.leg("acme", 0), NUMBER, "core:carrier")

    return start


@pytest.fixture
def ends(lab: Lab) -> list[FarEnd]:
    """Two far ends, with numbers and addresses of their own."""
    lab.add("unused")               # number 0 is the core's wherever there is one
    return [lab.add("zone1"), lab.add("zone2")]


def left_for(capture: Capture, end: FarEnd) -> list[Sighting]:
    """Return what left the edge for a far end, by whatever interface."""
    return [each for each in capture.seen() if each.is_outgoing and each.destination[0] == end.address]


def wait_probes(capture: Capture, end: FarEnd, interface: str = "") -> None:
    """Wait until so many probes left for a far end since the capture began."""
    branches: set[bytes] = set()

    def is_enough(sighting: Sighting) -> bool:
        if sighting.is_outgoing and sighting.destination[0] == end.address and sighting.interface == (interface or end.interface):
            branches.add(sighting.datagram.partition(b"branch=")[2].partition(b"\r\n")[0])
        return len(branches) >= PROBES

    capture.wait("OPTIONS", is_enough)


@pytest.mark.parametrize("route", ["symmetric", "asymmetric"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_all_that_leaves_for_a_zone_leaves_by_its_interface_from_its_nearest_address(
        lab: Lab, stage: Stage, ends: list[FarEnd], direction: str, route: str) -> None:
    if route == "asymmetric":
        lab.add_route(ends[0], by=ends[1])
    scene = stage(direction, ends)
    for end in ends:
        scene.edge.far_zone(end)
        scene.wait(end, "up")
    with lab.capture() as capture:
        for end in ends:
            wait_probes(capture, end)
        scene.call_all(ends)
        for end in ends:
            left = left_for(capture, end)
            assert {each.datagram.split()[0] for each in left} == {b"OPTIONS", b"INVITE", b"ACK", b"BYE"}
            assert {(each.interface, each.source) for each in left} == {(end.interface, (end.edge_address, SIP_PORT))}


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_all_that_leaves_for_a_zone_has_its_configured_source(lab: Lab, stage: Stage, ends: list[FarEnd], direction: str) -> None:
    lab.edge.ip("address", "add", f"{OTHER_SOURCE}/24", "dev", "zone1")
    lab.add_route(ends[0], by=ends[1])
    scene = stage(direction, ends, {"zone1": {"source": OTHER_SOURCE}})
    for end in ends:
        scene.edge.far_zone(end)
        scene.wait(end, "up")
    with lab.capture() as capture:
        wait_probes(capture, ends[0])
        scene.call_all(ends)
        for end, source in zip(ends, (OTHER_SOURCE, ends[1].edge_address), strict=True):
            assert {(each.interface, each.source[0]) for each in left_for(capture, end)} == {(end.interface, source)}


@pytest.mark.parametrize("source", [None, OTHER_SOURCE])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_connection_to_a_zone_over_tcp_leaves_by_its_interface_from_its_source(
        lab: Lab, stage: Stage, ends: list[FarEnd], direction: str, source: str | None) -> None:
    lab.edge.ip("address", "add", f"{OTHER_SOURCE}/24", "dev", "zone1")
    lab.add_route(ends[0], by=ends[1])
    scene = stage(direction, ends, {"": {"transport": "tcp"}, "zone1": {"transport": "tcp", "source": source}}, streams=True)
    far_zones = [scene.edge.far_zone(end, "tcp") for end in ends]
    for end in ends:
        scene.wait(end, "up")
    scene.call_all(ends)
    for zone, expected in zip(far_zones, (source or ends[0].edge_address, ends[1].edge_address), strict=True):
        assert {message.source[0] for message in [*zone.heard, *zone.probes]} == {expected}
        assert {message.method for message in zone.heard} == {"INVITE", "ACK", "BYE"}


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_interface_that_appears_after_the_start_makes_its_zone_up_and_it_gets_calls(
        lab: Lab, stage: Stage, ends: list[FarEnd], direction: str) -> None:
    late, present = ends
    late.disconnect()
    scene = stage(direction, ends)
    scene.edge.far_zone(present)
    scene.wait(present, "up")
    scene.wait(late, "down", "interface zone1 does not exist")
    assert who_answers(scene.caller, scene.number, 2) == [present.address] * 2
    with lab.capture() as capture:
        late.connect()
        scene.edge.far_zone(late)
        scene.wait(late, "up")
        scene.call_all(ends)
        assert {(each.interface, each.source[0]) for each in left_for(capture, late)} == {("zone1", late.edge_address)}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_zone_whose_interface_was_deleted_comes_back_with_the_next_one_of_its_name(
        lab: Lab, stage: Stage, ends: list[FarEnd], direction: str, transport: str) -> None:
    scene = stage(direction, ends, {"": {"transport": transport}}, streams=transport == "tcp")
    for end in ends:
        scene.edge.far_zone(end, transport)
        scene.wait(end, "up")
    scene.call_all(ends)
    ends[0].disconnect()
    scene.wait(ends[0], "down", "interface zone1 does not exist")
    assert who_answers(scene.caller, scene.number, 2) == [ends[1].address] * 2
    ends[0].reconnect()
    scene.wait(ends[0], "up")
    scene.call_all(ends)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_zone_is_reached_by_the_new_interface_when_it_was_replaced_in_no_time(
        lab: Lab, stage: Stage, ends: list[FarEnd], direction: str) -> None:
    scene = stage(direction, ends)
    for end in ends:
        scene.edge.far_zone(end)
        scene.wait(end, "up")
    calls = [place_call(scene.caller, scene.number) for _ in ends]
    lab.add_route(ends[0], by=ends[1])
    with lab.capture() as capture:
        ends[0].disconnect()
        ends[0].reconnect()
        wait_probes(capture, ends[0])
        scene.wait(ends[0], "up")
        scene.call_all(ends)
        for call in calls:
            call.end()
        assert {(each.interface, each.source[0]) for each in left_for(capture, ends[0])} == {("zone1", ends[0].edge_address)}
