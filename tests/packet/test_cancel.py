"""CANCEL at every moment. (RFC 3261 §9, §16.10)"""
import pytest

from tests.packet.node import Node
from tests.packet.sip import Message, hop_request


def ringing(node: Node) -> tuple[Message, Message]:
    offered, first = node.offer()
    node.primary.answers(first, 180)
    node.core.gets(180)
    return offered, first


def test_cancel_of_a_ringing_call_is_answered_at_once_and_sent_on(node: Node) -> None:
    offered, first = ringing(node)
    assert node.core.cancels(offered) == ("REPLY", "ANSWERED_CANCEL")
    assert node.core.gets(200).header("CSeq") == "1 CANCEL"
    cancel = node.primary.gets("CANCEL")
    assert (cancel.request_uri, cancel.all("Via"), cancel.header("To"), cancel.header("From"), cancel.call_id, cancel.header("CSeq")) == (
        first.request_uri, [first.header("Via")], first.header("To"), first.header("From"), first.call_id, "1 CANCEL")
    assert node.primary.answers(cancel, 200) == ("ABSORB", "ABSORBED_RESPONSE")
    assert node.pool() == 1
    node.primary.answers(first, 487)
    node.primary.gets("ACK")
    node.core.acknowledges(offered, node.core.gets(487))
    assert node.pool() == 0


def test_cancel_carries_the_routes_of_its_invite(node: Node) -> None:
    call = node.established()
    invite = call.from_caller("INVITE", routes=[*call.caller.routes, "<sip:203.0.113.77;lr>"])
    node.core.sends(invite)
    node.core.gets(100)
    beyond = node.party(("203.0.113.77", 5060))
    beyond.answers(beyond.gets("INVITE"), 180)
    node.core.gets(180)
    node.core.cancels(Message(invite))
    node.core.gets(200)
    assert beyond.gets("CANCEL").all("Route") == ["<sip:203.0.113.77;lr>"]


def test_rfc3261_9_1_cancel_waits_for_the_first_provisional_response(node: Node) -> None:
    offered, first = node.offer()
    node.core.cancels(offered)
    node.core.gets(200)
    node.primary.gets_nothing()
    assert node.primary.answers(first, 100)[0] == "ABSORB"
    node.primary.gets("CANCEL")
    node.primary.answers(first, 487)
    node.primary.gets("ACK")
    node.core.gets(487)
    node.secondary.gets_nothing()


def test_after_cancel_a_18x_is_not_relayed(node: Node) -> None:
    offered, first = node.offer()
    node.core.cancels(offered)
    node.core.gets(200)
    assert node.primary.answers(first, 180) == ("ABSORB", "ABSORBED_RESPONSE")
    node.primary.gets("CANCEL")
    node.core.gets_nothing()


def test_cancel_is_retransmitted_until_it_is_answered(node: Node) -> None:
    offered, _ = ringing(node)
    node.core.cancels(offered)
    node.core.gets(200)
    cancel = node.primary.gets("CANCEL")
    node.advance(4000)
    again = node.primary.received()
    assert [(message.at, message.raw) for message in again] == [(at, cancel.raw) for at in (500, 1500, 3500)]
    node.primary.answers(cancel, 200)
    node.advance(20_000)
    node.primary.gets_nothing()


def test_rfc3261_9_1_a_cancelled_call_that_never_ends_is_487_after_32_s(node: Node) -> None:
    offered, _ = ringing(node)
    node.core.cancels(offered)
    node.core.gets(200)
    node.primary.answers(node.primary.gets("CANCEL"), 200)
    node.advance(31_990)
    node.core.gets_nothing()
    node.advance(10)
    node.core.gets(487)
    assert (node.pool(), node.count("REFUSED_CANCELLED")) == (0, 1)


def test_a_cancelled_silent_attempt_is_487_when_its_silence_is_over_and_nothing_moves_on(node: Node) -> None:
    offered, _ = node.offer()
    node.advance(600)
    node.primary.gets("INVITE")
    node.core.cancels(offered)
    node.core.gets(200)
    node.advance(1400)
    node.primary.gets_nothing()
    node.secondary.gets_nothing()
    node.core.gets(487)
    assert node.pool() == 0


