"""Calls that are up while their zone comes and goes: they never move, and what is asked inside them finds a way as long as there is one."""
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.scenario.agent import Agent, Dialog, callee_dialog, caller_dialog
from tests.scenario.edge import SIP_PORT, Trunk
from tests.scenario.message import Message

from .capture import Capture
from .conftest import Node
from .edge import LabEdge
from .far_zone import FarZone
from .lab import FarEnd, Lab
from .zones import SWIFT, ZoneCore, ZoneTrunk, place_call

NUMBER = "+4930123456"
REQUESTS = ["INVITE", "BYE"]
DIRECTIONS = ["to a trunk's zone", "to a core's zone", "from a trunk's zone", "from a core's zone"]

Failure = Callable[[FarEnd], None]
FAILURES: dict[str, Failure] = {"carrier": FarEnd.carrier_off, "blackhole": FarEnd.blackhole}


@dataclass(slots=True)
class Side:
    """A side of a call that tests speak for."""

    agent: Agent | FarZone
    dialog: Dialog

    def send(self, method: str) -> Message:
        return self.agent.send_in_dialog(method, self.dialog)

    def ask(self, method: str) -> Message:
        """Send a request, acknowledge where it is due, and return its final response."""
        sent = self.send(method)
        final = self.agent.wait(lambda each: each.status >= 200 and each.cseq == sent.cseq, call_id=sent.call_id)
        if method == "INVITE":
            self.send("ACK")
        return final


class Scene:
    """A node with two zones, and calls of the first in one direction."""

    def __init__(self, lab: Lab, node: Node, direction: str) -> None:
        self.lab = lab
        self.direction = direction
        core0, customer = lab.add("core0"), lab.add("customer")
        self.ends = [lab.add("zone1"), lab.add("zone2")]
        settings = {"intra_region": "priority"}
        allowed = {end.interface: {"allow": [end.address]} for end in self.ends}
        if direction.endswith("a core's zone"):
            acme = Trunk("acme", "only_primary", secondary="", settings={"core": "carrier"})
            self.edge: LabEdge = node(core0, [customer, customer], acme, cores=[ZoneCore("carrier", "2t", [self.ends], settings, allowed)],
                                      tables={"health": SWIFT})
            self.owner, self.number = "core:carrier", NUMBER if direction.startswith("to") else acme.number
            self.near = self.edge.leg("acme", 0)
        else:
            trunk = ZoneTrunk("globex", regions=[self.ends], settings=settings, zone_settings=allowed)
            self.edge = node(core0, [customer, customer], trunk, tables={"health": SWIFT})
            self.owner, self.number = "globex", trunk.number if direction.startswith("to") else NUMBER
            self.near = self.edge.core()
        self.zones = [self.edge.far_zone(end) for end in self.ends]
        for end in self.ends:
            self.wait(end, "up")

    def wait(self, end: FarEnd, state: str) -> None:
        self.edge.wait_zone(f"{self.owner}/{end.interface}", state)

    def call(self) -> tuple[Side, Side]:
        """Set up a call of zone1; return the other side, in the core or a customer of it, and the zone's."""
        return self._call_from_zone() if self.direction.startswith("from") else self._call_to_zone()

    def _call_to_zone(self) -> tuple[Side, Side]:
        call = place_call(self.near, self.number)
        assert call.far_address == self.ends[0].address
        arrived = self.zones[0].wait("INVITE", call.invite.call_id)
        self.zones[0].wait("ACK", call.invite.call_id)
        return Side(self.near, call.dialog), Side(self.zones[0], callee_dialog(arrived, call.answer, self.edge.address))

    def _call_from_zone(self) -> tuple[Side, Side]:
        agent, entrance = self.zones[0].agent, (self.ends[0].edge_address, SIP_PORT)
        invite = agent.send(agent.build("INVITE", f"sip:{self.number}@{entrance[0]}"), entrance)
        arrived = self.near.wait("INVITE", call_id=invite.call_id)
        answer = self.near.respond(arrived, 200)
        zone = Side(self.zones[0], caller_dialog(invite, self.zones[0].wait(200, invite.call_id), entrance))
        zone.send("ACK")
        self.near.wait("ACK", call_id=invite.call_id)
        return Side(self.near, callee_dialog(arrived, answer, self.edge.address)), zone


@pytest.fixture(params=DIRECTIONS)
def scene(lab: Lab, node: Node, request: pytest.FixtureRequest) -> Scene:
    return Scene(lab, node, request.param)


