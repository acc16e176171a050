"""Probes: one OPTIONS by the way a leg's calls take, and what becomes of it. (spec §8, RFC 3261 §8.1.1, §17.1.2)"""
import itertools
import time
from typing import Any

import pytest

from hasip._fastpath import account_of_leg
from hasip.bridge.notices import Notice
from tests.packet import sip
from tests.packet.conftest import NodeMaker
from tests.packet.node import EDGE, HANDOFF, PRIMARY, Node, trunk, zone, zoned
from tests.packet.notices import judge, notices
from tests.packet.sip import Message, Place

A, B = ("203.0.113.11", 5060), ("203.0.113.12", 5070)
SEAT = ("198.51.100.11", 5080)
STREAM_SEAT = ("198.51.100.12", 5090)
SEATS = [("eth1", "udp", SEAT), ("eth1", "tcp", STREAM_SEAT)]
EDGE_SEAT, UDP_SEAT, TCP_SEAT = 0, 1, 2
SERIAL = 4711
TIMEOUT_MS, TIMER_K_MS = 2000, 5000


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    """Two zones that are judged, one interface with a seat for datagrams and one for streams."""
    node = make_node(zoned("2t", (zone("a", A), zone("b", B))), seats=SEATS)
    for leg in (0, 1):
        judge(node, leg)
    return node


def ordered(node: Node, leg: int = 0, *, serial: int = SERIAL, listener: int = UDP_SEAT, place: Place = A) -> None:
    """Have a leg probed."""
    account = account_of_leg(0, leg)
    assert node.router.probe(account, serial, listener, *place, 2000)
    node.take_handed_off(account % node.workers)


def probe(node: Node, leg: int = 0, *, place: Place = A, **fields: Any) -> Message:
    """Have a leg probed; return the OPTIONS as the leg got it."""
    ordered(node, leg, place=place, **fields)
    return node.party(place, SEAT).gets("OPTIONS")


def kinds(node: Node) -> list[str]:
    return [notice.kind for notice in notices(node)]


# ---------------------------------------------------------------------------------------- the request

def test_rfc3261_8_1_1_a_probe_has_all_that_a_request_must_have(node: Node) -> None:
    request = probe(node)
    assert request.start_line == f"OPTIONS sip:{sip.place_text(A)} SIP/2.0"
    assert request.all("Via") == [f"SIP/2.0/UDP {sip.place_text(SEAT)};branch={request.branch}"]
    assert request.branch.startswith("z9hG4bK")
    assert request.header("Max-Forwards") == "70"
    assert request.header("To") == f"<sip:{sip.place_text(A)}>"
    assert sip.uri_of(request.header("From")) == f"sip:{sip.place_text(SEAT)}" and sip.tag_of(request.header("From"))
    assert request.header("CSeq") == f"{SERIAL} OPTIONS"
    assert request.call_id and request.header("Accept") == "application/sdp"
    assert (request.header("Content-Length"), request.raw.partition(b"\r\n\r\n")[2]) == ("0", b"")


def test_a_probe_leaves_by_the_listener_it_is_told_and_no_other(node: Node) -> None:
    assert probe(node, listener=UDP_SEAT).source == SEAT
    assert probe(node, listener=EDGE_SEAT).source == EDGE
    assert node.transactions == 4


def test_probes_are_told_apart_by_call_id_tag_and_branch(node: Node) -> None:
    probes = [probe(node, leg, serial=serial, place=place) for serial in (1, 2) for leg, place in ((0, A), (1, B))]
    for one, other in itertools.combinations(probes, 2):
        assert one.call_id != other.call_id and one.branch != other.branch and sip.tag_of(one.header("From")) != sip.tag_of(other.header("From"))


