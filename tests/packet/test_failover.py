"""When a call moves to the next target, and when it does not. (spec §3, RFC 3261 §16.7)"""
import pytest

from hasip.domain.trunk import FAILOVER_CODES
from tests._plane import is_unreachable_error
from tests.packet.conftest import NodeMaker
from tests.packet.node import PRIMARY, Node, trunk
from tests.packet.sip import SDP, Message

STAYING_CODES = [300, 301, 302, 305, 380, 400, 401, 402, 403, 404, 405, 406, 407, 409, 410, 413, 414, 415, 416, 420, 421, 422, 423, 481, 482, 483,
                 484, 485, 486, 487, 488, 489, 491, 493, 494, 506, 507, 512, 514, 555, 579, 581, 599, 600, 603, 604, 606, 607, 608, 699]
ONE_ATTEMPT_MODES = ["only_primary", "load_balancing"]
QUEUE_IPV4, QUEUE_IPV6 = (0, 11), (41, 25)              # SOL_IP, IP_RECVERR; SOL_IPV6, IPV6_RECVERR
LOCAL, ICMP, ICMP6 = 1, 2, 3                            # SO_EE_ORIGIN_…
FAILOVER_MODES = ["auto_failover", "2t", "4t", "2t4t"]


# ---------------------------------------------------------------------------------------- codes

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


# ---------------------------------------------------------------------------------------- the best response

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


# ---------------------------------------------------------------------------------------- silence

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


# ---------------------------------------------------------------------------------------- far-end connection errors

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


# ---------------------------------------------------------------------------------------- ringing

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


# ---------------------------------------------------------------------------------------- other requests

@pytest.mark.parametrize("method", ["OPTIONS", "MESSAGE", "SUBSCRIBE", "INFO", "REFER", "NOTIFY", "PUBLISH", "FROBNICATE"])
def test_other_requests_to_a_number_fail_over_by_the_same_table_and_take_no_slot(node: Node, method: str) -> None:
    assert node.core.sends(node.core.request(method)) == ("FORWARD", "NONE")
    assert node.count("FORWARDED_REQUEST") == 1
    assert node.primary.answers(node.primary.gets(method), 503) == ("RELAY", "RECEIVED_FAILURE")
    assert node.pool() == 0
    assert node.secondary.answers(node.secondary.gets(method), 202) == ("RELAY", "RELAYED_SUCCESS")
    node.core.gets(202)


def test_a_silent_leg_moves_other_requests_too(node: Node) -> None:
    node.core.sends(node.core.request("MESSAGE"))
    node.advance(2000)
    assert [message.at for message in node.primary.received()] == [0, 500, 1500]
    node.secondary.answers(node.secondary.gets("MESSAGE"), 200)
    node.core.gets(200)


def test_rfc4320_nobody_answers_a_request_that_is_no_invite_with_408(node: Node) -> None:
    node.core.sends(node.core.request("MESSAGE"))
    node.advance(40_000)
    node.primary.received()
    node.secondary.received()
    node.core.gets_nothing()
    assert node.count("TIMED_OUT_REQUEST") == 1


def test_rfc4320_a_408_from_the_far_end_goes_no_further_unless_it_answers_an_invite(make_node: NodeMaker) -> None:
    node = make_node(trunk("only_primary"))
    node.core.sends(node.core.request("MESSAGE"))
    node.primary.answers(node.primary.gets("MESSAGE"), 408)
    node.core.gets_nothing()


def test_rfc4320_a_404_beats_a_408_that_may_not_be_relayed(node: Node) -> None:
    node.core.sends(node.core.request("MESSAGE"))
    node.primary.answers(node.primary.gets("MESSAGE"), 408)
    node.secondary.answers(node.secondary.gets("MESSAGE"), 404)
    node.core.gets(404)


@pytest.mark.parametrize("status", [100, 180, 183])
def test_rfc4320_provisional_responses_go_no_further_unless_they_answer_an_invite(node: Node, status: int) -> None:
    node.core.sends(node.core.request("MESSAGE"))
    arrived = node.primary.gets("MESSAGE")
    assert node.primary.answers(arrived, status)[0] == "ABSORB"
    node.core.gets_nothing()
    node.primary.answers(arrived, 200)
    node.core.gets(200)


def test_a_request_that_nobody_answered_is_absorbed_when_it_comes_again(node: Node) -> None:
    message = node.core.request("MESSAGE")
    node.core.sends(message)
    node.advance(7500)
    node.primary.received()
    node.secondary.received()
    assert node.core.sends(message) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    node.primary.gets_nothing()


def test_a_late_2xx_to_a_request_that_nobody_answered_in_time_goes_to_the_caller(node: Node) -> None:
    node.core.sends(node.core.request("MESSAGE"))
    node.advance(7500)
    first = node.primary.received()[0]
    node.secondary.received()
    assert node.primary.answers(first, 200) == ("RELAY", "RELAYED_SUCCESS")
    node.core.gets(200)


def test_all_targets_unreachable_is_500_to_other_requests_too(make_node: NodeMaker) -> None:
    node = make_node(trunk("only_primary", primary=PRIMARY))
    node.core.sends(node.core.request("OPTIONS"))
    node.icmp(node.primary.gets("OPTIONS"))
    node.core.gets(500)