def ways(capture: Capture, end: FarEnd, call_id: str) -> set[str]:
    """Return the interfaces by which requests of a call left for a far end."""
    return {each.interface for each in capture.seen() if each.is_outgoing and each.destination[0] == end.address
            and call_id.encode() in each.datagram and not each.datagram.startswith(b"SIP/2.0")}


def hear(agent: Agent, method: str, call_id: str) -> None:
    """Answer a request that arrives at an agent that does not live by itself."""
    agent.respond(agent.wait(method, call_id=call_id), 200)


def test_requests_of_both_sides_take_the_interface_of_the_calls_zone_however_routes_lead(scene: Scene) -> None:
    near, far = scene.call()
    scene.lab.add_route(scene.ends[0], by=scene.ends[1])
    with scene.lab.capture() as capture:
        assert near.ask("INVITE").status == 200
        sent = far.send("INVITE")
        hear(scene.near, "INVITE", sent.call_id)
        scene.zones[0].wait(lambda each: each.status == 200 and each.cseq == sent.cseq, sent.call_id)
        far.send("ACK")
        scene.near.wait("ACK", call_id=sent.call_id)
        assert near.ask("BYE").status == 200
        assert ways(capture, scene.ends[0], sent.call_id) == {"zone1"}
        arrivals = {each.interface for each in capture.seen() if not each.is_outgoing and each.source[0] == scene.ends[0].address}
        assert arrivals == {"zone1"}


@pytest.mark.parametrize("trouble", ["drained", "503"])
def test_call_stays_at_a_zone_that_gets_no_new_ones_and_still_answers(scene: Scene, trouble: str) -> None:
    near, _ = scene.call()
    if trouble == "drained":
        scene.edge.zone_command("drain", f"{scene.owner}/zone1")
    else:
        scene.zones[0].probe_status = 503
        scene.wait(scene.ends[0], "down")
    with scene.lab.capture() as capture:
        for method in REQUESTS:
            assert near.ask(method).status == 200
            scene.zones[0].wait(method, near.dialog.call_id)
        assert ways(capture, scene.ends[0], near.dialog.call_id) == {"zone1"}
    assert scene.zones[1].count(lambda each: True, near.dialog.call_id) == 0


@pytest.mark.parametrize("failure", FAILURES)
def test_requests_for_a_dead_zone_reach_it_by_the_zone_beside_it(scene: Scene, failure: str) -> None:
    near, _ = scene.call()
    scene.ends[0].connect_behind(scene.ends[1])
    FAILURES[failure](scene.ends[0])
    scene.wait(scene.ends[0], "down")
    with scene.lab.capture() as capture:
        for method in REQUESTS:
            assert near.ask(method).status == 200
            scene.zones[0].wait(method, near.dialog.call_id)
        assert ways(capture, scene.ends[0], near.dialog.call_id) == {"zone2"}
    assert scene.zones[1].count(lambda each: True, near.dialog.call_id) == 0
    assert scene.edge.ask("status")["calls"] == 0


def test_a_request_that_left_before_the_zone_was_found_dead_goes_round_when_it_is_sent_again(scene: Scene) -> None:
    near, _ = scene.call()
    scene.ends[0].connect_behind(scene.ends[1])
    scene.ends[0].blackhole()
    assert near.ask("BYE").status == 200
    assert scene.zones[0].count("BYE", near.dialog.call_id) == 1


def test_calls_take_their_own_interface_again_once_the_zone_is_back(scene: Scene) -> None:
    near, _ = scene.call()
    scene.ends[0].connect_behind(scene.ends[1])
    scene.ends[0].blackhole()
    scene.wait(scene.ends[0], "down")
    assert near.ask("INVITE").status == 200
    scene.ends[0].clear()
    scene.wait(scene.ends[0], "up")
    with scene.lab.capture() as capture:
        for method in REQUESTS:
            assert near.ask(method).status == 200
        assert ways(capture, scene.ends[0], near.dialog.call_id) == {"zone1"}


def test_after_kill_9_a_zone_ends_its_call(scene: Scene) -> None:
    _, far = scene.call()
    scene.edge.kill()
    scene.edge.start()
    with scene.lab.capture() as capture:
        sent = far.send("BYE")
        hear(scene.near, "BYE", sent.call_id)
        scene.zones[0].wait(lambda each: each.status == 200 and each.cseq == sent.cseq, sent.call_id)
        answers = [each for each in capture.seen() if each.is_outgoing and each.destination[0] == scene.ends[0].address and sent.call_id.encode() in each.datagram]
        assert {each.interface for each in answers} == {"zone1"}
    assert scene.edge.ask("status")["calls"] == 0
