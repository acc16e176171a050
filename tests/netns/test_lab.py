"""The laboratory itself: calls pass it, what it breaks is broken, and nothing of it stays."""
import os
import socket
import time

import pytest

from tests.scenario.agent import callee_dialog
from tests.scenario.edge import SIP_PORT, Trunk

from .conftest import Node
from .lab import FarEnd, Lab
from .namespace import FOLDER, Namespace

REQUEST = b"OPTIONS sip:test SIP/2.0\r\n\r\n"


def udp(namespace: Namespace, address: str, interface: str = "") -> socket.socket:
    bound = namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if interface:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    try:
        bound.bind((address, SIP_PORT))
    except OSError:
        bound.close()
        raise
    bound.settimeout(2)
    return bound


def passes(sender: socket.socket, receiver: socket.socket) -> None:
    sender.sendto(REQUEST, receiver.getsockname())
    assert receiver.recvfrom(100) == (REQUEST, sender.getsockname())


def test_call_passes_through_the_edge_by_the_right_interface(lab: Lab, node: Node) -> None:
    core, zone1, zone2 = lab.add("core0"), lab.add("zone1"), lab.add("zone2")
    edge = node(core, [zone1, zone2], Trunk("lab"))
    caller, far_end = edge.caller(), edge.leg("lab", 0)
    with lab.capture() as capture:
        invite = caller.invite(edge["lab"].number)
        arrived = far_end.wait("INVITE")
        answered = far_end.respond(arrived, 200)
        caller.ack(invite, caller.wait(200))
        far_end.wait("ACK")
        far_end.send_in_dialog("BYE", callee_dialog(arrived, answered, edge.address))
        caller.respond(caller.wait("BYE"), 200)
        far_end.wait(200)
        seen = capture.seen("INVITE")
        assert [(each.interface, each.is_outgoing) for each in seen] == [("core0", False), ("zone1", True)]
        assert (seen[0].source, seen[0].destination) == (caller.address, edge.address)
        assert seen[1].destination == far_end.address
        assert seen[0].at <= seen[1].at
    assert edge.calls("lab") == 0


def test_capture_of_one_interface_sees_no_other(lab: Lab) -> None:
    zone0, zone1 = lab.add("zone0"), lab.add("zone1")
    with lab.capture("zone1") as capture, udp(lab.edge, "0.0.0.0") as edge:
        for zone in (zone0, zone1):
            with udp(zone.machine, zone.address) as far:
                edge.sendto(REQUEST, far.getsockname())
                far.recv(100)
        assert [(each.interface, each.destination[0]) for each in capture.seen()] == [("zone1", zone1.address)]


@pytest.mark.parametrize("direction", ["in", "out", "both"])
def test_black_hole_swallows_its_direction_alone_until_cleared(lab: Lab, direction: str) -> None:
    zone = lab.add("zone0")
    with udp(lab.edge, zone.edge_address) as edge, udp(zone.machine, zone.address) as far:
        for sender, receiver, way in ((far, edge, "in"), (edge, far, "out")):
            zone.blackhole(direction)       # type: ignore[arg-type]
            sender.sendto(REQUEST, receiver.getsockname())
            zone.clear()
            if direction in (way, "both"):
                sender.sendto(b"after it", receiver.getsockname())
                assert receiver.recv(100) == b"after it"
            else:
                assert receiver.recv(100) == REQUEST


def flags(zone: FarEnd) -> list[str]:
    return zone.edge.ip("link", "show", zone.interface).partition("<")[2].partition(">")[0].split(",")


def test_links_carriers_and_addresses_go_and_come(lab: Lab) -> None:
    zone = lab.add("zone0")
    zone.link_down()
    assert "UP" not in flags(zone)
    zone.link_up()
    zone.carrier_off()
    assert "NO-CARRIER" in flags(zone)
    zone.carrier_on()
    assert "LOWER_UP" in flags(zone)
    zone.remove_address()
    with pytest.raises(OSError), udp(lab.edge, zone.edge_address):
        pass
    zone.add_address()
    zone.disconnect()
    zone.connect()
    with udp(lab.edge, zone.edge_address) as edge, udp(zone.machine, zone.address) as far:
        passes(edge, far)


def test_asymmetric_route_leads_astray_whoever_is_not_bound_to_an_interface(lab: Lab) -> None:
    right, wrong = lab.add("zone0"), lab.add("zone1")
    lab.add_route(right, by=wrong)
    with udp(right.machine, right.address) as at_the_right, udp(wrong.machine, right.address) as at_the_wrong:
        with udp(lab.edge, right.edge_address) as unbound:
            unbound.sendto(REQUEST, (right.address, SIP_PORT))
            assert at_the_wrong.recv(100) == REQUEST
        with udp(lab.edge, right.edge_address, "zone0") as bound:
            passes(bound, at_the_right)
            passes(at_the_right, bound)


def test_capture_tells_when_it_was(lab: Lab) -> None:
    zone = lab.add("zone0")
    with lab.capture() as capture, udp(lab.edge, zone.edge_address) as edge:
        before = time.monotonic()
        edge.sendto(REQUEST, (zone.address, SIP_PORT))
        assert before <= capture.wait("OPTIONS", lambda sighting: sighting.is_outgoing).at <= time.monotonic()


def test_nothing_of_a_laboratory_stays_when_it_fails(lab: Lab) -> None:
    lab.add("zone0")
    with pytest.raises(AssertionError, match="name"):
        lab.add("a-name-too-long-for-an-interface")
    lab.__exit__(None, None, None)
    assert not [place for place in FOLDER.iterdir() if place.name.startswith(f"hasip-{os.getpid()}-")]
