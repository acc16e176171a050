"""Requests to a number that are no INVITE fail over by the same table. (RFC 4320)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import PRIMARY, Node, trunk


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
