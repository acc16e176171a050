"""Calls over IPv6, and from one address family to the other."""
import pytest

from .agent import callee_dialog, caller_dialog
from .conftest import Node
from .edge import Edge, Trunk, free_port
from .sipp import Sipp


@pytest.fixture(scope="module")
def edge(node: Node) -> Edge:
    return node(Trunk("six"), ipv6=True)


def test_call_over_ipv6_from_invite_to_bye(edge: Edge) -> None:
    caller, far_end = edge.caller(), edge.leg("six", 0)
    invite = caller.invite(edge["six"].number)
    arrived = far_end.wait("INVITE")
    assert f"[{edge.address[0]}]:{edge.address[1]}" in arrived.header("Via")
    assert f"@[{edge.address[0]}]:{edge.address[1]};lr" in arrived.header("Record-Route")
    answered = far_end.respond(arrived, 200)
    ok = caller.wait(200)
    caller.ack(invite, ok)
    far_end.wait("ACK")
    far_end.send_in_dialog("BYE", callee_dialog(arrived, answered, edge.address))
    caller.respond(caller.wait("BYE"), 200)
    far_end.wait(200)
    assert edge.calls("six") == 0
    assert caller_dialog(invite, ok, edge.address).next_hop[0] == edge.address[0]


def test_failover_over_ipv6(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("six", 0), edge.leg("six", 1)
    invite = caller.invite(edge["six"].number)
    primary.respond(primary.wait("INVITE"), 503)
    secondary.respond(secondary.wait("INVITE"), 404)
    caller.ack(invite, caller.wait(404))


def test_closed_port_over_ipv6_moves_the_call_at_once(edge: Edge) -> None:
    caller, secondary = edge.caller(), edge.leg("six", 1)
    invite = caller.invite(edge["six"].number)
    secondary.respond(secondary.wait("INVITE"), 404)
    caller.ack(invite, caller.wait(404))


def test_sipp_places_a_thousand_calls_over_ipv6(edge: Edge, sipp: Sipp) -> None:
    far_end = sipp.start("uas", edge["six"].legs[0], calls=1000)
    caller = sipp.start("uac", ("::1", free_port("::1")), "-r", "500", "-key", "number", edge["six"].number, remote=edge.address, calls=1000)
    results = [caller.result(), far_end.result()]
    assert [(each.successful, each.failed) for each in results] == [(1000, 0)] * 2, results
