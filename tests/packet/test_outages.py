"""A leg goes down while calls ring there: they go on to another target. (spec §3, §8)"""
from typing import Any

import pytest

from hasip._fastpath import account_of_leg
from tests.packet.conftest import NodeMaker
from tests.packet.node import Node, zoned
from tests.packet.sip import SDP, Message
from tests.packet.zones import WORLDS, A, B


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    return make_node(zoned("2t", *WORLDS["2t"]))


def ringing(node: Node, status: int = 180, **fields: Any) -> tuple[Message, Message]:
    """Let a call ring at the first zone; return the caller's INVITE and the zone's."""
    invite = Message(node.core.invite())
    node.core.sends(invite.raw)
    node.core.gets(100)
    arrived = node.party(A).gets("INVITE")
    node.party(A).answers(arrived, status, **fields)
    node.core.gets(status)
    return invite, arrived


def goes_down(node: Node, leg: int = 0, workers: int = 1) -> None:
    assert node.router.move_ringing_calls(account_of_leg(0, leg))
    for worker in range(workers):
        node.take_handed_off(worker)


def test_a_ringing_call_goes_on_to_the_other_zone_and_is_answered_there(node: Node) -> None:
    _, first = ringing(node)
    goes_down(node)
    cancel = node.party(A).gets("CANCEL")
    assert cancel.branch == first.branch
    second = node.party(B).gets("INVITE")
    node.party(B).answers(second, 200)
    answer = node.core.gets(200)
    assert node.count("FAR_END_OUT") == 1 and node.pool() == 1
    assert answer.status == 200


def test_what_rings_elsewhere_or_has_no_response_yet_is_left_alone(node: Node) -> None:
    ringing(node)
    goes_down(node, leg=1)
    node.core.sends(node.core.invite())
    node.core.gets(100)
    node.party(B).gets("INVITE")
    goes_down(node, leg=1)
    assert node.count("FAR_END_OUT") == 0 and node.wire == []


def test_a_call_that_is_up_stays(node: Node) -> None:
    _, first = ringing(node)
    node.party(A).answers(first, 200)
    node.core.gets(200)
    goes_down(node)
    assert node.wire == [] and node.pool() == 1


def test_a_call_with_nowhere_else_to_go_rings_on(node: Node) -> None:
    ringing(node)
    goes_down(node)
    node.party(A).gets("CANCEL")
    second = node.party(B).gets("INVITE")
    node.party(B).answers(second, 180)
    node.core.gets(180)
    goes_down(node, leg=1)
    assert node.wire == []
    node.party(B).answers(second, 200)
    node.core.gets(200)


@pytest.mark.parametrize("policy", ["no_early_media", "never"])
def test_failover_after_progress_holds(make_node: NodeMaker, policy: str) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"], failover_after_progress=policy))
    ringing(node, 183, body=SDP)
    goes_down(node)
    assert node.count("FAR_END_OUT") == 0 and node.wire == []


def test_a_cancelled_call_goes_nowhere(node: Node) -> None:
    invite, _ = ringing(node)
    node.core.cancels(invite)
    node.core.gets(200)
    node.party(A).gets("CANCEL")
    goes_down(node)
    assert node.wire == []


def test_the_zone_answers_after_all_and_its_call_is_ended(node: Node) -> None:
    _, first = ringing(node)
    goes_down(node)
    node.party(A).gets("CANCEL")
    node.party(B).gets("INVITE")
    node.party(A).answers(first, 200)
    assert [message.status or message.method for message in node.core.received()] == [200]


def test_every_worker_is_told(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]), workers=2)
    node.core.sends(node.core.invite(), 1)
    node.core.gets(100)
    node.party(A).answers(node.party(A).gets("INVITE"), 180, 1)
    node.core.gets(180)
    goes_down(node, workers=2)
    node.party(A).gets("CANCEL")
    node.party(B).gets("INVITE")
