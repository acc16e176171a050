"""Far ends that can't be reached: ICMP, failed sends, no way there. (spec §3)"""
import pytest

from tests._plane import is_unreachable_error
from tests.packet.conftest import NodeMaker
from tests.packet.node import Node, trunk
from tests.packet.sip import Message

QUEUE_IPV4, QUEUE_IPV6 = (0, 11), (41, 25)              # SOL_IP, IP_RECVERR; SOL_IPV6, IPV6_RECVERR
LOCAL, ICMP, ICMP6 = 1, 2, 3                            # SO_EE_ORIGIN_…


def test_icmp_moves_the_call_at_once(node: Node) -> None:
    _, first = node.offer()
    node.icmp(first)
    assert node.secondary.gets("INVITE").at == node.now_ms
    assert node.count("FAR_END_ERROR_ICMP") == 1


def test_a_send_that_fails_moves_the_call_at_once(node: Node) -> None:
    _, first = node.offer()
    node.refuse_by_kernel(first)
    node.secondary.gets("INVITE")
    assert node.count("FAR_END_ERROR_SEND") == 1


def test_icmp_returns_but_the_first_bytes_and_still_names_the_attempt(node: Node) -> None:
    _, first = node.offer()
    node.icmp(Message(first.raw[:first.raw.index(b"\r\nMax-Forwards")]))
    node.secondary.gets("INVITE")


def test_icmp_about_an_attempt_that_answered_changes_nothing(node: Node) -> None:
    _, first = node.offer()
    node.primary.answers(first, 180)
    node.core.gets(180)
    node.icmp(first)
    node.primary.answers(first, 200)
    node.core.gets(200)


def test_icmp_about_an_attempt_that_is_over_changes_nothing(node: Node) -> None:
    _, first = node.offer()
    node.icmp(first)
    node.icmp(first)
    node.secondary.gets("INVITE")


@pytest.mark.parametrize("returned", [
    b"", b"INVITE sip:x SIP/2.0", b";branch=", b";branch=z9hG4bK", b"Via: SIP/2.0/UDP a;branch=z9hG4bKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"])
def test_icmp_about_datagrams_that_name_no_attempt_is_ignored(node: Node, returned: bytes) -> None:
    node.offer()
    node.icmp(Message(returned))
    node.secondary.gets_nothing()


def test_icmp_about_the_ack_of_a_2xx_is_ignored(node: Node) -> None:
    node.icmp(node.call().acknowledge())
    assert node.pool() == 1


@pytest.mark.parametrize(("level", "kind", "origin", "icmp_type", "icmp_code", "is_far_end_error"), [
    *((*QUEUE_IPV4, ICMP, 3, code, code != 4) for code in range(16)),           # 4: fragmentation needed
    *((*QUEUE_IPV6, ICMP6, 1, code, True) for code in range(8)),
    (*QUEUE_IPV4, ICMP, 11, 0, False), (*QUEUE_IPV4, ICMP, 12, 0, False), (*QUEUE_IPV4, LOCAL, 3, 3, False),
    (*QUEUE_IPV6, ICMP6, 2, 0, False), (*QUEUE_IPV6, ICMP6, 3, 0, False), (*QUEUE_IPV6, LOCAL, 1, 0, False),
    (1, 29, ICMP, 3, 3, False)])
def test_destination_unreachable_and_no_other_icmp_is_a_far_end_error(
        level: int, kind: int, origin: int, icmp_type: int, icmp_code: int, is_far_end_error: bool) -> None:
    assert is_unreachable_error(level, kind, origin, icmp_type, icmp_code) is is_far_end_error


def test_nothing_but_transport_errors_becomes_500_with_warning(node: Node) -> None:
    _, first = node.offer()
    node.icmp(first)
    node.icmp(node.secondary.gets("INVITE"))
    assert node.core.gets(500).header("Warning") == '399 hasip "all targets failed"'
    assert (node.pool(), node.count("REFUSED_ALL_TARGETS_FAILED")) == (0, 1)


@pytest.mark.parametrize(("status", "best"), [(503, 500), (486, 486)])
def test_a_response_beats_a_transport_error(node: Node, status: int, best: int) -> None:
    _, first = node.offer()
    node.icmp(first)
    node.secondary.answers(node.secondary.gets("INVITE"), status)
    node.secondary.gets("ACK")
    assert node.core.gets(best).header("Warning") == ""


def test_silence_and_a_transport_error_become_408(node: Node) -> None:
    node.offer()
    node.advance(2000)
    node.primary.received()
    node.icmp(node.secondary.gets("INVITE"))
    node.core.gets(408)


def test_a_leg_that_cannot_be_reached_from_here_is_passed_over(make_node: NodeMaker) -> None:
    node = make_node(trunk(primary=("2001:db8::99", 5060)))          # no IPv6 listener
    node.offer(node.secondary)


@pytest.mark.parametrize("mode", ["only_primary", "load_balancing", "auto_failover"])
def test_legs_that_cannot_be_reached_from_here_are_500(make_node: NodeMaker, mode: str) -> None:
    node = make_node(trunk(mode, primary=("2001:db8::99", 5060), secondary=("2001:db8::98", 5060)))
    node.core.sends(node.core.invite())
    assert "all targets failed" in node.core.gets(100, 500).header("Warning")
    assert node.pool() == 0


@pytest.mark.parametrize("mode", ["only_primary", "auto_failover"])
def test_an_unregistered_leg_is_480_with_warning_and_no_failover(make_node: NodeMaker, mode: str) -> None:
    node = make_node(trunk(mode, primary=None))
    node.core.sends(node.core.invite())
    assert node.core.gets(100, 480).header("Warning") == '399 hasip "user not registered"'
    assert (node.pool(), node.count("REFUSED_NOT_REGISTERED")) == (0, 1)
    node.secondary.gets_nothing()
