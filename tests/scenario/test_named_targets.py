"""Targets by name: where they lead, that they follow the DNS, and what becomes of calls when it is wrong or away. (RFC 3263, RFC 2782, RFC 8767)"""
import time
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE_S
from tests.transport.certificates import serving

from .agent import Agent, is_final_of_invite
from .conftest import Node
from .edge import SIP_PORT, SIP_TLS_PORT, Edge, Trunk, free_network
from .message import Message
from .name_server import NameServer
from .stream_agent import StreamAgent

TTL_S = 5                       # the shortest that hasip takes at its word
# Last octets in the name server's own network.
STEADY, MOVED_FROM, MOVED_TO, SRV_FIRST, SRV_SECOND, KEPT, BY_TLS, WRONG_TLS, SHARED_TLS = range(10, 19)


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    """A name server, and names of far ends in its own network."""
    server = NameServer(free_network())
    for name, place in (("steady", STEADY), ("moving", MOVED_FROM), ("kept", KEPT), ("tls", BY_TLS), ("wrong-tls", WRONG_TLS), ("one", SHARED_TLS), ("other", SHARED_TLS),
                        ("first.srv", SRV_FIRST),
                        ("second.srv", SRV_SECOND)):
        put_address(server, name, place)
    server.tell(lambda zone: zone.put("_sip._udp.srv.test", "SRV", "10 0 5060 first.srv.test.", "20 0 5062 second.srv.test."))
    server.tell(lambda zone: zone.put("no-address.test", "TXT", "nobody-lives-here"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def edge(node: Node, names: NameServer) -> Edge:
    def trunk(name: str, address: str, transport: str = "udp", mode: str = "auto_failover") -> Trunk:
        return Trunk(name, mode, primary_settings={"address": address, "transport": transport, "allow": []})

    return node(
        trunk("steady", "steady.test:5060"), trunk("moving", "moving.test:5060"), trunk("kept", "kept.test:5060"), trunk("srv", "srv.test"),
        trunk("srv-alone", "srv.test", mode="only_primary"), trunk("by-tls", "tls.test:5061", "tls"), trunk("wrong-tls", "wrong-tls.test:5061", "tls"),
        trunk("one-tls", "one.test:5061", "tls"), trunk("other-tls", "other.test:5061", "tls"),
        trunk("nowhere", "nowhere.test:5060"), trunk("no-address", "no-address.test:5060"), trunk("nowhere-alone", "nowhere.test:5060", mode="only_primary"),
        streams=True, tables={"dns": {"servers": [names.text]}})


def put_address(names: NameServer, name: str, place: int) -> None:
    names.tell(lambda zone: zone.put(f"{name}.test", "A", f"{names.network}.{place}", ttl=TTL_S))


def far_end(edge: Edge, names: NameServer, place: int, port: int = SIP_PORT) -> Agent:
    return edge.agent(f"{names.network}.{place}", port)


def comes_to(edge: Edge, trunk: str, far_end: Agent) -> Message:
    """Place a call that this far end gets and refuses; return the INVITE as it came."""
    caller = edge.caller()
    invite = caller.invite(edge[trunk].number)
    arrived = far_end.wait("INVITE", call_id=invite.call_id)
    far_end.respond(arrived, 603)
    caller.ack(invite, caller.wait(603, call_id=invite.call_id))
    return arrived


def wait_for_name(edge: Edge, name: str, *, generation: int = 0, **wanted: object) -> None:
    """Wait until `hasip status` says this of a name, and that a world after `generation` is in force. Errors: AssertionError when patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        status = edge.ask("status")
        state = status["names"][name]
        if all(state[key] == value for key, value in wanted.items()) and status["config_generation"] > generation:
            return
        assert time.monotonic() < deadline, f"{name} is {state}"


def test_a_call_goes_where_the_name_leads(edge: Edge, names: NameServer) -> None:
    arrived = comes_to(edge, "steady", far_end(edge, names, STEADY))
    assert arrived.request_uri.startswith(f"sip:{edge['steady'].number}@")
    assert edge.ask("status")["names"]["udp:steady.test:5060"]["places"] == [f"{names.network}.{STEADY}:5060"]


def test_calls_do_not_wait_for_the_dns(edge: Edge, names: NameServer) -> None:
    asked = names.tell(lambda zone: len([query for query in zone.queries if query[2] == "srv.test"]))
    first = far_end(edge, names, SRV_FIRST)
    for _ in range(5):
        comes_to(edge, "srv", first)
    assert names.tell(lambda zone: len([query for query in zone.queries if query[2] == "srv.test"])) == asked


def test_srv_failover_to_the_second_address_of_the_same_leg(edge: Edge, names: NameServer) -> None:
    first, second, secondary = far_end(edge, names, SRV_FIRST), far_end(edge, names, SRV_SECOND, 5062), edge.leg("srv", 1)
    comes_to(edge, "srv", first)
    assert second.count("INVITE") == 0
    caller = edge.caller()
    invite = caller.invite(edge["srv"].number)
    first.respond(first.wait("INVITE", call_id=invite.call_id), 503)
    second.respond(second.wait("INVITE", call_id=invite.call_id), 603)
    caller.ack(invite, caller.wait(603, call_id=invite.call_id))
    assert secondary.count("INVITE") == 0


def test_a_closed_first_address_moves_the_call_to_the_second(edge: Edge, names: NameServer) -> None:
    comes_to(edge, "srv", far_end(edge, names, SRV_SECOND, 5062))


def test_both_addresses_failing_moves_the_call_to_the_secondary(edge: Edge, names: NameServer) -> None:
    first, second, secondary, caller = far_end(edge, names, SRV_FIRST), far_end(edge, names, SRV_SECOND, 5062), edge.leg("srv", 1), edge.caller()
    invite = caller.invite(edge["srv"].number)
    for leg in (first, second):
        leg.respond(leg.wait("INVITE", call_id=invite.call_id), 503)
    secondary.respond(secondary.wait("INVITE", call_id=invite.call_id), 603)
    caller.ack(invite, caller.wait(603, call_id=invite.call_id))


def test_a_mode_that_does_not_fail_over_tries_the_first_address_only(edge: Edge, names: NameServer) -> None:
    first, second, caller = far_end(edge, names, SRV_FIRST), far_end(edge, names, SRV_SECOND, 5062), edge.caller()
    invite = caller.invite(edge["srv-alone"].number)
    first.respond(first.wait("INVITE", call_id=invite.call_id), 504)
    caller.ack(invite, caller.wait(504, call_id=invite.call_id))
    edge.settle()
    assert second.count("INVITE") == 0


@pytest.mark.parametrize("trunk", ["nowhere", "no-address"])
def test_a_name_without_an_address_moves_the_call(edge: Edge, trunk: str) -> None:
    comes_to(edge, trunk, edge.leg(trunk, 1))


def test_a_name_without_an_address_is_500_where_nobody_else_is_tried(edge: Edge) -> None:
    caller = edge.caller()
    invite = caller.invite(edge["nowhere-alone"].number)
    final = caller.wait(is_final_of_invite, call_id=invite.call_id)
    caller.ack(invite, final)
    assert final.status == 500 and '"all targets failed"' in final.header("Warning")


def tls_far_end(edge: Edge, names: NameServer, place: int, *shown: str) -> StreamAgent:
    """A far end whose certificate is for these names."""
    return edge.keep(StreamAgent(f"{names.network}.{place}", SIP_TLS_PORT, edge.address, serving=serving(edge.authority.issue(*shown)), is_listening=True))


def test_a_certificate_has_to_be_that_of_the_name_not_of_the_address(edge: Edge, names: NameServer) -> None:
    comes_to(edge, "by-tls", tls_far_end(edge, names, BY_TLS, "tls.test"))
    impostor = tls_far_end(edge, names, WRONG_TLS, "tls.test", f"{names.network}.{WRONG_TLS}")
    with impostor.attended():
        comes_to(edge, "wrong-tls", edge.leg("wrong-tls", 1))
    assert impostor.count("INVITE") == 0


def test_calls_follow_an_address_that_changes_and_a_lost_dns_changes_nothing(edge: Edge, names: NameServer) -> None:
    before, after, kept, steady = (far_end(edge, names, place) for place in (MOVED_FROM, MOVED_TO, KEPT, STEADY))
    comes_to(edge, "moving", before)
    generation = edge.ask("status")["config_generation"]
    put_address(names, "moving", MOVED_TO)
    names.tell(lambda zone: zone.failing.update({("kept.test", "A"), ("kept.test", "AAAA")}))
    wait_for_name(edge, "udp:moving.test:5060", generation=generation, places=[f"{names.network}.{MOVED_TO}:5060"])
    comes_to(edge, "moving", after)
    wait_for_name(edge, "udp:kept.test:5060", state="stale")
    comes_to(edge, "kept", kept)
    names.stop()
    wait_for_name(edge, "udp:steady.test:5060", state="stale")
    comes_to(edge, "steady", steady)
    comes_to(edge, "moving", after)
    assert before.count("INVITE") == 0
