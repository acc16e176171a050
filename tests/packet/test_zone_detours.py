"""Requests of calls whose leg died: round it, where another leg leads there. (spec §8)"""
from dataclasses import replace
from typing import Any

import pytest

from hasip.domain.trunk import Mode
from tests.packet import sip
from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE, CORE_SLOT, EDGE, Call, Node, pstn, regions, zone, zoned
from tests.packet.notices import judge
from tests.packet.sip import FAR, Message, Place
from tests.packet.zones import CORE_A, CORE_B, DOWN, SEAT_A, SEAT_B, SEATS, A, B, C, figures, placed, seated


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


def test_a_call_of_a_zone_that_is_configured_no_more_keeps_its_way_though_the_zone_in_its_place_is_dead(make_node: NodeMaker) -> None:
    seat_c = ("198.51.100.13", 5060)
    node = make_node(zoned("2t", (zone("a", A, interface="eth1"), zone("b", B, interface="eth2"))), seats=[*SEATS, ("eth3", "udp", seat_c)])
    call = node.established(node.party(A, SEAT_A))
    node.publish(zoned("2t", (zone("b", B, interface="eth2"), zone("c", C, interface="eth3"))))
    bring_down(node, 0, seats=(2, 3))
    assert in_dialog(node, call, "BYE")[1] == SEAT_A


def test_a_leg_whose_way_is_gone_has_no_listener_and_is_gone_round_too(make_node: NodeMaker) -> None:
    node = seated(make_node)
    call = node.established(node.party(A, SEAT_A))
    bring_down(node, 0, seats=(-1, 2))
    assert in_dialog(node, call, "BYE")[1] == SEAT_B


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
