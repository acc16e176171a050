"""Calls to a core's zones. (spec §2, §8)"""
import itertools

from hasip.domain.trunk import Target
from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE_SLOT
from tests.packet.notices import judge
from tests.packet.sip import FAR
from tests.packet.zones import CORE_A, CORE_B, DOWN, figures, placed, to_core


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
