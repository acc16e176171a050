"""What the control plane is told of trunks: pools that fill up and calls that move on, once, until it says that this is over."""
import pytest

from hasip.bridge.notices import Notice
from tests.packet.conftest import NodeMaker
from tests.packet.node import Call, Node, trunk
from tests.packet.notices import notices, told


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    node = make_node(trunk(calls=5))
    node.router.watch_trunks()
    return node


def fill(node: Node, calls: int) -> list[Call]:
    return [node.established() for _ in range(calls)]


def move_on(node: Node, status: int = 503) -> None:
    """Place a call that the primary fails and the secondary declines."""
    sent, arrived = node.offer(node.primary)
    if status:
        node.primary.answers(arrived, status)
        node.primary.gets("ACK")
    else:
        node.advance(2000)
        node.primary.received()
    node.secondary.answers(node.secondary.gets("INVITE"), 603)
    node.secondary.gets("ACK")
    [final] = node.core.received()
    node.core.acknowledges(sent, final)


def moves(node: Node) -> list[Notice]:
    return [notice for notice in notices(node) if notice.kind.startswith("failover_")]


def test_a_pool_is_told_at_four_fifths_and_when_it_is_full_once_each(node: Node) -> None:
    calls = fill(node, 3)
    assert told(node) == []
    calls += fill(node, 1)
    assert told(node) == [("pool_high", 0)]
    calls += fill(node, 1)
    assert told(node) == [("pool_full", 0)]
    calls.pop().hang_up()
    fill(node, 1)
    assert told(node) == []                                                     # it was told, and nobody said that it is over


def test_a_pool_that_was_settled_is_told_again(node: Node) -> None:
    calls = fill(node, 5)
    assert told(node) == [("pool_high", 0), ("pool_full", 0)]
    calls.pop().hang_up()
    node.router.settle_pool(0, 1)
    fill(node, 1)
    assert told(node) == [("pool_full", 0)]


def test_the_first_call_that_moves_on_is_told_with_its_cause(node: Node) -> None:
    move_on(node)
    move_on(node, 480)
    assert [(notice.kind, notice.account, notice.status) for notice in moves(node)] == [("failover_by_code", 0, 503)]
    node.router.settle_failover(0)
    move_on(node, 0)
    assert [(notice.kind, notice.account, notice.status) for notice in moves(node)] == [("failover_silent", 0, 0)]


def test_silence_is_counted_by_how_long_it_lasted(node: Node) -> None:
    move_on(node, 0)
    silences = node.router.silences()
    assert dict(zip(silences["bounds_s"], silences["counts"], strict=False))[2.0] == 1
    assert silences["sum_s"] == 2.0


def test_nothing_is_told_of_trunks_to_who_does_not_want_it(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=1))
    fill(node, 1)
    assert told(node) == []
