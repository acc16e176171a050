"""Zones in the data plane: who gets a call by its standing, where it goes on, by which way it leaves, and what the board shows. (spec §2, §3, §8)"""
from collections.abc import Callable
from typing import Any

import pytest

from hasip._fastpath import account_of_leg
from hasip.domain.trunk import FAILOVER_CODES, Mode
from tests.packet import sip
from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE, CORE_SLOT, EDGE, Call, Node, Party, pstn, regions, trunk, zone, zoned
from tests.packet.sip import Message, Place

A, B, C, D = [(f"203.0.113.{number}", 5060) for number in (11, 12, 21, 22)]         # two zones of one region, two of the other
ZONES = [A, B, C, D]
CORE_A, CORE_B = ("192.0.2.10", 5070), ("192.0.2.11", 5070)
FAR = "+4930123456"
SEAT_A, SEAT_B = ("198.51.100.11", 5060), ("198.51.100.12", 5060)
SEATS = [("eth1", "udp", SEAT_A), ("eth2", "udp", SEAT_B)]
WORLDS = {"2t": ((A, B),), "4t": ((A,), (B,)), "2t4t": ((A, B), (C, D))}
DOWN = 100


def judge(node: Node, leg: int, *, withheld: int = 0, drained: bool = False, seat: int = -1, slot: int = 0) -> None:
    """Say how a leg stands."""
    node.router.judge_leg(account_of_leg(slot, leg), withheld_percent=withheld, is_drained=drained, seat=seat)


def tried(node: Node, status: int = 503) -> list[int]:
    """Place a call that every zone refuses; return the legs it was tried at, in order."""
    offered = Message(node.core.invite(), CORE)
    assert node.core.sends(offered.raw) == ("FORWARD", "NONE")
    node.core.gets(100)
    order = []
    while arrived := {leg: messages for leg, place in enumerate(ZONES) if (messages := node.party(place).received())}:
        [(leg, [invite])] = arrived.items()
        order.append(leg)
        node.party(ZONES[leg]).answers(invite, status)
        node.party(ZONES[leg]).gets("ACK")
    node.core.acknowledges(offered, node.core.gets(500 if status == 503 else status))
    return order


def figures(node: Node, slot: int = 0, key: str = "calls") -> list[int]:
    return [leg[key] for leg in node.router.trunk(slot)["legs"]]


# ---------------------------------------------------------------------------------------- who gets a call

