"""Which codes move a call to the next target, and which do not. (spec §3)"""
import pytest

from hasip.domain.trunk import FAILOVER_CODES
from tests.packet.conftest import NodeMaker
from tests.packet.failover.modes import FAILOVER_MODES, ONE_ATTEMPT_MODES
from tests.packet.node import Node, trunk

STAYING_CODES = [300, 301, 302, 305, 380, 400, 401, 402, 403, 404, 405, 406, 407, 409, 410, 413, 414, 415, 416, 420, 421, 422, 423, 481, 482, 483,
                 484, 485, 486, 487, 488, 489, 491, 493, 494, 506, 507, 512, 514, 555, 579, 581, 599, 600, 603, 604, 606, 607, 608, 699]


@pytest.mark.parametrize("mode", FAILOVER_MODES)
@pytest.mark.parametrize("status", sorted(FAILOVER_CODES))
def test_a_far_end_failure_of_the_table_moves_the_call_at_once(make_node: NodeMaker, mode: str, status: int) -> None:
    node = make_node(trunk(mode))
    _, first = node.offer()
    assert node.primary.answers(first, status) == ("RELAY", "RECEIVED_FAILURE")
    node.primary.gets("ACK")
    second = node.secondary.gets("INVITE")
    assert (second.at, second.request_uri) == (node.now_ms, "sip:+6561234567@203.0.113.2:5060")
    assert second.branch != first.branch
    node.core.gets_nothing()
    assert node.secondary.answers(second, 200) == ("RELAY", "RELAYED_SUCCESS")
    node.core.gets(200)
    assert (node.pool(), node.count("FORWARDED_FAILOVER")) == (1, 1)


@pytest.mark.parametrize("status", STAYING_CODES)
def test_any_other_code_goes_to_the_caller_and_no_further(node: Node, status: int) -> None:
    offered, first = node.offer()
    assert node.primary.answers(first, status) == ("RELAY", "RECEIVED_FAILURE")
    node.primary.gets("ACK")
    node.secondary.gets_nothing()
    node.core.acknowledges(offered, node.core.gets(status))
    assert (node.pool(), node.count("FORWARDED_FAILOVER")) == (0, 0)


def test_of_all_codes_exactly_those_of_the_table_move_a_call(node: Node) -> None:
    moved = set()
    for status in range(300, 700):
        offered, first = node.offer(body=b"")
        node.primary.answers(first, status)
        node.primary.gets("ACK")
        if node.wire and node.wire[0].dst != node.core.place[0]:
            moved.add(status)
            node.secondary.answers(node.secondary.gets("INVITE"), 486)
            node.secondary.gets("ACK")
        node.core.acknowledges(offered, node.core.received()[0])
        node.advance(33_000)
    assert moved == FAILOVER_CODES


def test_a_trunk_may_have_a_table_of_its_own(make_node: NodeMaker) -> None:
    node = make_node(trunk(failover_codes=frozenset({486, 603})))
    for status, moves in [(503, False), (486, True), (603, True)]:
        offered, first = node.offer()
        node.primary.answers(first, status)
        node.primary.gets("ACK")
        assert bool(node.secondary.received()) is moves
        if not moves:
            node.core.acknowledges(offered, node.core.gets(500))


@pytest.mark.parametrize("mode", ONE_ATTEMPT_MODES)
@pytest.mark.parametrize(("status", "relayed"), [(408, 408), (480, 480), (500, 500), (503, 500), (504, 504), (580, 580)])
def test_modes_that_do_not_fail_over_make_one_attempt(make_node: NodeMaker, mode: str, status: int, relayed: int) -> None:
    node = make_node(trunk(mode))
    _, first = node.offer()
    node.primary.answers(first, status)
    node.primary.gets("ACK")
    node.secondary.gets_nothing()
    node.core.gets(relayed)


@pytest.mark.parametrize("status", [600, 603, 604, 606])
def test_6xx_of_the_secondary_stops_the_search_and_beats_all_else(node: Node, status: int) -> None:
    _, first = node.offer()
    node.primary.answers(first, 480)
    node.primary.gets("ACK")
    node.secondary.answers(node.secondary.gets("INVITE"), status)
    node.secondary.gets("ACK")
    node.core.gets(status)