@pytest.mark.parametrize("serial", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_rfc3261_8_1_1_5_cseq_is_below_two_to_31_whatever_the_serial(node: Node, serial: int) -> None:
    request = probe(node, serial=serial)
    assert request.cseq < 2**31
    node.party(A, SEAT).answers(request, 200)
    assert notices(node)[0].serial == serial


def test_a_probe_by_ipv6_has_brackets(make_node: NodeMaker) -> None:
    node = make_node(trunk(), ipv6=True)
    judge(node, 0)
    place = ("2001:db8:7::1", 5062)
    ordered(node, listener=1, place=place)
    request = node.party(place).gets("OPTIONS")
    assert request.request_uri == "sip:[2001:db8:7::1]:5062"
    assert request.header("Via").startswith("SIP/2.0/UDP [2001:db8::1]:5060;")


def test_a_probe_by_tcp_says_so_and_is_sent_once(node: Node) -> None:
    ordered(node, listener=TCP_SEAT)
    far_end = node.stream(A, 0)
    request = far_end.gets("OPTIONS")
    assert request.request_uri == f"sip:{sip.place_text(A)};transport=tcp"
    assert request.header("Via").startswith(f"SIP/2.0/TCP {sip.place_text(STREAM_SEAT)};")
    node.advance(TIMEOUT_MS)
    assert kinds(node) == ["probe_silent"]


def test_nobodys_listener_or_account_is_refused(node: Node) -> None:
    with pytest.raises(IndexError, match="listener 3"):
        node.router.probe(0, SERIAL, 3, *A, 2000)
    with pytest.raises(IndexError, match="listener -1"):
        node.router.probe(0, SERIAL, -1, *A, 2000)
    with pytest.raises(IndexError, match="account"):
        node.router.probe(account_of_leg(10_000, 0), SERIAL, 0, *A, 2000)
    with pytest.raises(ValueError, match="not an address"):
        node.router.probe(0, SERIAL, 0, "sip.example.com", 5060, 2000)


# ---------------------------------------------------------------------------------------- its result

def test_rfc3261_17_1_2_an_unanswered_probe_is_sent_again_after_half_and_one_and_a_half_seconds(node: Node) -> None:
    first = probe(node)
    node.advance(TIMEOUT_MS - 10)
    again = node.party(A).received()
    assert [message.at for message in again] == [500, 1500]
    assert {message.raw for message in again} == {first.raw}
    assert notices(node) == []
    node.advance(10)
    assert notices(node) == [Notice("probe_silent", 0, SERIAL, 0, 0, 0, False, 0)]


@pytest.mark.parametrize("status", [200, 202, 301, 401, 404, 408, 481, 486, 500, 503, 603])
def test_any_final_response_is_told_with_its_status_serial_and_round_trip(node: Node, status: int) -> None:
    before_ns = time.monotonic_ns()
    request = probe(node, 1, place=B)
    assert node.party(B, SEAT).answers(request, status) == ("ABSORB", "ABSORBED_RESPONSE")
    passed_us = (time.monotonic_ns() - before_ns) / 1000
    [notice] = notices(node)
    assert notice == Notice("probe_answered", account_of_leg(0, 1), SERIAL, status, 0, notice.round_trip_us, False, 0)
    assert 0 <= notice.round_trip_us <= passed_us
    node.advance(TIMEOUT_MS)
    assert notices(node) == []


@pytest.mark.parametrize(("value", "seconds"), [
    ("30", 30), ("120;duration=3600", 120), ("18 (maintenance)", 18), ("4294967295", 2**32 - 1), ("0", 0), ("soon", 0), ("", 0), ("-1", 0), ("4294967296", 0)])
def test_retry_after_is_told_where_it_is_a_number(node: Node, value: str, seconds: int) -> None:
    node.party(A, SEAT).answers(probe(node), 503, headers=[("Retry-After", value)])
    assert [(notice.status, notice.retry_after_s) for notice in notices(node)] == [(503, seconds)]


def test_a_provisional_response_is_no_result(node: Node) -> None:
    request = probe(node)
    node.party(A, SEAT).answers(request, 100)
    assert notices(node) == []
    node.advance(TIMEOUT_MS)
    node.party(A).gets_nothing()
    assert kinds(node) == ["probe_silent"]


@pytest.mark.parametrize("fail", [Node.icmp, Node.refuse_by_kernel])
def test_an_unreachable_leg_is_told_at_once(node: Node, fail: Any) -> None:
    fail(node, probe(node))
    assert notices(node) == [Notice("probe_refused", 0, SERIAL, 0, 0, 0, False, 0)]
    assert node.transactions == 0
    node.advance(TIMEOUT_MS)
    node.party(A).gets_nothing()


def test_a_stream_that_cannot_be_had_is_told_as_refused(node: Node) -> None:
    ordered(node, listener=TCP_SEAT)
    node.break_flow(node.stream(A, 0).gets("OPTIONS"))
    assert kinds(node) == ["probe_refused"]


def test_a_late_answer_is_nobodys(node: Node) -> None:
    request = probe(node)
    node.advance(TIMEOUT_MS)
    node.party(A).received()
    assert kinds(node) == ["probe_silent"]
    assert node.party(A, SEAT).answers(request, 200) == ("DROP", "DROPPED_STRAY_RESPONSE")
    assert notices(node) == []


def test_an_answer_that_comes_twice_is_told_once(node: Node) -> None:
    request = probe(node)
    for _ in range(2):
        assert node.party(A, SEAT).answers(request, 404)[0] == "ABSORB"
    assert kinds(node) == ["probe_answered"]


def test_an_answer_with_a_forged_branch_is_nobodys(node: Node) -> None:
    request = probe(node)
    branch = request.branch
    for forged in (branch[:12] + ("0" if branch[12] != "0" else "1") + branch[13:], branch[:8] + "0" * (len(branch) - 8), sip.new_branch()):
        answer = sip.response(request, 200, A).replace(branch.encode(), forged.encode())
        assert node.party(A, SEAT).sends(answer) == ("DROP", "DROPPED_STRAY_RESPONSE")
    assert node.party(A, SEAT).sends(sip.response(request, 200, A).replace(b" OPTIONS\r\n", b" INVITE\r\n")) == ("DROP", "DROPPED_STRAY_RESPONSE")
    assert notices(node) == []


def test_the_result_of_a_leg_that_nobody_judges_any_more_is_not_told_when_there_is_none(node: Node) -> None:
    probe(node)
    node.router.forget_leg(0)
    node.advance(TIMEOUT_MS)
    node.party(A).received()
    assert notices(node) == []


def test_a_probe_goes_to_a_leg_that_is_down_or_drained_too(node: Node) -> None:
    judge(node, 0, withheld=100, drained=True)
    node.party(A, SEAT).answers(probe(node), 200)
    assert kinds(node) == ["probe_answered"]


def test_a_probe_is_none_of_the_boards_attempts_and_no_call(node: Node) -> None:
    node.party(A, SEAT).answers(probe(node), 503)
    notices(node)
    assert node.router.trunk(0)["legs"][0] == {"attempts": 0, "calls": 0, "failovers": 0, "answered": 0, "placed": 0}
    assert (node.router.calls(), node.count("PROBED")) == ([], 1)


# ---------------------------------------------------------------------------------------- room

def test_transactions_are_gone_after_timer_k(node: Node) -> None:
    node.party(A, SEAT).answers(probe(node), 200)
    assert node.transactions > 0
    node.advance(TIMER_K_MS)
    assert (node.transactions, node.router.records(0)[3], node.router.records(0)[4]) == (0, 0, 0)


def test_transactions_are_gone_at_once_after_silence(node: Node) -> None:
    probe(node)
    node.advance(TIMEOUT_MS)
    node.party(A).received()
    assert (node.transactions, node.router.records(0)[3], node.router.records(0)[4]) == (0, 0, 0)


def test_where_transactions_are_full_nothing_is_sent_and_nothing_leaks(make_node: NodeMaker) -> None:
    node = make_node(transaction_capacity=4)
    judge(node, 0)
    for serial in range(6):
        ordered(node, serial=serial, listener=0, place=PRIMARY)
    assert [request.cseq for request in node.primary.received()] == [0, 1, 2, 3]
    assert (node.transactions, node.count("PROBED")) == (8, 4)
    node.advance(TIMEOUT_MS)
    node.primary.received()
    assert sorted(notice.serial for notice in notices(node)) == [0, 1, 2, 3]
    assert node.transactions == 0


def test_where_there_is_room_for_a_server_transaction_alone_nothing_leaks(make_node: NodeMaker) -> None:
    node = make_node(transaction_capacity=2)
    judge(node, 0)
    _, first = node.offer()
    node.primary.answers(first, 503)                    # its record lingers for timer D: two attempts under one server transaction
    node.primary.gets("ACK")
    node.secondary.gets("INVITE")
    ordered(node, listener=0, place=PRIMARY)
    node.primary.gets_nothing()
    assert node.router.records(0)[:2] == (1, 2)
    node.advance(TIMEOUT_MS)
    node.secondary.received()
    node.core.gets(408)


def test_a_full_ring_refuses_a_probe(node: Node) -> None:
    put = 0
    while node.router.probe(0, put, UDP_SEAT, *A, 2000):
        put += 1
    assert put > 10_000
    node.take_handed_off(0)
    assert len(node.party(A).received()) == node.count("PROBED") == 128         # as many as there are transactions
    assert node.router.probe(0, put, UDP_SEAT, *A, 2000)
    node.take_handed_off(0)
    node.advance(TIMEOUT_MS)
    node.party(A).received()
    assert kinds(node) == ["probe_silent"] * 128


def test_of_two_workers_the_one_that_probed_hears_the_answer(make_node: NodeMaker) -> None:
    node = make_node(workers=2)
    judge(node, 1)
    ordered(node, 1, listener=0, place=PRIMARY)
    request = node.primary.gets("OPTIONS")
    assert node.primary.answers(request, 200, 0) == HANDOFF
    assert node.take_handed_off(1) == ("ABSORB", "ABSORBED_RESPONSE")
    assert [(notice.kind, notice.account) for notice in notices(node)] == [("probe_answered", 1)]