def test_2t_calls_take_turns(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    assert [tried(node) for _ in range(4)] == [[0, 1], [1, 0]] * 2


def test_4t_calls_go_to_the_primary_region_first(make_node: NodeMaker) -> None:
    node = make_node(zoned("4t", *WORLDS["4t"]))
    assert [tried(node) for _ in range(3)] == [[0, 1]] * 3


def test_2t4t_calls_take_turns_inside_a_region_and_leave_it_last(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t4t", *WORLDS["2t4t"]))
    assert [tried(node) for _ in range(4)] == [[0, 1, 2, 3], [1, 0, 3, 2]] * 2


def test_intra_region_priority_is_a_strict_order(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t4t", *WORLDS["2t4t"], intra_region="priority"))
    assert [tried(node) for _ in range(3)] == [[0, 1, 2, 3]] * 3


@pytest.mark.parametrize(("down", "order"), [
    ([0], [[1, 2, 3], [1, 3, 2]]), ([1], [[0, 2, 3], [0, 3, 2]]), ([0, 1], [[2, 3], [3, 2]]), ([2, 3], [[0, 1], [1, 0]]), ([0, 1, 2], [[3], [3]]),
    ([0, 1, 2, 3], [[0, 1, 2, 3], [1, 0, 3, 2]])])
def test_a_zone_that_is_down_costs_a_call_nothing(make_node: NodeMaker, down: list[int], order: list[list[int]]) -> None:
    node = make_node(zoned("2t4t", *WORLDS["2t4t"]))
    for leg in range(4):
        judge(node, leg, withheld=DOWN if leg in down else 0)
    assert [tried(node), tried(node)] == order


def test_a_drained_zone_gets_no_call_even_when_the_others_are_down(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    judge(node, 0, drained=True)
    judge(node, 1, withheld=DOWN)
    assert [tried(node), tried(node)] == [[1], [1]]


def test_a_zone_that_grows_back_gets_its_share(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    judge(node, 0, withheld=90)
    order = []
    for _ in range(40):
        order.append(tried(node)[0])
        node.advance(33_000)
    assert order.count(0) == 2


def test_a_leg_nobody_judges_any_more_is_as_good_as_any(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    judge(node, 0, withheld=DOWN)
    judge(node, 1, drained=True)
    for leg in (0, 1):
        node.router.forget_leg(account_of_leg(0, leg))
    assert [tried(node), tried(node)] == [[0, 1], [1, 0]]


def test_refused_calls_and_retransmissions_take_no_turn(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"], calls=1))
    offered, _ = node.offer(node.party(A))
    node.core.sends(offered.raw)
    node.core.gets(100)
    assert node.core.sends(node.core.invite()) == ("REPLY", "REFUSED_POOL_FULL")
    node.core.gets(486)
    node.core.cancels(offered)
    node.core.gets(200)
    node.advance(33_000)
    node.party(A).received()
    node.core.received()
    assert tried(node) == [1, 0]


def challenged(node: Node, leg: int, offered: Message, arrived: Message, status: int = 407) -> Message:
    """Let a zone challenge a call; return the call as its caller sends it again (§22.2)."""
    node.party(ZONES[leg]).answers(arrived, status, headers=[("Proxy-Authenticate", 'Digest realm="x", nonce="y"')])
    node.party(ZONES[leg]).gets("ACK")
    node.core.acknowledges(offered, node.core.gets(status))
    return Message(offered.raw.replace(b"CSeq: 1 ", b"CSeq: 2 ").replace(offered.branch.encode(), sip.new_branch().encode())
                   .replace(b"Contact:", b"Proxy-Authorization: Digest x=y\r\nContact:", 1))


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("withheld", [0, 99])
@pytest.mark.parametrize("calls_before", [0, 1])
def test_a_call_sent_again_after_a_challenge_meets_the_zone_that_made_it_and_takes_no_turn(
        make_node: NodeMaker, calls_before: int, withheld: int, status: int) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    for _ in range(calls_before):
        tried(node)
    leg = calls_before
    again = challenged(node, leg, *node.offer(node.party(ZONES[leg])), status)
    judge(node, leg, withheld=withheld)
    node.core.sends(again.raw)
    node.core.gets(100)
    node.party(ZONES[leg]).answers(node.party(ZONES[leg]).gets("INVITE"), 486)
    node.party(ZONES[leg]).gets("ACK")
    node.core.gets(486)
    judge(node, leg)
    assert tried(node) == [1 - leg, leg]


def test_a_challenge_after_a_failover_is_answered_to_the_zone_that_made_it(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t4t", *WORLDS["2t4t"]))
    offered, arrived = node.offer(node.party(A))
    for place in (A, B):
        node.party(place).answers(arrived, 503)
        node.party(place).gets("ACK")
        arrived = node.party({A: B, B: C}[place]).gets("INVITE")
    again = challenged(node, 2, offered, arrived)
    node.core.sends(again.raw)
    node.core.gets(100)
    node.party(C).answers(node.party(C).gets("INVITE"), 200)
    node.core.gets(200)


def test_a_challenge_of_a_zone_drained_since_is_nobodys_to_meet(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    again = challenged(node, 0, *node.offer(node.party(A)))
    judge(node, 0, drained=True)
    node.core.sends(again.raw)
    node.core.gets(100)
    node.party(B).answers(node.party(B).gets("INVITE"), 200)
    node.core.gets(200)


@pytest.mark.parametrize("account", ["primary", "secondary"])
def test_auto_failover_passes_over_an_account_that_is_down(make_node: NodeMaker, account: str) -> None:
    node = make_node()
    judge(node, account == "secondary", withheld=DOWN)
    other = node.secondary if account == "primary" else node.primary
    offered, arrived = node.offer(other)
    other.answers(arrived, 503)
    other.gets("ACK")
    node.core.acknowledges(offered, node.core.gets(500))


@pytest.mark.parametrize("mode", ["load_balancing", "only_primary"])
def test_modes_that_do_not_fail_over_ask_nobody_how_accounts_stand(make_node: NodeMaker, mode: str) -> None:
    node = make_node(trunk(mode))
    judge(node, 0, withheld=DOWN, drained=True)
    offered, arrived = node.offer(node.primary)
    node.primary.answers(arrived, 486)
    node.primary.gets("ACK")
    node.core.acknowledges(offered, node.core.gets(486))
