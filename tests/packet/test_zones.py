"""Zones in the data plane: who gets a call by its standing, where it goes on, by which way it leaves, and what the board shows. (spec §2, §3, §8)"""
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hasip._fastpath import account_of_leg
from hasip.domain.trunk import FAILOVER_CODES, Mode, Target
from tests.packet import sip
from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE, CORE_SLOT, EDGE, Call, Node, Party, pstn, regions, trunk, zone, zoned
from tests.packet.notices import judge
from tests.packet.sip import Message, Place

A, B, C, D = [(f"203.0.113.{number}", 5060) for number in (11, 12, 21, 22)]         # two zones of one region, two of the other
ZONES = [A, B, C, D]
CORE_A, CORE_B = ("192.0.2.10", 5070), ("192.0.2.11", 5070)
FAR = "+4930123456"
SEAT_A, SEAT_B = ("198.51.100.11", 5060), ("198.51.100.12", 5060)
SEATS = [("eth1", "udp", SEAT_A), ("eth2", "udp", SEAT_B)]
WORLDS = {"2t": ((A, B),), "4t": ((A,), (B,)), "2t4t": ((A, B), (C, D))}
DOWN = 100


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


# ---------------------------------------------------------------------------------------- where a call goes on

@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    """Two regions of two zones."""
    return make_node(zoned("2t4t", *WORLDS["2t4t"]))


def walk(node: Node, fail: Callable[[Party, Message], object]) -> list[int]:
    """Let a call fail at each zone in turn; return the legs it went to."""
    order = []
    _, arrived = node.offer(node.party(A))
    for place in (A, B, C, D):
        order.append(ZONES.index(place))
        fail(node.party(place), arrived)
        if place != D:
            arrived = node.party(ZONES[ZONES.index(place) + 1]).gets("INVITE")
    return order


@pytest.mark.parametrize("status", sorted(FAILOVER_CODES))
def test_a_code_of_the_table_moves_a_call_to_the_sibling_and_then_to_the_other_region(node: Node, status: int) -> None:
    def refuse(party: Party, arrived: Message) -> None:
        assert party.answers(arrived, status) == ("RELAY", "RECEIVED_FAILURE")
        party.gets("ACK")

    assert walk(node, refuse) == [0, 1, 2, 3]
    node.core.gets(500 if status == 503 else status)
    assert figures(node, key="failovers") == [1, 1, 1, 0]


def test_silence_moves_a_call_on_after_2_s_each(node: Node) -> None:
    def be_silent(party: Party, arrived: Message) -> None:
        began = arrived.at
        node.advance(2000)
        assert [message.at - began for message in party.received()] == [500, 1500]

    assert walk(node, be_silent) == [0, 1, 2, 3]
    assert node.core.gets(408).at == 8000


def test_icmp_moves_a_call_on_at_once(node: Node) -> None:
    assert walk(node, lambda party, arrived: node.icmp(arrived)) == [0, 1, 2, 3]
    assert "all targets failed" in node.core.gets(500).header("Warning")
    assert node.now_ms == 0


@pytest.mark.parametrize("status", [401, 404, 407, 486, 599, 600, 603])
def test_a_code_outside_the_table_ends_the_search(node: Node, status: int) -> None:
    _, arrived = node.offer(node.party(A))
    node.party(A).answers(arrived, status)
    node.party(A).gets("ACK")
    node.core.gets(status)


def test_the_order_is_fixed_when_a_call_is_admitted(node: Node) -> None:
    _, arrived = node.offer(node.party(A))
    judge(node, 1, withheld=DOWN)
    judge(node, 2, drained=True)
    for place, following in ((A, B), (B, C), (C, D)):
        node.party(place).answers(arrived, 503)
        node.party(place).gets("ACK")
        arrived = node.party(following).gets("INVITE")
    node.party(D).answers(arrived, 200)
    node.core.gets(200)


