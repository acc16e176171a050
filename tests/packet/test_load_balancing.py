"""Strict alternation over admitted calls, and what does not move it. (spec §2)"""
from dataclasses import replace

import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import Node, Party, trunk
from tests.packet.sip import Message, new_branch


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    return make_node(trunk("load_balancing", calls=8))


def leg_of(node: Node) -> Party:
    """Call, and return the leg that got the INVITE."""
    node.core.sends(node.core.invite())
    node.core.gets(100)
    return took(node, "INVITE")


def took(node: Node, method: str) -> Party:
    """Return the leg that got a request, and let it answer 200."""
    arrived = {leg: leg.received() for leg in (node.primary, node.secondary)}
    [leg] = [leg for leg, messages in arrived.items() if messages]
    [message] = arrived[leg]
    assert message.method == method
    leg.answers(message, 200)
    node.core.gets(200)
    return leg


def test_calls_alternate_strictly(node: Node) -> None:
    assert [leg_of(node) for _ in range(6)] == [node.primary, node.secondary] * 3


@pytest.mark.parametrize("status", [404, 486, 503, 603])
def test_past_failures_are_not_looked_at(node: Node, status: int) -> None:
    for leg in (node.primary, node.secondary, node.primary, node.secondary):
        offered, arrived = node.offer(leg)
        leg.answers(arrived, status)
        leg.gets("ACK")
        node.core.acknowledges(offered, node.core.gets(500 if status == 503 else status))


def test_a_silent_leg_gets_every_other_call_all_the_same(node: Node) -> None:
    for leg in (node.primary, node.secondary, node.primary):
        node.offer(leg)
        node.advance(10_000)
        assert node.core.gets(408).at == node.now_ms
        leg.received()
        node.advance(33_000)
        node.core.received()


def test_retransmissions_do_not_move_it(node: Node) -> None:
    offered, _ = node.offer()
    for _ in range(3):
        node.core.sends(offered.raw)
    node.core.gets(100, 100, 100)
    assert leg_of(node) is node.secondary


def test_refused_calls_do_not_move_it(make_node: NodeMaker) -> None:
    node = make_node(trunk("load_balancing", calls=1))
    call = node.established()
    for _ in range(3):
        assert node.core.sends(node.core.invite()) == ("REPLY", "REFUSED_POOL_FULL")
        node.core.gets(486)
    node.stranger.sends(node.stranger.invite())
    node.stranger.gets(403)
    node.core.sends(node.core.invite(max_forwards=0))
    node.core.gets(483)
    call.hang_up()
    assert leg_of(node) is node.secondary


def test_reinvites_do_not_move_it(node: Node) -> None:
    call = node.established()
    for _ in range(3):
        node.core.sends(call.from_caller("INVITE"))
        node.core.gets(100)
        node.primary.answers(node.primary.gets("INVITE"), 200)
        node.core.gets(200)
    assert leg_of(node) is node.secondary


def test_other_requests_do_not_move_it_and_go_where_the_next_call_would(node: Node) -> None:
    for leg in (node.primary, node.secondary):
        for _ in range(2):
            node.core.sends(node.core.request("MESSAGE"))
            assert took(node, "MESSAGE") is leg
        assert leg_of(node) is leg


def refused_and_sent_again(node: Node, offered: Message, arrived: Message, leg: Party, status: int, *, cseq: int = 2) -> Message:
    """Let the leg refuse; return the same call as its caller sends it again (§22.2)."""
    leg.answers(arrived, status, headers=[("Proxy-Authenticate", 'Digest realm="x", nonce="y"')])
    leg.gets("ACK")
    node.core.acknowledges(offered, node.core.gets(status))
    return Message(offered.raw.replace(f"CSeq: {cseq - 1} ".encode(), f"CSeq: {cseq} ".encode()).replace(offered.branch.encode(), new_branch().encode())
                   .replace(b"Contact:", b"Proxy-Authorization: Digest x=y\r\nContact:", 1))


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("calls_before", [0, 1])
def test_the_same_call_sent_again_after_a_challenge_goes_to_the_leg_that_challenged(node: Node, calls_before: int, status: int) -> None:
    legs = [node.primary, node.secondary]
    for _ in range(calls_before):
        leg_of(node)
    offered, arrived = node.offer(legs[calls_before])
    again = refused_and_sent_again(node, offered, arrived, legs[calls_before], status)
    assert node.pool() == calls_before
    node.advance(1000)
    assert node.core.sends(again.raw) == ("FORWARD", "NONE")
    node.core.gets(100)
    assert took(node, "INVITE") is legs[calls_before]
    assert leg_of(node) is legs[1 - calls_before]


def test_a_challenged_call_has_no_dialog(node: Node) -> None:
    offered, arrived = node.offer()
    refused_and_sent_again(node, offered, arrived, node.primary, 407)
    bye = node.core.request("BYE", uri="sip:far@203.0.113.1", from_value=offered.header("From"), to_value="<sip:x@x>;tag=far", call_id=offered.call_id)
    assert node.core.sends(bye) == ("REPLY", "REFUSED_NO_DIALOG")
    node.core.gets(481)


def test_calls_between_challenge_and_answer_alternate_on(node: Node) -> None:
    offered, arrived = node.offer()
    again = refused_and_sent_again(node, offered, arrived, node.primary, 407)
    assert leg_of(node) is node.secondary
    node.core.sends(again.raw)
    node.core.gets(100)
    assert took(node, "INVITE") is node.primary
    assert leg_of(node) is node.primary
    assert leg_of(node) is node.secondary


def test_a_call_may_be_challenged_twice(node: Node) -> None:
    offered, arrived = node.offer()
    for cseq in (2, 3):
        offered = refused_and_sent_again(node, offered, arrived, node.primary, 407, cseq=cseq)
        node.core.sends(offered.raw)
        node.core.gets(100)
        arrived = node.primary.gets("INVITE")
    node.primary.answers(arrived, 200)
    node.core.gets(200)
    assert node.pool() == 1
    assert leg_of(node) is node.secondary


def test_a_call_that_was_refused_otherwise_is_a_new_one(node: Node) -> None:
    offered, arrived = node.offer()
    again = refused_and_sent_again(node, offered, arrived, node.primary, 486)
    node.core.sends(again.raw)
    node.core.gets(100)
    assert took(node, "INVITE") is node.secondary


def test_a_challenge_is_forgotten_after_32_s(node: Node) -> None:
    offered, arrived = node.offer()
    again = refused_and_sent_again(node, offered, arrived, node.primary, 407)
    assert node.pool() == 0
    node.advance(32_000)
    node.core.sends(again.raw)
    node.core.gets(100)
    assert took(node, "INVITE") is node.secondary


def test_an_unregistered_leg_has_its_turn(make_node: NodeMaker) -> None:
    node = make_node(trunk("load_balancing", secondary=None))
    for _ in range(2):
        assert leg_of(node) is node.primary
        node.core.sends(node.core.invite())
        node.core.gets(100, 480)


def test_one_leg_alone_gets_every_call(make_node: NodeMaker) -> None:
    node = make_node(replace(trunk("load_balancing"), secondary=None))
    assert [leg_of(node) for _ in range(3)] == [node.primary] * 3
