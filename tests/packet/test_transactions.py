"""Retransmissions, timers, and what is remembered for how long. (RFC 3261 §17, RFC 6026)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import Node, trunk
from tests.packet.sip import Message, hop_request, response

# ---------------------------------------------------------------------------------------- INVITE server transaction (§17.2.1)

def test_retransmitted_invite_is_answered_100_while_nobody_has_rung(node: Node) -> None:
    offered, _ = node.offer()
    assert node.core.sends(offered.raw) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    node.core.gets(100)
    node.primary.gets_nothing()


def test_retransmitted_invite_is_absorbed_while_ringing(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 180)
    node.core.gets(180)
    assert node.core.sends(offered.raw) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    assert len(node.core.received()) == 1
    node.primary.gets_nothing()


def test_retransmitted_invite_during_failover_starts_nothing(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    node.secondary.gets("INVITE")
    node.core.sends(offered.raw)
    node.core.gets(100)
    node.primary.gets_nothing()
    node.secondary.gets_nothing()


def test_retransmitted_invite_after_a_failure_gets_that_failure_again(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 486)
    node.primary.gets("ACK")
    final = node.core.gets(486)
    node.core.sends(offered.raw)
    assert node.core.gets(486).raw == final.raw


def test_timer_g_resends_a_failure_until_its_ack(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 486)
    node.primary.gets("ACK")
    final = node.core.gets(486)
    node.advance(8000)
    assert [message.at for message in node.core.received()] == [500, 1500, 3500, 7500]
    assert node.core.acknowledges(offered, final) == ("ABSORB", "ABSORBED_ACK")
    node.advance(10_000)
    node.core.gets_nothing()
    node.primary.gets_nothing()


def test_timer_h_gives_up_waiting_for_the_ack_after_32_s(node: Node) -> None:
    _, first = node.offer()
    node.primary.answers(first, 486)
    node.primary.gets("ACK")
    node.core.gets(486)
    node.advance(31_990)
    assert [message.at for message in node.core.received()] == [500, 1500, *range(3500, 32_000, 4000)]
    assert node.count("TIMED_OUT_ACK") == 0
    node.advance(10)
    assert (node.count("TIMED_OUT_ACK"), node.transactions) == (1, 0)


def test_timer_i_absorbs_acks_for_5_s_and_then_forgets(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 486)
    node.primary.gets("ACK")
    final = node.core.gets(486)
    for _ in range(3):
        assert node.core.acknowledges(offered, final) == ("ABSORB", "ABSORBED_ACK")
    assert node.core.sends(offered.raw) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    node.core.gets_nothing()
    node.advance(5000)
    assert node.core.acknowledges(offered, final) == ("ABSORB", "ABSORBED_STRAY_ACK")
    assert node.transactions == 2                       # timer D: the attempt, and the record that owns it
    node.advance(27_000)
    assert node.transactions == 0


def test_rfc6026_timer_l_and_m_absorb_invites_and_relay_2xx_for_32_s(node: Node) -> None:
    call = node.call()
    call.acknowledge()
    node.advance(16_000)
    assert node.core.sends(call.offered.raw) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    node.core.gets_nothing()
    assert node.primary.answers(call.arrived, 200) == ("RELAY", "RELAYED_SUCCESS")
    assert node.core.gets(200).raw == call.answer.raw
    node.advance(15_990)
    assert node.transactions == 2
    node.advance(10)
    assert node.transactions == 0
    assert node.primary.answers(call.arrived, 200) == ("DROP", "DROPPED_STRAY_RESPONSE")


@pytest.mark.parametrize("status", [180, 486, 503, 603])
def test_rfc6026_after_a_2xx_no_other_response_is_relayed(node: Node, status: int) -> None:
    call = node.call()
    assert node.primary.answers(call.arrived, status)[0] == "ABSORB"
    node.core.gets_nothing()
    node.primary.gets_nothing()


# ---------------------------------------------------------------------------------------- INVITE client transaction (§17.1.1)

def test_timer_a_doubles_without_end(make_node: NodeMaker) -> None:
    node = make_node(trunk("only_primary"))
    node.offer()
    node.advance(9990)
    assert [message.at for message in node.primary.received()] == [500, 1500, 3500, 7500]


def test_retransmissions_of_an_invite_end_with_a_provisional_response(node: Node) -> None:
    _, first = node.offer()
    node.advance(600)
    node.primary.gets("INVITE")
    assert node.primary.answers(first, 100) == ("ABSORB", "ABSORBED_100")
    node.advance(30_000)
    node.primary.gets_nothing()


def test_timer_b_ends_a_reinvite_after_32_s_with_408(node: Node) -> None:
    call = node.established()
    started = node.now_ms
    node.core.sends(call.from_caller("INVITE"))
    node.core.gets(100)
    node.advance(31_990)
    assert [message.at - started for message in node.primary.received()] == [0, 500, 1500, 3500, 7500, 15_500, 31_500]
    node.core.gets_nothing()
    node.advance(10)
    node.core.gets(408)
    assert node.pool() == 1


def test_ack_of_a_failure_is_made_hop_by_hop(node: Node) -> None:
    _, first = node.offer()
    node.primary.answers(first, 486, tag="busy")
    ack = node.primary.gets("ACK")
    assert (ack.request_uri, ack.all("Via"), ack.header("From"), ack.call_id, ack.header("CSeq"), ack.body) == (
        first.request_uri, [first.header("Via")], first.header("From"), first.call_id, "1 ACK", b"")
    assert ack.header("To").endswith(";tag=busy")
    node.core.gets(486)


def test_timer_d_acknowledges_a_retransmitted_failure_for_32_s(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 486)
    ack = node.primary.gets("ACK")
    node.core.acknowledges(offered, node.core.gets(486))
    node.advance(31_990)
    assert node.primary.answers(first, 486) == ("ABSORB", "ABSORBED_RESPONSE")
    assert node.primary.gets("ACK").raw == ack.raw
    node.core.gets_nothing()
    node.advance(10)
    assert node.primary.answers(first, 486) == ("DROP", "DROPPED_STRAY_RESPONSE")
    assert node.transactions == 0


# ---------------------------------------------------------------------------------------- other transactions (§17.1.2, §17.2.2)

def test_timer_e_doubles_up_to_4_s_and_timer_f_ends_it_after_32_s(node: Node) -> None:
    call = node.established()
    started = node.now_ms
    node.core.sends(call.from_caller("INFO"))
    node.advance(31_990)
    assert [message.at - started for message in node.primary.received()] == [0, 500, 1500, 3500, *range(7500, 32_000, 4000)]
    assert node.count("TIMED_OUT_REQUEST") == 0
    node.advance(10)
    assert node.count("TIMED_OUT_REQUEST") == 1
    node.core.gets_nothing()


def test_timer_e_is_4_s_once_a_provisional_response_came(node: Node) -> None:
    call = node.established()
    node.core.sends(call.from_caller("INFO"))
    started = node.now_ms
    arrived = node.primary.gets("INFO")
    node.primary.answers(arrived, 100)
    node.advance(9000)
    assert [message.at - started for message in node.primary.received()] == [4000, 8000]


def test_retransmitted_request_is_absorbed_and_gets_its_final_response_again_for_32_s(node: Node) -> None:
    message = node.core.request("MESSAGE")
    node.core.sends(message)
    assert node.core.sends(message) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    node.core.gets_nothing()
    node.primary.answers(node.primary.gets("MESSAGE"), 200)
    final = node.core.gets(200)
    node.advance(31_990)
    node.core.sends(message)
    assert node.core.gets(200).raw == final.raw
    node.advance(10)
    assert node.transactions == 0


def test_timer_k_forgets_the_attempt_after_5_s(node: Node) -> None:
    node.core.sends(node.core.request("MESSAGE"))
    arrived = node.primary.gets("MESSAGE")
    node.primary.answers(arrived, 200)
    node.core.gets(200)
    node.advance(4990)
    assert node.primary.answers(arrived, 200) == ("ABSORB", "ABSORBED_RESPONSE")
    node.advance(10)
    assert node.primary.answers(arrived, 200) == ("DROP", "DROPPED_STRAY_RESPONSE")


# ---------------------------------------------------------------------------------------- matching (§17.1.3, §17.2.3)

def test_rfc3261_17_2_3_a_branch_of_another_sent_by_is_another_transaction(node: Node) -> None:
    offered, _ = node.offer()
    assert node.core.sends(offered.raw.replace(b"192.0.2.10:5070;branch", b"192.0.2.11:5070;branch").replace(b"Call-ID: ", b"Call-ID: 2")) == (
        "FORWARD", "NONE")
    node.core.gets(100)
    node.primary.gets("INVITE")


def test_rfc2543_requests_without_the_magic_cookie_are_told_apart_by_their_fields(node: Node) -> None:
    invite = node.core.invite(via="SIP/2.0/UDP 192.0.2.10:5070;branch=1")
    node.core.sends(invite)
    node.core.gets(100)
    first = node.primary.gets("INVITE")
    assert node.core.sends(invite) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    node.core.gets(100)
    node.core.sends(node.core.invite(via="SIP/2.0/UDP 192.0.2.10:5070;branch=1"))
    node.core.gets(100)
    node.primary.gets("INVITE")
    node.primary.answers(first, 486)
    node.primary.gets("ACK")
    final = node.core.gets(486)
    assert node.core.sends(hop_request("ACK", Message(invite), final.header("To"))) == ("ABSORB", "ABSORBED_ACK")


@pytest.mark.parametrize("change", [
    lambda raw, branch: raw.replace(branch, b"z9hG4bKsomebodyelses"),
    lambda raw, branch: raw.replace(branch, branch[:-12] + b"AAAAAA" + branch[-6:]),
    lambda raw, branch: raw.replace(branch, branch[:7] + b"B" + branch[8:]),
    lambda raw, branch: raw.replace(branch, branch.lower()),
    lambda raw, branch: raw.replace(b";branch=" + branch, b""),
    lambda raw, branch: raw.replace(b"1 INVITE", b"1 BYE"),
], ids=["foreign", "signature", "handle", "case", "none", "method"])
def test_a_response_that_matches_no_transaction_is_dropped(node: Node, change) -> None:  # type: ignore[no-untyped-def]
    _, first = node.offer()
    answer = change(response(first, 200, node.primary.place), first.branch.encode())
    assert node.primary.sends(answer)[0] == "DROP"
    node.core.gets_nothing()
    assert node.count("RELAYED_SUCCESS") == 0


def test_a_response_with_no_via_below_ours_is_dropped(node: Node) -> None:
    _, first = node.offer()
    answer = Message(response(first, 200, node.primary.place))
    assert node.primary.sends(answer.raw.replace(f"Via: {answer.all('Via')[1]}\r\n".encode(), b"")) == ("DROP", "DROPPED_STRAY_RESPONSE")


def test_a_response_of_the_last_run_is_dropped(make_node: NodeMaker) -> None:
    before, after = make_node(), make_node()
    _, first = before.offer()
    after.offer()
    assert after.primary.answers(first, 200) == ("DROP", "DROPPED_STRAY_RESPONSE")


@pytest.mark.parametrize("payload", [b"\r\n\r\n", b"\r\n", b"\0\0\0\0", b""])
def test_keepalives_end_here(node: Node, payload: bytes) -> None:
    assert node.core.sends(payload)[0] in ("ABSORB", "DROP")
