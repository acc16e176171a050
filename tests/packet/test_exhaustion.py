"""Tables that are full, and messages that are too large: refused with a reason, and nothing is lost but that request."""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import Node, trunk
from tests.packet.sip import Message

LARGEST_MESSAGE = 65_471                # what the parser takes


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_no_room_for_a_transaction_is_503_and_takes_no_slot(make_node: NodeMaker, method: str) -> None:
    node = make_node(trunk(calls=60), transaction_capacity=8)
    for _ in range(8):
        assert node.core.sends(node.core.request(method))[0] == "FORWARD"
    pool = node.pool()
    node.core.received()
    node.primary.received()
    for _ in range(3):
        assert node.core.sends(node.core.request(method)) == ("REPLY", "REFUSED_OVERLOAD")
        assert node.core.gets(503).header("Retry-After") == ""
    assert node.pool() == pool
    node.primary.gets_nothing()


def test_a_router_that_was_full_serves_again_once_there_is_room(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=60), transaction_capacity=8)
    for _ in range(12):
        node.core.sends(node.core.invite())
    node.advance(100_000)
    node.wire.clear()
    assert node.transactions == 0
    node.established()
    assert node.pool() == 1


def test_what_belongs_to_a_call_still_ends_it_where_transactions_are_full(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=60), transaction_capacity=8)
    call = node.established()
    for _ in range(8):
        node.core.sends(node.core.request("MESSAGE"))
    node.wire.clear()
    assert node.core.sends(call.from_caller("BYE")) == ("REPLY", "REFUSED_OVERLOAD")
    node.core.gets(503)
    assert node.pool() == 0


def test_retransmissions_and_answers_are_served_where_transactions_are_full(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=60), transaction_capacity=4)
    offered, first = node.offer()
    for _ in range(5):
        node.core.sends(node.core.request("MESSAGE"))
    node.wire.clear()
    assert node.core.sends(offered.raw) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    assert node.primary.answers(first, 200) == ("RELAY", "RELAYED_SUCCESS")
    node.core.gets(100, 200)


def test_no_room_for_the_second_attempt_is_503_and_frees_the_slot(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=60), transaction_capacity=4)
    calls = [node.offer() for _ in range(4)]
    node.primary.answers(calls[0][1], 503)
    node.primary.gets("ACK")
    node.secondary.gets_nothing()
    node.core.gets(503)
    assert (node.pool(), node.count("REFUSED_OVERLOAD")) == (3, 1)


def test_no_room_for_the_bye_of_a_ghost_call_loses_nothing_else(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=60), transaction_capacity=4)
    _, first = node.offer()
    node.advance(2000)
    second = node.secondary.gets("INVITE")
    node.primary.received()
    node.secondary.answers(second, 200)
    node.core.gets(200)
    for _ in range(4):
        node.core.sends(node.core.request("MESSAGE"))
    node.wire.clear()
    node.primary.answers(first, 200)
    node.primary.gets("ACK")


def test_a_full_call_table_is_503_and_gives_the_slot_back(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=60), call_capacity=2)
    node.established()
    call = node.established()
    refused = Message(node.core.invite())
    assert node.core.sends(refused.raw) == ("REPLY", "REFUSED_OVERLOAD")
    node.core.acknowledges(refused, node.core.gets(503))
    assert node.pool() == 2
    call.hang_up()
    node.advance(32_000)
    node.established()


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_a_message_that_would_grow_too_large_is_513(node: Node, method: str) -> None:
    empty = len(node.core.request(method, body=b""))
    request = node.core.request(method, body=b"x" * (LARGEST_MESSAGE - empty - 10))
    assert len(request) <= LARGEST_MESSAGE
    node.core.sends(request)
    assert [message.status for message in node.core.received()] == ([100, 513] if method == "INVITE" else [513])
    assert (node.pool(), node.count("REFUSED_TOO_LARGE")) == (0, 1)
    node.primary.gets_nothing()


def test_a_large_message_passes_both_ways_and_through_failover(node: Node) -> None:
    body = bytes(range(256)) * 250
    _, first = node.offer(body=body)
    assert first.body == body
    node.primary.answers(first, 503, body=body)
    node.primary.gets("ACK")
    second = node.secondary.gets("INVITE")
    node.secondary.answers(second, 200, body=body)
    assert node.core.gets(200).body == body


def test_an_inside_request_that_would_grow_too_large_is_513_and_the_call_stays(node: Node) -> None:
    call = node.established()
    empty = len(call.from_caller("INFO"))
    node.core.sends(call.from_caller("INFO", routes=[], body=b"x" * (LARGEST_MESSAGE - empty)))
    node.core.gets(513)
    assert node.pool() == 1


def test_a_message_longer_than_the_parser_takes_is_refused_or_dropped(node: Node) -> None:
    assert node.core.sends(node.core.invite(body=b"x" * LARGEST_MESSAGE)[:65_500])[0] in ("DROP", "REPLY")
    node.core.received()


