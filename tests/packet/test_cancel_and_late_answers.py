"""CANCEL at every moment, and answers that come when the search went on without them. (spec §3, RFC 3261 §9, §16.10)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import PRIMARY, Node, trunk
from tests.packet.sip import Message, hop_request, response, tag_of


def ringing(node: Node) -> tuple[Message, Message]:
    offered, first = node.offer()
    node.primary.answers(first, 180)
    node.core.gets(180)
    return offered, first


# ---------------------------------------------------------------------------------------- CANCEL

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


# ---------------------------------------------------------------------------------------- late answers

def silent_primary(node: Node) -> tuple[Message, Message, Message]:
    """Return (offered, the primary's INVITE, the secondary's): the primary was given up."""
    offered, first = node.offer()
    node.advance(2000)
    node.primary.received()
    return offered, first, node.secondary.gets("INVITE")


@pytest.mark.parametrize("status", [100, 180, 183])
def test_a_late_1xx_is_answered_with_cancel_and_not_relayed(node: Node, status: int) -> None:
    _, first, _ = silent_primary(node)
    assert node.primary.answers(first, status) == ("ABSORB", "ABSORBED_LATE_PROVISIONAL")
    cancel = node.primary.gets("CANCEL")
    assert cancel.branch == first.branch
    node.core.gets_nothing()
    node.primary.answers(cancel, 200)
    assert node.primary.answers(first, 487) == ("ABSORB", "ABSORBED_RESPONSE")
    node.primary.gets("ACK")
    node.core.gets_nothing()


@pytest.mark.parametrize("status", [404, 486, 503])
def test_a_late_failure_is_acknowledged_and_changes_nothing(node: Node, status: int) -> None:
    _, first, second = silent_primary(node)
    assert node.primary.answers(first, status) == ("ABSORB", "ABSORBED_RESPONSE")
    node.primary.gets("ACK")
    node.secondary.answers(second, 200)
    node.core.gets(200)


@pytest.mark.parametrize("status", [600, 603, 606])
def test_a_late_6xx_stops_the_search_and_cancels_what_rings(node: Node, status: int) -> None:
    _, first, second = silent_primary(node)
    node.secondary.answers(second, 180)
    node.core.gets(180)
    assert node.primary.answers(first, status) == ("RELAY", "RECEIVED_FAILURE")
    node.primary.gets("ACK")
    node.core.gets_nothing()
    node.secondary.answers(node.secondary.gets("CANCEL"), 200)
    node.secondary.answers(second, 487)
    node.secondary.gets("ACK")
    node.core.gets(status)
    assert node.pool() == 0


def test_a_late_6xx_waits_for_the_other_attempt_however_that_ends(node: Node) -> None:
    _, first, second = silent_primary(node)
    node.primary.answers(first, 603)
    node.primary.gets("ACK")
    node.secondary.gets_nothing()
    node.advance(2000)
    node.core.gets(603)
    node.secondary.answers(second, 200)
    node.secondary.gets("ACK", "BYE")


def test_a_2xx_that_crosses_the_cancel_of_a_late_6xx_wins(node: Node) -> None:
    _, first, second = silent_primary(node)
    node.primary.answers(first, 603)
    node.primary.gets("ACK")
    node.secondary.answers(second, 200)
    node.core.gets(200)
    assert node.pool() == 1


def test_a_late_6xx_that_the_trunks_table_names_stops_nothing(make_node: NodeMaker) -> None:
    node = make_node(trunk(failover_codes=frozenset({503, 603})))
    _, first, second = silent_primary(node)
    assert node.primary.answers(first, 603) == ("ABSORB", "ABSORBED_RESPONSE")
    node.primary.gets("ACK")
    node.secondary.answers(second, 200)
    node.core.gets(200)


def test_a_late_2xx_wins_and_the_other_attempt_is_cancelled(node: Node) -> None:
    _, first, second = silent_primary(node)
    node.secondary.answers(second, 180)
    node.core.gets(180)
    assert node.primary.answers(first, 200) == ("RELAY", "RELAYED_SUCCESS")
    node.core.gets(200)
    assert node.secondary.gets("CANCEL").branch == second.branch
    node.secondary.answers(second, 487)
    node.secondary.gets("ACK")
    assert node.pool() == 1
    assert [leg["calls"] for leg in node.router.trunk(0)["legs"]][:2] == [1, 0]


def test_a_late_2xx_wins_before_the_other_attempt_said_anything(node: Node) -> None:
    _, first, second = silent_primary(node)
    node.primary.answers(first, 200)
    node.core.gets(200)
    node.secondary.gets_nothing()
    node.secondary.answers(second, 100)
    node.secondary.gets("CANCEL")


def test_a_2xx_after_another_won_is_acknowledged_and_ended_with_bye(node: Node) -> None:
    _, first, second = silent_primary(node)
    node.secondary.answers(second, 200, tag="winner")
    node.core.gets(200)
    assert node.primary.answers(first, 200, tag="late", contact="<sip:ghost@203.0.113.9:5066>") == ("ABSORB", "ENDED_LATE_ANSWER")
    ghost = node.party(("203.0.113.9", 5066))
    ack, bye = ghost.received()
    for message, cseq in [(ack, "1 ACK"), (bye, "2 BYE")]:
        assert (message.request_uri, message.header("CSeq"), tag_of(message.header("To"))) == ("sip:ghost@203.0.113.9:5066", cseq, "late")
        assert (message.call_id, message.header("From"), len(message.all("Via"))) == (first.call_id, first.header("From"), 1)
    assert (ack.method, bye.method) == ("ACK", "BYE")
    node.core.gets_nothing()
    assert node.pool() == 1
    # each copy of the 2xx is acknowledged, one BYE is enough
    node.primary.answers(first, 200, tag="late", contact="<sip:ghost@203.0.113.9:5066>")
    ghost.gets("ACK")
    assert ghost.answers(bye, 200) == ("ABSORB", "ABSORBED_RESPONSE")
    node.advance(10_000)
    ghost.gets_nothing()


def test_the_bye_of_a_ghost_call_goes_along_its_route_set(node: Node) -> None:
    _, first, second = silent_primary(node)
    node.secondary.answers(second, 200)
    node.core.gets(200)
    answer = response(first, 200, PRIMARY, contact="<sip:ghost@10.0.0.9>").replace(
        b"Record-Route: ", b"Record-Route: <sip:10.0.0.1;lr>, <sip:203.0.113.1;lr>\r\nRecord-Route: ", 1)
    node.primary.sends(answer)
    for message in node.primary.received():
        assert (message.request_uri, message.all("Route")) == ("sip:ghost@10.0.0.9", ["<sip:203.0.113.1;lr>", "<sip:10.0.0.1;lr>"])


def test_a_ghost_call_without_contact_gets_a_request_uri_all_the_same(node: Node) -> None:
    _, first, second = silent_primary(node)
    node.secondary.answers(second, 200)
    node.core.gets(200)
    node.primary.sends(response(first, 200, PRIMARY).replace(b"Contact: <sip:far@203.0.113.1:5060>\r\n", b""))
    assert [message.request_uri for message in node.primary.received()] == ["sip:203.0.113.1:5060"] * 2


def test_the_bye_of_a_ghost_call_is_retransmitted_and_given_up_after_32_s(node: Node) -> None:
    _, first, second = silent_primary(node)
    node.secondary.answers(second, 486)
    node.secondary.gets("ACK")
    node.core.gets(486)
    node.primary.answers(first, 200)
    started = node.now_ms
    assert [message.method for message in node.primary.received()] == ["ACK", "BYE"]
    node.advance(40_000)
    assert [message.at - started for message in node.primary.received()] == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    node.core.received()


@pytest.mark.parametrize("status", [401, 481, 500])
def test_the_bye_of_a_ghost_call_is_tried_once_whatever_is_said_to_it(node: Node, status: int) -> None:
    _, first, second = silent_primary(node)
    node.secondary.answers(second, 200)
    node.core.gets(200)
    node.primary.answers(first, 200, tag="late")
    bye = node.primary.gets("ACK", "BYE")
    assert node.primary.answers(bye, status)[0] == "ABSORB"
    node.advance(40_000)
    node.primary.gets_nothing()
    node.core.received()


def test_a_2xx_after_the_caller_got_408_is_ended(node: Node) -> None:
    _, first, second = silent_primary(node)
    node.advance(2000)
    node.secondary.received()
    node.core.gets(408)
    assert node.secondary.answers(second, 200) == ("ABSORB", "ENDED_LATE_ANSWER")
    node.secondary.gets("ACK", "BYE")
    assert node.primary.answers(first, 200) == ("ABSORB", "ENDED_LATE_ANSWER")
    node.primary.gets("ACK", "BYE")
    assert node.pool() == 0


def test_a_2xx_after_the_caller_got_487_is_ended(node: Node) -> None:
    offered, first = node.offer()
    node.core.cancels(offered)
    node.core.gets(200)
    node.advance(2000)
    node.core.gets(487)
    node.primary.answers(first, 200)
    node.primary.gets("ACK", "BYE")
    assert node.pool() == 0


def test_a_second_2xx_of_the_same_attempt_is_relayed(node: Node) -> None:
    call = node.call()
    node.primary.answers(call.arrived, 200, tag="fork")
    assert tag_of(node.core.gets(200).header("To")) == "fork"


def test_a_2xx_after_32_s_of_memory_is_dropped(node: Node) -> None:
    _, first, second = silent_primary(node)
    node.secondary.answers(second, 200)
    node.core.gets(200)
    node.advance(33_000)
    assert node.primary.answers(first, 200) == ("DROP", "DROPPED_STRAY_RESPONSE")


def test_late_answers_in_one_attempt_modes_are_ended_too(make_node: NodeMaker) -> None:
    node = make_node(trunk("only_primary"))
    _, first = node.offer()
    node.advance(10_000)
    node.primary.received()
    node.core.gets(408)
    node.primary.answers(first, 200)
    node.primary.gets("ACK", "BYE")


