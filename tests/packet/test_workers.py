"""Two workers that share nothing: what arrives at the wrong one is handed to the right one, once around at most."""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import HANDOFF, Call, Node, trunk
from tests.packet.sip import Message, hop_request


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    return make_node(workers=2)


def established(node: Node) -> Call:
    """Worker 0's call."""
    return node.established()


@pytest.mark.parametrize(("status", "outcome"), [
    (100, ("ABSORB", "ABSORBED_100")), (180, ("RELAY", "RELAYED_PROVISIONAL")), (200, ("RELAY", "RELAYED_SUCCESS")), (486, ("RELAY", "RECEIVED_FAILURE"))])
def test_a_response_goes_to_the_worker_of_its_attempt(node: Node, status: int, outcome: tuple[str, str]) -> None:
    _, first = node.offer()
    assert node.primary.answers(first, status, 1) == HANDOFF
    node.core.gets_nothing()
    assert node.take_handed_off(1) == ("CONTINUE", "NONE")
    assert node.take_handed_off(0) == outcome
    if status > 100:
        node.core.gets(status)
    if status > 300:
        node.primary.gets("ACK")


def test_icmp_goes_to_the_worker_of_its_attempt(node: Node) -> None:
    """Of sockets that share a port the kernel tells any one."""
    _, first = node.offer()
    node.icmp(first, 1)
    node.secondary.gets_nothing()
    node.take_handed_off(0)
    node.secondary.answers(node.secondary.gets("INVITE"), 200)
    node.core.gets(200)
    assert (node.count("FAR_END_ERROR_ICMP"), node.count("FAR_END_ERROR_STREAM"), node.count("HANDED_OFF")) == (1, 0, 1)


def test_an_attempt_of_worker_1_is_worker_1s(node: Node) -> None:
    invite = node.core.invite()
    assert node.core.sends(invite, 1) == ("FORWARD", "NONE")
    node.core.gets(100)
    first = node.primary.gets("INVITE")
    assert node.primary.answers(first, 200, 0) == HANDOFF
    assert node.take_handed_off(1) == ("RELAY", "RELAYED_SUCCESS")
    node.core.gets(200)


@pytest.mark.parametrize("routes", [None, []], ids=["token", "tags"])
def test_a_request_of_a_call_goes_to_the_calls_worker(node: Node, routes: list[str] | None) -> None:
    call = established(node)
    bye = call.from_callee("BYE", routes=routes)
    assert node.primary.sends(bye, 1) == HANDOFF
    assert node.take_handed_off(0) == ("FORWARD", "FORWARDED_IN_DIALOG")
    node.core.answers(node.core.gets("BYE"), 200)
    node.primary.gets(200)
    assert node.pool() == 0
    assert node.primary.sends(bye, 1) == HANDOFF
    assert node.take_handed_off(0) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    node.primary.gets(200)


def test_the_ack_of_a_2xx_goes_to_the_calls_worker(node: Node) -> None:
    call = node.call()
    assert node.core.sends(call.from_caller("ACK", cseq=1), 1) == HANDOFF
    assert node.take_handed_off(0) == ("FORWARD", "FORWARDED_ACK")
    node.primary.gets("ACK")


def test_cancel_and_ack_find_their_transaction_on_the_other_worker(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 180)
    node.core.gets(180)
    assert node.core.cancels(offered, 1) == HANDOFF
    assert node.take_handed_off(0) == ("REPLY", "ANSWERED_CANCEL")
    node.core.gets(200)
    node.primary.gets("CANCEL")
    node.primary.answers(first, 487)
    node.primary.gets("ACK")
    assert node.core.acknowledges(offered, node.core.gets(487), 1) == HANDOFF
    assert node.take_handed_off(0) == ("ABSORB", "ABSORBED_ACK")


@pytest.mark.parametrize("payload", ["cancel", "dialog"])
@pytest.mark.parametrize("worker", [0, 1])
def test_what_no_worker_knows_is_refused_by_the_last_that_looked(node: Node, worker: int, payload: str) -> None:
    invite = Message(node.core.invite())
    datagram = hop_request("CANCEL", invite) if payload == "cancel" else node.core.request("BYE", to_value="<sip:x@x>;tag=x")
    assert node.core.sends(datagram, worker) == HANDOFF
    assert node.take_handed_off(1 - worker)[0] == "REPLY"
    node.core.gets(481)
    assert node.take_handed_off(worker) == ("CONTINUE", "NONE")


def test_a_full_ring_is_a_counted_drop(node: Node) -> None:
    _, first = node.offer()
    outcomes = {node.primary.answers(first, 180, 1, body=b"x" * 60_000) for _ in range(80)}
    assert outcomes == {HANDOFF, ("DROP", "DROPPED_RING_FULL")}
    assert node.take_handed_off(0) == ("RELAY", "RELAYED_PROVISIONAL")
    assert {message.status for message in node.core.received()} == {180}
    assert node.primary.answers(first, 200, 1) == HANDOFF
    assert node.take_handed_off(0) == ("RELAY", "RELAYED_SUCCESS")
    node.core.gets(200)


def test_a_response_for_a_worker_that_is_none_is_dropped(make_node: NodeMaker) -> None:
    node = make_node(workers=1)
    _, first = node.offer()
    assert node.primary.answers(Message(first.raw.replace(first.branch.encode(), b"z9hG4bK" + b"-" * 28)), 200) == ("DROP", "DROPPED_STRAY_RESPONSE")


def test_workers_share_the_pool_and_the_cursor(make_node: NodeMaker) -> None:
    node = make_node(trunk("load_balancing", calls=2), workers=2)
    for worker, leg in ((0, node.primary), (1, node.secondary)):
        node.core.sends(node.core.invite(), worker)
        node.core.gets(100)
        leg.answers(leg.gets("INVITE"), 200, worker)
        node.core.gets(200)
    assert node.core.sends(node.core.invite(), 1) == ("REPLY", "REFUSED_POOL_FULL")
    node.core.gets(486)