def test_too_many_headers_are_400(node: Node) -> None:
    assert node.core.sends(node.core.invite(headers=[("X", "y")] * 200))[0] in ("DROP", "REPLY")
    node.core.received()


def test_many_vias_and_routes_pass_or_are_refused(node: Node) -> None:
    for count in (10, 40, 60, 100):
        vias = [("Via", f"SIP/2.0/UDP 10.0.0.{n};branch=z9hG4bK{n}") for n in range(count)]
        outcome, _ = node.core.sends(node.core.invite(headers=vias))
        assert outcome in ("FORWARD", "REPLY", "DROP")
        node.core.received()
        for arrived in node.primary.received():
            assert len(arrived.all("Via")) == count + 2
            node.primary.answers(arrived, 486)
            node.primary.gets("ACK")
            assert len(Message(node.core.gets(486).raw).all("Via")) == count + 1


def test_a_request_whose_edits_do_not_fit_is_refused_and_not_cut(node: Node) -> None:
    call = node.established()
    routes = [f"<sip:198.51.100.1;lr;n={n}>" for n in range(90)]
    outcome, _ = node.core.sends(call.from_caller("INFO", routes=[*call.caller.routes, *routes]))
    assert outcome in ("FORWARD", "REPLY")
    for arrived in node.primary.received():
        assert arrived.all("Route") == []
    node.core.received()


# ---------------------------------------------------------------------------------------- a full outbox

def test_what_finds_no_room_in_the_outbox_is_as_if_lost_on_the_way(node: Node) -> None:
    node.router.is_outbox_full = True
    invite = node.core.invite()
    assert node.core.sends(invite) == ("FORWARD", "NONE")
    assert node.count("DROPPED_UNSENDABLE") == 2
    node.router.is_outbox_full = False
    assert node.core.sends(invite) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    node.core.gets(100)
    node.advance(500)
    first = node.primary.gets("INVITE")
    node.primary.answers(first, 200)
    node.core.gets(200)


def test_a_relayed_failure_that_finds_no_room_is_sent_again(node: Node) -> None:
    offered, first = node.offer()
    node.router.is_outbox_full = True
    assert node.primary.answers(first, 486) == ("RELAY", "RECEIVED_FAILURE")
    node.router.is_outbox_full = False
    assert node.pool() == 0
    node.core.sends(offered.raw)
    node.core.gets(486)
    node.advance(500)
    node.core.acknowledges(offered, node.core.gets(486))
    node.primary.answers(first, 486)
    node.primary.gets("ACK")


def test_a_failure_of_ours_that_finds_no_room_is_sent_again(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=0))
    node.router.is_outbox_full = True
    invite = node.core.invite()
    assert node.core.sends(invite) == ("REPLY", "REFUSED_POOL_FULL")
    node.router.is_outbox_full = False
    node.core.sends(invite)
    node.core.gets(486)


def test_a_2xx_that_finds_no_room_comes_again_from_the_far_end(node: Node) -> None:
    _, first = node.offer()
    node.router.is_outbox_full = True
    assert node.primary.answers(first, 200) == ("RELAY", "RELAYED_SUCCESS")
    node.router.is_outbox_full = False
    assert node.primary.answers(first, 200) == ("RELAY", "RELAYED_SUCCESS")
    node.core.gets(200)
    assert node.pool() == 1


def test_a_final_response_to_another_request_that_finds_no_room_is_sent_again(node: Node) -> None:
    message = node.core.request("MESSAGE")
    node.core.sends(message)
    arrived = node.primary.gets("MESSAGE")
    node.router.is_outbox_full = True
    assert node.primary.answers(arrived, 200) == ("RELAY", "RELAYED_SUCCESS")
    node.router.is_outbox_full = False
    node.core.sends(message)
    node.core.gets(200)


def test_in_a_full_outbox_a_late_answer_a_cancel_and_an_ack_lose_nothing_else(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 180)
    node.core.gets(180)
    node.router.is_outbox_full = True
    assert node.core.cancels(offered) == ("REPLY", "ANSWERED_CANCEL")
    node.router.is_outbox_full = False
    node.advance(500)
    node.primary.gets("CANCEL")
    call = node.call()
    node.router.is_outbox_full = True
    assert node.core.sends(call.from_caller("ACK", cseq=1))[0] == "DROP"
    assert node.core.sends(call.from_caller("BYE"))[0] == "FORWARD"
    node.router.is_outbox_full = False
    node.advance(500)
    node.primary.gets("BYE")


def test_no_room_for_more_large_requests_is_503(make_node: NodeMaker) -> None:
    node = make_node(transaction_capacity=128)
    outcomes = [node.core.sends(node.core.request("MESSAGE", body=b"x" * 60_000)) for _ in range(68)]
    assert outcomes[:66] == [("FORWARD", "NONE")] * 66
    assert outcomes[66:] == [("REPLY", "REFUSED_OVERLOAD")] * 2
    node.core.gets(503, 503)
    node.primary.received()
