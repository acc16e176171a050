"""Answers that come when the search went on without them. (spec §3, RFC 3261 §9, §16.7)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import PRIMARY, Node, trunk
from tests.packet.sip import Message, response, tag_of


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
