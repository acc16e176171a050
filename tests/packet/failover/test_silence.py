"""A target that says nothing: when the call moves on, and what the caller gets. (spec §3, RFC 3261 §16.8)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.failover.modes import ONE_ATTEMPT_MODES
from tests.packet.node import Node, trunk


def test_silence_moves_the_call_after_2000_ms_and_three_transmissions(node: Node) -> None:
    started = node.now_ms
    _, first = node.offer()
    node.advance(1990)
    again = node.primary.received()
    assert [(message.at - started, message.raw) for message in again] == [(500, first.raw), (1500, first.raw)]
    node.secondary.gets_nothing()
    node.advance(10)
    assert node.secondary.gets("INVITE").at - started == 2000
    assert node.count("FAR_END_SILENT") == 1
    node.advance(300)
    node.primary.gets_nothing()


def test_no_response_ms_is_the_trunks(make_node: NodeMaker) -> None:
    node = make_node(trunk(no_response_ms=700))
    node.offer()
    node.advance(700)
    node.primary.gets("INVITE")
    assert node.secondary.gets("INVITE").at == node.now_ms


@pytest.mark.parametrize("status", [100, 180, 183, 199])
def test_any_response_100_included_ends_the_silence(node: Node, status: int) -> None:
    _, first = node.offer()
    node.advance(1900)
    node.primary.received()
    node.primary.answers(first, status)
    node.core.received()
    node.advance(60_000)
    node.primary.gets_nothing()
    node.secondary.gets_nothing()
    node.core.gets_nothing()


def test_nothing_but_silence_becomes_408(node: Node) -> None:
    node.offer()
    node.advance(2000)
    node.primary.received()
    node.advance(2000)
    node.secondary.received()
    assert node.core.gets(408).at == node.now_ms
    assert (node.pool(), node.count("REFUSED_NO_ANSWER")) == (0, 1)


@pytest.mark.parametrize(("status", "best"), [(503, 408), (480, 480), (404, 404), (407, 407), (603, 603)])
def test_rfc3261_16_8_silence_counts_as_408_among_the_responses(node: Node, status: int, best: int) -> None:
    node.offer()
    node.advance(2000)
    node.primary.received()
    node.secondary.answers(node.secondary.gets("INVITE"), status)
    node.secondary.gets("ACK")
    node.core.gets(best)


def test_503_then_silence_becomes_408(node: Node) -> None:
    _, first = node.offer()
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    node.advance(2000)
    node.secondary.received()
    node.core.gets(408)


def test_setup_spends_at_most_10_s_on_silence(make_node: NodeMaker) -> None:
    node = make_node(trunk(no_response_ms=6000))
    started = node.now_ms
    node.offer()
    node.advance(6000)
    node.primary.received()
    node.advance(3990)
    node.secondary.received()
    node.core.gets_nothing()
    node.advance(10)
    node.secondary.received()
    assert node.core.gets(408).at - started == 10_000


@pytest.mark.parametrize("mode", ONE_ATTEMPT_MODES)
def test_one_silent_attempt_ends_after_10_s(make_node: NodeMaker, mode: str) -> None:
    node = make_node(trunk(mode))
    node.offer()
    node.advance(10_000)
    assert [message.at for message in node.primary.received()] == [500, 1500, 3500, 7500]
    assert node.core.gets(408).at == 10_000
    node.secondary.gets_nothing()