@pytest.mark.parametrize("status", [408, 480, 500, 503, 580])
def test_after_cancel_no_failure_moves_the_call(node: Node, status: int) -> None:
    offered, first = ringing(node)
    node.core.cancels(offered)
    node.core.gets(200)
    node.primary.gets("CANCEL")
    node.primary.answers(first, status)
    node.primary.gets("ACK")
    node.secondary.gets_nothing()
    node.core.gets(500 if status == 503 else status)
    assert node.pool() == 0


def test_after_cancel_icmp_moves_nothing_and_the_caller_gets_487(node: Node) -> None:
    offered, first = node.offer()
    node.core.cancels(offered)
    node.core.gets(200)
    node.icmp(first)
    node.secondary.gets_nothing()
    node.core.gets(487)


def test_cancel_between_the_primarys_503_and_the_secondarys_answer(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    second = node.secondary.gets("INVITE")
    node.core.cancels(offered)
    node.core.gets(200)
    node.secondary.gets_nothing()
    node.secondary.answers(second, 180)
    node.secondary.gets("CANCEL")
    node.secondary.answers(second, 487)
    node.secondary.gets("ACK")
    node.core.gets(487)


def test_cancel_between_the_primarys_503_and_the_secondarys_silence(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    node.secondary.gets("INVITE")
    node.core.cancels(offered)
    node.core.gets(200)
    node.advance(2000)
    node.core.gets(487)


def test_cancel_after_a_2xx_is_answered_200_and_has_no_effect(node: Node) -> None:
    call = node.call()
    assert node.core.cancels(call.offered) == ("REPLY", "ANSWERED_CANCEL")
    node.core.gets(200)
    node.primary.gets_nothing()
    call.acknowledge()
    assert node.pool() == 1


def test_cancel_after_a_final_response_is_answered_200_and_has_no_effect(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 486)
    node.primary.gets("ACK")
    node.core.gets(486)
    node.core.cancels(offered)
    node.core.gets(200)


def test_cancel_that_crosses_a_2xx_leaves_the_call_up(node: Node) -> None:
    offered, first = ringing(node)
    node.core.cancels(offered)
    node.core.gets(200)
    node.primary.gets("CANCEL")
    assert node.primary.answers(first, 200) == ("RELAY", "RELAYED_SUCCESS")
    node.core.gets(200)
    assert node.pool() == 1


def test_a_repeated_cancel_is_answered_again_and_sent_on_once(node: Node) -> None:
    offered, _ = ringing(node)
    for _ in range(3):
        node.core.cancels(offered)
    node.core.gets(200, 200, 200)
    node.primary.gets("CANCEL")


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_cancel_without_a_transaction_is_481(node: Node, method: str) -> None:
    assert node.core.cancels(Message(node.core.request(method))) == ("REPLY", "REFUSED_NO_TRANSACTION")
    node.core.gets(481)


def test_cancel_of_another_branch_is_481(node: Node) -> None:
    offered, _ = ringing(node)
    other = Message(offered.raw.replace(offered.branch.encode(), b"z9hG4bKother"))
    assert node.core.cancels(other) == ("REPLY", "REFUSED_NO_TRANSACTION")
    node.core.gets(481)
    node.primary.gets_nothing()


def test_cancel_from_another_sent_by_is_481(node: Node) -> None:
    offered, _ = ringing(node)
    other = hop_request("CANCEL", offered).replace(b"192.0.2.10:5070;branch", b"192.0.2.66:5070;branch")
    assert node.core.sends(other) == ("REPLY", "REFUSED_NO_TRANSACTION")
    node.core.gets(481)


def test_cancel_of_a_forgotten_call_is_481(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 486)
    node.primary.gets("ACK")
    node.core.acknowledges(offered, node.core.gets(486))
    node.advance(5010)
    node.core.cancels(offered)
    node.core.gets(481)


def test_cancel_of_a_reinvite_keeps_the_call(node: Node) -> None:
    call = node.established()
    reinvite = Message(call.from_caller("INVITE"))
    node.core.sends(reinvite.raw)
    node.core.gets(100)
    arrived = node.primary.gets("INVITE")
    node.primary.answers(arrived, 180)
    node.core.gets(180)
    node.core.cancels(reinvite)
    node.core.gets(200)
    node.primary.gets("CANCEL")
    node.primary.answers(arrived, 487)
    node.primary.gets("ACK")
    node.core.gets(487)
    assert node.pool() == 1
