"""A target that rings: failover after progress, ring timeout, timer C. (spec §3, RFC 3261 §16.8)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import Node, trunk
from tests.packet.sip import SDP


@pytest.mark.parametrize("status", [408, 480])
@pytest.mark.parametrize(("policy", "progress", "body", "moves"), [
    ("always", 180, b"", True), ("always", 183, SDP, True),
    ("no_early_media", 180, b"", True), ("no_early_media", 183, SDP, False), ("no_early_media", 180, SDP, False), ("no_early_media", 100, b"", True),
    ("never", 180, b"", False), ("never", 183, SDP, False), ("never", 100, b"", True)])
def test_failover_after_progress_decides_about_408_and_480(
        make_node: NodeMaker, policy: str, progress: int, body: bytes, moves: bool, status: int) -> None:
    node = make_node(trunk(failover_after_progress=policy))
    _, first = node.offer()
    node.primary.answers(first, progress, body=body)
    node.core.received()
    node.primary.answers(first, status)
    node.primary.gets("ACK")
    if moves:
        node.secondary.gets("INVITE")
    else:
        node.core.gets(status)


@pytest.mark.parametrize("policy", ["always", "no_early_media", "never"])
def test_503_after_ringing_moves_the_call_by_any_policy(make_node: NodeMaker, policy: str) -> None:
    node = make_node(trunk(failover_after_progress=policy))
    _, first = node.offer()
    node.primary.answers(first, 183, body=SDP)
    node.core.gets(183)
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    node.secondary.gets("INVITE")


def test_ring_timeout_counts_as_408_from_the_first_provisional_response(make_node: NodeMaker) -> None:
    node = make_node(trunk(ring_timeout_s=20))
    _, first = node.offer()
    node.primary.answers(first, 180)
    node.advance(15_000)
    node.primary.answers(first, 180)
    assert [message.status for message in node.core.received()] == [180, 180]
    node.advance(4_990)
    node.primary.gets_nothing()
    node.advance(10)
    cancel = node.primary.gets("CANCEL")
    assert cancel.branch == first.branch
    node.secondary.gets("INVITE")
    assert node.count("FAR_END_RINGS_ON") == 1
    node.primary.answers(cancel, 200)
    node.primary.answers(first, 487)
    node.primary.gets("ACK")


@pytest.mark.parametrize("policy", ["never", "no_early_media"])
def test_ring_timeout_obeys_failover_after_progress(make_node: NodeMaker, policy: str) -> None:
    node = make_node(trunk(ring_timeout_s=20, failover_after_progress=policy))
    _, first = node.offer()
    node.primary.answers(first, 183, body=SDP)
    node.core.gets(183)
    node.advance(20_000)
    node.primary.gets("CANCEL")
    node.secondary.gets_nothing()
    node.core.gets(408)
    assert node.pool() == 0


def test_ring_timeout_of_the_last_leg_is_408_to_the_caller_though_the_other_said_503(make_node: NodeMaker) -> None:
    node = make_node(trunk(ring_timeout_s=20))
    _, first = node.offer()
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    node.secondary.answers(node.secondary.gets("INVITE"), 180)
    node.core.gets(180)
    node.advance(20_000)
    node.secondary.gets("CANCEL")
    node.core.gets(408)


def test_rfc3261_16_8_timer_c_cancels_after_180_s_and_the_caller_gets_408(node: Node) -> None:
    _, first = node.offer()
    node.primary.answers(first, 180)
    node.core.gets(180)
    node.advance(179_990)
    node.primary.gets_nothing()
    node.advance(10)
    node.primary.gets("CANCEL")
    node.secondary.gets_nothing()
    node.core.gets(408)
    assert (node.pool(), node.count("REFUSED_TIMER_C")) == (0, 1)


def test_timer_c_is_restarted_by_101_to_199_and_not_by_100(node: Node) -> None:
    _, first = node.offer()
    node.primary.answers(first, 180)
    node.advance(100_000)
    node.primary.answers(first, 183)
    node.advance(100_000)
    node.primary.answers(first, 100)
    node.advance(79_990)
    assert [message.status for message in node.core.received()] == [180, 183]
    node.advance(10)
    node.primary.gets("CANCEL")
    node.core.gets(408)


def test_timer_c_after_503_of_the_other_leg_is_408_to_the_caller(node: Node) -> None:
    _, first = node.offer()
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    node.secondary.answers(node.secondary.gets("INVITE"), 180)
    node.core.gets(180)
    node.advance(180_000)
    node.secondary.gets("CANCEL")
    node.core.gets(408)
