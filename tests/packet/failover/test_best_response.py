"""What the caller gets when every target failed. (RFC 3261 §16.7)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import Node, trunk


@pytest.mark.parametrize(("first_status", "second_status", "best"), [
    (503, 486, 486), (503, 404, 404), (480, 503, 480), (500, 408, 408), (480, 486, 480), (480, 407, 407), (503, 603, 603), (503, 302, 302),
    (503, 503, 500), (504, 503, 504), (480, 484, 484), (408, 401, 401)])
def test_rfc3261_16_7_the_caller_gets_the_best_response(node: Node, first_status: int, second_status: int, best: int) -> None:
    _, first = node.offer()
    node.primary.answers(first, first_status)
    node.primary.gets("ACK")
    node.secondary.answers(node.secondary.gets("INVITE"), second_status)
    node.secondary.gets("ACK")
    node.core.gets(best)
    assert node.pool() == 0


def test_503_becomes_500_with_the_original_code_in_reason(make_node: NodeMaker) -> None:
    node = make_node(trunk("only_primary"))
    _, first = node.offer()
    node.primary.answers(first, 503, headers=[("X-Mine", "1")], body=b"why\0not")
    node.primary.gets("ACK")
    final = node.core.gets(500)
    assert final.header("Reason").startswith("SIP;cause=503")
    assert (final.header("X-Mine"), final.body) == ("1", b"why\0not")


@pytest.mark.parametrize("status", [404, 480, 486, 500, 503, 600, 603])
def test_retry_after_is_never_relayed(make_node: NodeMaker, status: int) -> None:
    node = make_node(trunk("only_primary"))
    _, first = node.offer()
    node.primary.answers(first, status, headers=[("Retry-After", "120"), ("X-Mine", "1"), ("retry-after", "7 (soon)")])
    node.primary.gets("ACK")
    [final] = node.core.received()
    assert (final.all("Retry-After"), final.header("X-Mine")) == ([], "1")


def test_503_becomes_500_whatever_else_there_is_to_edit(make_node: NodeMaker) -> None:
    node = make_node(trunk("only_primary"))
    _, first = node.offer()
    node.primary.answers(first, 503, headers=[("Retry-After", "1"), ("X", "y")] * 40)
    node.primary.gets("ACK")
    assert len(node.core.gets(500).all("X")) == 40
