"""By which way calls leave for zones, and for legs that name none. (spec §8)"""
from typing import Any

import pytest

from hasip.domain.trunk import Target
from tests.packet import sip
from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE, EDGE, Node, pstn, zone, zoned
from tests.packet.notices import judge
from tests.packet.sip import FAR, Message, Place
from tests.packet.zones import CORE_A, SEAT_A, SEAT_B, SEATS, A, B, seated


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