def test_a_zone_that_was_down_when_a_call_was_admitted_is_not_tried_though_it_is_back(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    judge(node, 1, withheld=DOWN)
    _, arrived = node.offer(node.party(A))
    judge(node, 1)
    node.party(A).answers(arrived, 503)
    node.party(A).gets("ACK")
    node.core.gets(500)


def test_a_configuration_change_leaves_a_calls_order_alone(node: Node) -> None:
    _, arrived = node.offer(node.party(A))
    node.publish(zoned("2t4t", (D, C), (B, A)))
    node.party(A).answers(arrived, 503)
    node.party(A).gets("ACK")
    node.party(B).answers(node.party(B).gets("INVITE"), 200)
    node.core.gets(200)


@pytest.mark.parametrize("method", ["OPTIONS", "MESSAGE", "SUBSCRIBE"])
def test_other_requests_go_by_the_same_standing_and_table_and_take_no_turn(node: Node, method: str) -> None:
    judge(node, 0, withheld=DOWN)
    for _ in range(2):
        node.core.sends(node.core.request(method))
        node.party(B).answers(node.party(B).gets(method), 503)
        node.party(C).answers(node.party(C).gets(method), 200)
        node.core.gets(200)
    judge(node, 0)
    assert tried(node) == [0, 1, 2, 3]


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_480_when_every_zone_is_drained(node: Node, method: str) -> None:
    for leg in range(4):
        judge(node, leg, drained=True)
    node.core.sends(node.core.request(method))
    refusal = node.core.gets(*[100] * (method == "INVITE"), 480)
    assert "all zones are drained" in refusal.header("Warning")
    assert (node.pool(), node.count("REFUSED_ALL_DRAINED")) == (0, 1)


def test_a_drained_zone_keeps_its_dialogs(node: Node) -> None:
    call = node.established(node.party(A))
    judge(node, 0, drained=True)
    node.core.sends(call.from_caller("INVITE"))
    node.core.gets(100)
    call.leg.answers(call.leg.gets("INVITE"), 200)
    node.core.gets(200)
    call.hang_up()


# ---------------------------------------------------------------------------------------- calls to the core

def to_core(make_node: NodeMaker, mode: str = "2t", *places: tuple[Place, ...], **options: Any) -> Node:
    """Return a node whose core has regions; the trunk's primary calls."""
    return make_node(core=pstn(mode=Mode(mode), regions=regions(*(places or [(CORE_A, CORE_B)]))), **options)


def placed(node: Node, place: Place, caller: Party | None = None) -> tuple[Message, Message]:
    """Place a call to the core; return the INVITE as sent, and as one of the core's zones got it."""
    caller = caller or node.primary
    offered = Message(caller.invite(FAR), caller.place)
    assert caller.sends(offered.raw) == ("FORWARD", "NONE")
    caller.gets(100)
    return offered, node.party(place).gets("INVITE")


def test_calls_to_a_core_take_turns_over_its_zones(make_node: NodeMaker) -> None:
    node = to_core(make_node)
    for place in (CORE_A, CORE_B, CORE_A):
        _, arrived = placed(node, place)
        node.party(place).answers(arrived, 486)
        node.party(place).gets("ACK")
        node.primary.gets(486)


def test_a_core_in_4t_is_left_for_its_other_region_by_503(make_node: NodeMaker) -> None:
    node = to_core(make_node, "4t", (CORE_A,), (CORE_B,))
    _, arrived = placed(node, CORE_A)
    node.party(CORE_A).answers(arrived, 503)
    node.party(CORE_A).gets("ACK")
    node.party(CORE_B).answers(node.party(CORE_B).gets("INVITE"), 200)
    node.primary.gets(200)
    assert (figures(node, CORE_SLOT), figures(node, CORE_SLOT, "attempts"), figures(node, CORE_SLOT, "answered"), figures(node, CORE_SLOT, "failovers")) == (
        [0, 1, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0])


def test_a_cores_zone_that_is_down_or_drained_gets_no_calls(make_node: NodeMaker) -> None:
    node = to_core(make_node)
    for standing in ({"withheld": DOWN}, {"drained": True}):
        judge(node, 0, slot=CORE_SLOT, **standing)      # type: ignore[arg-type]
        for _ in range(2):
            _, arrived = placed(node, CORE_B)
            node.party(CORE_B).answers(arrived, 486)
            node.party(CORE_B).gets("ACK")
            node.primary.gets(486)


def test_480_when_every_zone_of_the_core_is_drained(make_node: NodeMaker) -> None:
    node = to_core(make_node)
    for leg in (0, 1):
        judge(node, leg, drained=True, slot=CORE_SLOT)
    node.primary.sends(node.primary.invite(FAR))
    node.primary.gets(100, 480)
    assert node.pool() == 0


def test_more_than_four_targets_of_a_core_are_tried_in_order(make_node: NodeMaker) -> None:
    places = [(f"192.0.2.{number}", 5060) for number in range(20, 26)]
    node = make_node(core_targets=tuple(Target(*place) for place in places))
    _, arrived = placed(node, places[0])
    for place, following in itertools.pairwise(places):
        node.party(place).answers(arrived, 503)
        node.party(place).gets("ACK")
        arrived = node.party(following).gets("INVITE")
    assert figures(node, CORE_SLOT) == [0, 0, 0, 1]
    node.party(places[-1]).answers(arrived, 486)
    node.party(places[-1]).gets("ACK")
    node.primary.gets(486)


# ---------------------------------------------------------------------------------------- by which way

def seated(make_node: NodeMaker, *, core: Any = None, **options: Any) -> Node:
    """Return a node that reaches zone a by eth1 and zone b by eth2."""
    return make_node(zoned("2t", (zone("a", A, interface="eth1"), zone("b", B, interface="eth2"))), core=core, seats=SEATS, **options)


def test_an_invite_leaves_by_its_zones_listener_whatever_the_caller_came_in_by(make_node: NodeMaker) -> None:
    node = seated(make_node)
    for source, place, seat in ((None, A, SEAT_A), (SEAT_A, B, SEAT_B), (SEAT_B, A, SEAT_A)):
        caller = node.party(CORE, source)
        caller.sends(caller.invite())
        caller.gets(100)
        arrived = node.party(place, seat).gets("INVITE")
        assert arrived.source == seat
        assert arrived.header("Via").startswith(f"SIP/2.0/UDP {sip.place_text(seat)};branch=")
        node.party(place, seat).answers(arrived, 486)
        assert node.party(place, seat).gets("ACK").source == seat
        assert caller.gets(486).source == (source or EDGE)


def test_an_invite_that_leaves_by_another_listener_has_two_record_routes_of_one_call(make_node: NodeMaker) -> None:
    node = seated(make_node)
    _, arrived = node.offer(node.party(A))
    first, second = sip.split_values(arrived.all("Record-Route"))
    assert (first.partition("@")[2], second.partition("@")[2]) == (f"{sip.place_text(SEAT_A)};lr>", f"{sip.place_text(EDGE)};lr>")
    assert first.partition("@")[0] == second.partition("@")[0]


def test_an_invite_that_leaves_by_the_listener_it_came_in_by_has_one_record_route(make_node: NodeMaker) -> None:
    node = seated(make_node)
    caller = node.party(CORE, SEAT_A)
    caller.sends(caller.invite())
    caller.gets(100)
    assert len(node.party(A, SEAT_A).gets("INVITE").all("Record-Route")) == 1


def test_a_dialog_with_two_record_routes_goes_both_ways(make_node: NodeMaker) -> None:
    node = seated(make_node)
    call = node.call(node.party(A, SEAT_A))
    assert call.acknowledge().source == SEAT_A
    assert call.leg.sends(call.from_callee("INVITE")) == ("FORWARD", "FORWARDED_IN_DIALOG")
    call.leg.gets(100)
    again = node.core.gets("INVITE")
    assert again.source == EDGE
    node.core.answers(again, 200)
    assert call.leg.gets(200).source == SEAT_A
    call.hang_up()


def test_a_zone_whose_interface_has_no_way_out_is_passed_over(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", (zone("a", A, interface="eth9"), zone("b", B, interface="eth2"))), seats=SEATS)
    for _ in range(2):
        _, arrived = node.offer(node.party(B, SEAT_B))
        node.party(B, SEAT_B).answers(arrived, 486)
        node.party(B, SEAT_B).gets("ACK")
        node.core.gets(486)


FREE_1, FREE_2, BOUND_1, BOUND_2 = [(f"198.51.100.{number}", 5060) for number in (31, 32, 41, 42)]     # listeners; two are bound to interfaces


@pytest.mark.parametrize(("listeners", "came_by", "leaves_by"), [
    ([FREE_1, FREE_2], FREE_2, FREE_2),             # who came in by it is reached by it
    ([BOUND_1, FREE_1, FREE_2], BOUND_1, FREE_1),   # that leads to where the call came from
    ([BOUND_1, FREE_1, FREE_2], FREE_2, FREE_2),
    ([BOUND_1, BOUND_2], BOUND_1, BOUND_2),
    ([BOUND_1, BOUND_2], BOUND_2, BOUND_1),
    ([BOUND_1], BOUND_1, BOUND_1)])
def test_a_target_without_a_way_of_its_own_is_reached_by_a_listener_bound_to_no_interface(
        make_node: NodeMaker, listeners: list[Place], came_by: Place, leaves_by: Place) -> None:
    node = with_listeners(make_node, listeners)
    caller = node.party(CORE, came_by)
    caller.sends(caller.invite())
    caller.gets(100)
    assert node.party(A, leaves_by).gets("INVITE").source == leaves_by


def test_calls_from_a_zone_by_its_interface_leave_for_the_core_by_another_listener(make_node: NodeMaker) -> None:
    node = with_listeners(make_node, [BOUND_1, FREE_1], core=pstn(targets=(Target(*CORE_A),)))
    caller = node.party(A, BOUND_1)
    caller.sends(caller.invite(FAR))
    caller.gets(100)
    assert node.party(CORE_A, FREE_1).gets("INVITE").source == FREE_1


@pytest.mark.parametrize(("listeners", "way"), [([FREE_1, FREE_2], FREE_1), ([BOUND_1, FREE_1, FREE_2], FREE_1), ([BOUND_1, BOUND_2], BOUND_1)])
def test_calls_to_a_judged_leg_leave_by_one_listener_whatever_they_came_in_by(make_node: NodeMaker, listeners: list[Place], way: Place) -> None:
    node = with_listeners(make_node, listeners)
    judge(node, 0)
    for came_by in listeners:
        caller = node.party(CORE, came_by)
        offered = Message(caller.invite(), CORE)
        caller.sends(offered.raw)
        caller.gets(100)
        arrived = node.party(A, way).gets("INVITE")
        assert arrived.source == way
        node.party(A, way).answers(arrived, 486)
        node.party(A, way).gets("ACK")
        caller.gets(486)


def with_listeners(make_node: NodeMaker, listeners: list[Place], **options: Any) -> Node:
    """Return a node with these listeners, and a trunk whose zone names no interface."""
    interfaces = {BOUND_1: "eth1", BOUND_2: "eth2"}
    return make_node(zoned("2t", (zone("a", A),)), listeners=[(interfaces.get(place, ""), "udp", place) for place in listeners], **options)


# ---------------------------------------------------------------------------------------- round a leg that died

def bring_down(node: Node, leg: int, *, slot: int = 0, seats: tuple[int, ...] = (1, 2), others: int = 0) -> None:
    """A zone goes down beside one that is up, or that goes with it."""
    for each, seat in enumerate(seats):
        judge(node, each, slot=slot, seat=seat, withheld=DOWN if each == leg else others)


def in_dialog(node: Node, call: Call, method: str) -> tuple[Message, Place]:
    """Let the caller send a request of the call; return it as the leg got it, and which of our addresses it came from."""
    if method == "ACK":
        node.core.sends(sip.in_dialog("ACK", call.caller, CORE, cseq=call.offered.cseq))
        arrived = call.leg.gets("ACK")
        return arrived, arrived.source
    node.core.sends(call.from_caller(method))
    arrived = call.leg.gets(method)
    node.core.received()
    call.leg.answers(arrived, 200)
    node.core.gets(200)
    return arrived, arrived.source


@pytest.mark.parametrize("method", ["ACK", "BYE", "INVITE", "UPDATE"])
def test_a_request_to_a_dead_zone_leaves_by_its_siblings_listener(make_node: NodeMaker, method: str) -> None:
    node = seated(make_node)
    call = node.call(node.party(A, SEAT_A))
    if method != "ACK":
        call.acknowledge()
    bring_down(node, 0)
    arrived, source = in_dialog(node, call, method)
    assert source == SEAT_B
    assert arrived.header("Via").startswith(f"SIP/2.0/UDP {sip.place_text(SEAT_B)};")


@pytest.mark.parametrize("method", ["ACK", "BYE", "INVITE"])
def test_no_way_round_is_taken_when_the_sibling_is_down_too(make_node: NodeMaker, method: str) -> None:
    node = seated(make_node)
    call = node.call(node.party(A, SEAT_A))
    if method != "ACK":
        call.acknowledge()
    bring_down(node, 0, others=DOWN)
    assert in_dialog(node, call, method)[1] == SEAT_A


def test_no_way_round_is_taken_while_the_zone_only_grows_back(make_node: NodeMaker) -> None:
    node = seated(make_node)
    call = node.established(node.party(A, SEAT_A))
    judge(node, 0, seat=1, withheld=99)
    judge(node, 1, seat=2)
    assert in_dialog(node, call, "INVITE")[1] == SEAT_A


def test_a_sibling_without_a_listener_is_no_way_round(make_node: NodeMaker) -> None:
    node = seated(make_node)
    call = node.established(node.party(A, SEAT_A))
    bring_down(node, 0, seats=(1, -1))
    assert in_dialog(node, call, "BYE")[1] == SEAT_A


@pytest.mark.parametrize("other", [("eth2", "tcp", SEAT_B), ("eth2", "udp", ("2001:db8::12", 5060))])
def test_no_way_round_leads_across_transports_or_families(make_node: NodeMaker, other: Any) -> None:
    node = make_node(zoned("2t", (zone("a", A, interface="eth1"), zone("b", B, interface="eth2"))), seats=[SEATS[0], other])
    call = node.established(node.party(A, SEAT_A))
    bring_down(node, 0)
    assert in_dialog(node, call, "BYE")[1] == SEAT_A


def test_a_request_to_a_caller_whose_zone_died_goes_round_too(make_node: NodeMaker) -> None:
    node = seated(make_node, core=pstn(mode=Mode("2t"), regions=regions((zone("a", CORE_A, interface="eth1"), zone("b", CORE_B, interface="eth2")))))
    caller = node.party(A, SEAT_A)
    offered, arrived = placed(node, CORE_A, caller)
    assert arrived.source == SEAT_A
    core = node.party(CORE_A, SEAT_A)
    core.answers(arrived, 200)
    answer = caller.gets(200)
    dialog, callee = sip.caller_dialog(offered, answer), sip.callee_dialog(arrived, answer)
    bring_down(node, 0, slot=CORE_SLOT)
    caller.sends(sip.in_dialog("ACK", dialog, A, cseq=offered.cseq))
    assert core.gets("ACK").source == SEAT_B
    core.sends(sip.in_dialog("INVITE", callee, CORE_A))
    core.gets(100)
    again = caller.gets("INVITE")
    assert again.source == SEAT_A
    caller.answers(again, 200)
    core.gets(200)
    bring_down(node, 0)
    core.sends(sip.in_dialog("BYE", callee, CORE_A))
    bye = caller.gets("BYE")
    assert bye.source == SEAT_B
    caller.answers(bye, 200)
    core.gets(200)


def test_a_request_to_the_core_that_called_goes_its_own_way(make_node: NodeMaker) -> None:
    node = seated(make_node)
    call = node.established(node.party(A, SEAT_A))
    bring_down(node, 0)
    call.leg.sends(call.from_callee("BYE"))
    bye = node.core.gets("BYE")
    assert bye.source == EDGE
    node.core.answers(bye, 200)
    call.leg.gets(200)


@pytest.mark.parametrize("allow", [True, False])
def test_a_request_to_a_cores_zone_that_called_and_died_goes_round(make_node: NodeMaker, allow: bool) -> None:
    zones = (zone("a", CORE_A, interface="eth1"), zone("b", CORE_B, interface="eth2"))
    node = seated(make_node, core=pstn(mode=Mode("2t"), regions=regions(zones if allow else tuple(replace(each, allow=()) for each in zones))))
    core, leg = node.party(CORE_A, SEAT_A), node.party(A, SEAT_A)
    offered = Message(core.invite(), CORE_A)
    core.sends(offered.raw)
    core.gets(100)
    arrived = leg.gets("INVITE")
    assert figures(node, CORE_SLOT) == [1, 0, 0, 0]
    leg.answers(arrived, 200)
    answer = core.gets(200)
    core.sends(sip.in_dialog("ACK", sip.caller_dialog(offered, answer), CORE_A, cseq=offered.cseq))
    leg.gets("ACK")
    bring_down(node, 0, slot=CORE_SLOT)
    leg.sends(sip.in_dialog("BYE", sip.callee_dialog(arrived, answer), A))
    bye = core.gets("BYE")
    assert bye.source == SEAT_B
    core.answers(bye, 200)
    leg.gets(200)
    assert figures(node, CORE_SLOT) == [0, 0, 0, 0]


def test_a_call_of_a_core_is_its_zones_at_the_same_port(make_node: NodeMaker) -> None:
    places = [("192.0.2.10", 5070), ("192.0.2.10", 5080)]
    node = make_node(core=pstn(mode=Mode("2t"), regions=regions(tuple(zone(name, place) for name, place in zip("ab", places, strict=True)))))
    for place in places:
        caller = node.party(place)
        caller.sends(caller.invite())
        caller.gets(100)
        node.primary.gets("INVITE")
    assert figures(node, CORE_SLOT) == [1, 1, 0, 0]


def test_a_request_on_a_callers_connection_stays_on_it(make_node: NodeMaker) -> None:
    seats = [("eth1", "tcp", SEAT_A), ("eth2", "tcp", SEAT_B)]
    node = make_node(zoned("2t", (zone("a", A, interface="eth1", transport="tcp"), zone("b", B, interface="eth2", transport="tcp"))),
                     core=pstn(mode=Mode("4t"), regions=regions((CORE_A,), (CORE_B,))), streams=True, seats=seats)
    caller = node.stream(A, 7)
    offered = Message(caller.invite(FAR), A)
    caller.sends(offered.raw)
    caller.gets(100)
    arrived = node.core.gets("INVITE")
    node.core.answers(arrived, 200)
    callee = sip.callee_dialog(arrived, caller.gets(200))
    bring_down(node, 0, seats=(2, 3))
    node.core.sends(sip.in_dialog("BYE", callee, CORE))
    bye = caller.gets("BYE")
    assert bye.source == EDGE
    caller.answers(bye, 200)
    node.core.gets(200)


# ---------------------------------------------------------------------------------------- figures

def test_figures_of_a_call_that_ends_return_to_zero(node: Node) -> None:
    call = node.established(node.party(A))
    assert (figures(node), node.pool()) == ([1, 0, 0, 0], 1)
    call.hang_up()
    assert (figures(node), node.pool()) == ([0, 0, 0, 0], 0)
    assert (figures(node, key="attempts"), figures(node, key="answered")) == ([1, 0, 0, 0], [1, 0, 0, 0])


def test_a_call_is_counted_where_it_is_while_it_moves(node: Node) -> None:
    _, arrived = node.offer(node.party(A))
    seen = [figures(node)]
    for place, following in ((A, B), (B, C)):
        node.party(place).answers(arrived, 503)
        node.party(place).gets("ACK")
        arrived = node.party(following).gets("INVITE")
        seen.append(figures(node))
    assert seen == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    node.party(C).answers(arrived, 200)
    node.core.gets(200)
    assert (figures(node), figures(node, key="answered")) == ([0, 0, 1, 0], [0, 0, 1, 0])


def test_a_late_answer_of_the_zone_that_was_given_up_takes_the_call_back(node: Node) -> None:
    _, first = node.offer(node.party(A))
    node.advance(2000)
    node.party(A).received()
    second = node.party(B).gets("INVITE")
    node.party(A).answers(first, 200)
    node.core.gets(200)
    assert (figures(node), figures(node, key="answered")) == ([1, 0, 0, 0], [1, 0, 0, 0])
    node.party(B).answers(second, 100)
    node.party(B).gets("CANCEL")


def end_by_cancel(node: Node, offered: Message, arrived: Message, core: Party) -> None:
    core.answers(arrived, 180)
    node.primary.gets(180)
    node.primary.cancels(offered)
    node.primary.gets(200)
    core.gets("CANCEL")
    core.answers(arrived, 487)
    core.gets("ACK")
    node.primary.gets(487)


def end_by_refusal(node: Node, offered: Message, arrived: Message, core: Party) -> None:
    core.answers(arrived, 603)
    core.gets("ACK")
    node.primary.gets(603)


def end_by_silence(node: Node, offered: Message, arrived: Message, core: Party) -> None:
    node.advance(4000)
    core.received()
    node.party(CORE_B).received()
    node.primary.gets(408)


def end_by_bye(node: Node, offered: Message, arrived: Message, core: Party) -> None:
    core.answers(arrived, 200)
    dialog = sip.caller_dialog(offered, node.primary.gets(200))
    node.primary.sends(sip.in_dialog("BYE", dialog, node.primary.place))
    core.answers(core.gets("BYE"), 200)
    node.primary.gets(200)


def end_without_ack(node: Node, offered: Message, arrived: Message, core: Party) -> None:
    core.answers(arrived, 200)
    node.primary.gets(200)
    node.advance(32_000)


@pytest.mark.parametrize("end", [end_by_cancel, end_by_refusal, end_by_silence, end_by_bye, end_without_ack])
def test_a_call_to_the_core_leaves_its_leg_however_it_ends(make_node: NodeMaker, end: Callable[..., None]) -> None:
    node = to_core(make_node)
    offered, arrived = placed(node, CORE_A)
    assert (figures(node, CORE_SLOT), figures(node), node.pool()) == ([1, 0, 0, 0], [1, 0, 0, 0], 1)
    used_before, unused = node.router.has_calls(CORE_SLOT), node.router.has_calls(CORE_SLOT - 1)
    end(node, offered, arrived, node.party(CORE_A))
    assert (figures(node, CORE_SLOT), figures(node), node.pool()) == ([0] * 4, [0] * 4, 0)
    used_after = node.router.has_calls(CORE_SLOT)
    assert (used_before, used_after, unused) == (True, False, False)


def test_a_call_to_the_core_that_outlives_a_restart_holds_its_pool_slot_and_no_leg_of_the_core(tmp_path: Any) -> None:
    """Cores may lie elsewhere on the board then; BYE still finds its way and frees what is held, once."""
    core = pstn(mode=Mode("2t"), regions=regions((CORE_A, CORE_B)))
    lasting = trunk(max_call_s=1_500_000_000)           # the clock of the first run is not that of the adopting one
    node = Node(lasting, core=core, state_dir=str(tmp_path))
    offered, arrived = placed(node, CORE_A)
    node.party(CORE_A).answers(arrived, 200)
    dialog = sip.caller_dialog(offered, node.primary.gets(200))
    node.primary.sends(sip.in_dialog("ACK", dialog, node.primary.place, cseq=offered.cseq))
    node.party(CORE_A).gets("ACK")
    del node
    again = Node(lasting, core=core, state_dir=str(tmp_path), slots={"acme": 0})
    assert (again.pool(), figures(again), figures(again, CORE_SLOT)) == (1, [1, 0, 0, 0], [0] * 4)
    judge(again, 0, slot=CORE_SLOT, withheld=DOWN, seat=0)
    again.primary.sends(sip.in_dialog("BYE", dialog, again.primary.place))
    again.party(CORE_A).answers(again.party(CORE_A).gets("BYE"), 200)
    again.primary.gets(200)
    assert (again.pool(), figures(again), figures(again, CORE_SLOT)) == (0, [0] * 4, [0] * 4)
    again.finish()
