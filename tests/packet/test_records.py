"""What the record of a call says, for each way a call can end. (spec §9: every call leaves a record)"""
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hasip._fastpath import account_of_leg
from hasip.domain.record import Result, failovers_of
from hasip.domain.trunk import Target
from hasip.records.explain import explain
from hasip.records.packing import unpack
from tests.packet import sip
from tests.packet import test_call_pool as endings
from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE, PRIMARY, Node, trunk
from tests.packet.notices import judge
from tests.packet.records import record, records
from tests.packet.sip import FAR, NUMBER, Message

START_MS = 1_700_000_000_000


@pytest.mark.parametrize(("end", "reason", "status", "ended_by", "result"), [
    (endings.bye_of_the_caller, "ended_by_bye", 200, "caller", Result.ANSWERED), (endings.bye_of_the_callee, "ended_by_bye", 200, "callee", Result.ANSWERED),
    (endings.bye_before_ack, "ended_by_bye", 200, "caller", Result.ANSWERED), (endings.final_response, "relayed_failure", 486, "callee", Result.REFUSED),
    (endings.cancel, "relayed_failure", 487, "caller", Result.REFUSED), (endings.unknown_to_the_callee, "ended_by_481", 200, "callee", Result.ANSWERED),
    (endings.unknown_to_the_caller, "ended_by_481", 200, "caller", Result.ANSWERED), (endings.no_ack, "ended_without_ack", 200, "hasip", Result.ANSWERED),
    (endings.session_timer, "ended_by_session_timer", 200, "hasip", Result.ANSWERED), (endings.longest_call, "ended_by_session_timer", 200, "hasip", Result.ANSWERED)])
def test_every_ending_leaves_one_record(node: Node, end: Callable[[Node], None], reason: str, status: int, ended_by: str, result: Result) -> None:
    end(node)
    told = record(node)
    assert (told.reason, told.status, told.ended_by, [attempt.result for attempt in told.attempts]) == (reason, status, ended_by, [result])
    assert told.is_answered == (status == 200)
    node.advance(100_000)
    assert records(node) == []


def test_an_answered_call_has_all_its_times(node: Node) -> None:
    offered, first = node.offer()
    node.advance(300)
    node.primary.answers(first, 180)
    node.core.gets(180)
    node.advance(2_000)
    node.primary.answers(first, 180)
    node.core.gets(180)
    node.advance(700)
    node.primary.answers(first, 200)
    dialog = sip.caller_dialog(offered, node.core.gets(200))
    node.core.sends(sip.in_dialog("ACK", dialog, node.core.place, cseq=offered.cseq))
    node.advance(60_000)
    node.core.sends(sip.in_dialog("BYE", dialog, node.core.place))
    node.primary.gets("ACK", "BYE")
    told = record(node)
    assert (told.received_ms, told.ringing_ms, told.answered_ms, told.ended_ms) == (START_MS, START_MS + 300, START_MS + 3000, START_MS + 63_000)
    (attempt,) = told.attempts
    assert (attempt.began_ms, attempt.ringing_ms, attempt.ended_ms, attempt.status) == (START_MS, START_MS + 300, START_MS + 3000, 200)
    assert (attempt.leg, attempt.address, attempt.port, attempt.transport) == ("primary", *PRIMARY, "udp")
    assert (told.trunk, told.number, told.caller, told.mode, told.direction, told.talk_ms) == ("acme", NUMBER, "caller", "auto_failover", "to trunk", 60_000)
    assert (told.source, told.source_port, told.source_leg, told.targets, told.fails_over) == (*CORE, "", 2, True)
    assert told.call_id == offered.header("Call-ID")


def test_a_failover_by_503_is_told_with_its_gap(node: Node) -> None:
    _, first = node.offer()
    node.advance(21)
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    node.secondary.answers(node.secondary.gets("INVITE"), 486)
    node.secondary.gets("ACK")
    node.core.gets(486)
    told = record(node)
    assert [(attempt.leg, attempt.result, attempt.status) for attempt in told.attempts] == [
        ("primary", Result.REFUSED, 503), ("secondary", Result.REFUSED, 486)]
    (move,) = failovers_of(told)
    assert (move.from_leg, move.to_leg, move.status, move.at_ms, move.gap_ms) == ("primary", "secondary", 503, START_MS + 21, 0)


def test_a_call_that_moved_on_is_told_of_before_it_ends(node: Node) -> None:
    _, first = node.offer()
    assert node.router.moved_calls() == []
    node.advance(21)
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    second = node.secondary.gets("INVITE")
    node.secondary.answers(second, 180)
    node.core.gets(180)
    (so_far,) = (unpack(each, "edge-1", "") for each in node.router.moved_calls())
    assert (so_far.reason, so_far.trunk, so_far.is_answered) == ("in_progress", "acme", False)
    assert [(attempt.leg, attempt.result) for attempt in so_far.attempts] == [("primary", Result.REFUSED), ("secondary", Result.UNFINISHED)]
    assert [unpack(each, "edge-1", "") for each in node.router.calls_so_far(so_far.call_id.encode())] == [so_far]
    node.secondary.answers(second, 486)
    node.secondary.gets("ACK")
    node.core.gets(486)
    assert failovers_of(record(node)) == [replace(move, record_id="0000000000000001-00000-edge-1") for move in failovers_of(so_far)]


def test_a_call_is_told_of_by_its_call_id_from_its_first_attempt_to_its_end(node: Node) -> None:
    offered, first = node.offer(call_id="a" * 200)
    call_id = ("a" * 200).encode()
    (ringing,) = (unpack(each, "edge-1", "") for each in node.router.calls_so_far(call_id))
    assert [(attempt.leg, attempt.result) for attempt in ringing.attempts] == [("primary", Result.UNFINISHED)]
    assert ringing.reason == "in_progress" and node.router.calls_so_far(b"a") == node.router.calls_so_far(b"") == []
    node.primary.answers(first, 486)
    node.primary.gets("ACK")
    node.core.gets(486)
    assert node.router.calls_so_far(call_id) == []
    assert (record(node).call_id, offered.header("Call-ID")) == ("a" * 127, "a" * 200)


def silence(node: Node, first: Message) -> None:
    node.advance(2_000)
    node.primary.gets("INVITE", "INVITE")


def icmp(node: Node, first: Message) -> None:
    node.icmp(first)


def refused_by_kernel(node: Node, first: Message) -> None:
    node.refuse_by_kernel(first)


@pytest.mark.parametrize(("fail", "result", "after_ms"), [(silence, Result.SILENT, 2000), (icmp, Result.UNREACHABLE_ICMP, 0),
                                                         (refused_by_kernel, Result.UNREACHABLE_SEND, 0)])
def test_a_far_end_that_says_nothing_is_told_apart(node: Node, fail: Callable[[Node, Message], None], result: Result, after_ms: int) -> None:
    _, first = node.offer()
    fail(node, first)
    node.secondary.answers(node.secondary.gets("INVITE"), 404)
    node.secondary.gets("ACK")
    node.core.gets(404)
    failed, last = record(node).attempts
    assert (failed.result, failed.status, failed.ended_ms, last.began_ms) == (result, 0, START_MS + after_ms, START_MS + after_ms)


def test_all_targets_failed(node: Node) -> None:
    _, first = node.offer()
    node.icmp(first)
    node.icmp(node.secondary.gets("INVITE"))
    node.core.gets(500)
    told = record(node)
    assert (told.reason, told.status, told.ended_by) == ("refused_all_targets_failed", 500, "hasip")
    assert [attempt.result for attempt in told.attempts] == [Result.UNREACHABLE_ICMP] * 2


def test_a_503_that_goes_on_as_500_is_told_as_both(make_node: NodeMaker) -> None:
    node = make_node(trunk("only_primary"))
    _, first = node.offer()
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    node.core.gets(500)
    told = record(node)
    assert (told.status, told.attempts[0].status, told.mode, told.fails_over) == (500, 503, "only_primary", False)


def test_a_full_pool_names_its_trunk(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=1))
    node.established()
    node.core.sends(node.core.invite())
    node.core.gets(486)
    told = record(node)
    assert (told.reason, told.status, told.trunk, told.attempts, told.ended_by) == ("refused_pool_full", 486, "acme", (), "hasip")


def test_an_account_that_has_not_registered_is_told_as_such(make_node: NodeMaker) -> None:
    node = make_node(trunk(primary=None))
    node.core.sends(node.core.invite())
    node.core.gets(100, 480)
    told = record(node)
    assert (told.reason, told.status, [(attempt.leg, attempt.result, attempt.address) for attempt in told.attempts]) == (
        "refused_not_registered", 480, [("primary", Result.NOT_REGISTERED, "")])


def test_an_unknown_number_an_unknown_source_and_a_drained_node_leave_records(node: Node) -> None:
    node.core.sends(node.core.invite("+999"))
    node.stranger.sends(node.stranger.invite())
    node.router.set_draining(True)
    node.core.sends(node.core.invite())
    node.core.gets(404, 503)
    node.stranger.gets(403)
    assert [(each.reason, each.status, each.number, each.trunk, each.source) for each in records(node)] == [
        ("refused_unknown_number", 404, "+999", "", CORE[0]), ("refused_unknown_source", 403, NUMBER, "", "198.18.0.1"),
        ("refused_draining", 503, NUMBER, "acme", CORE[0])]


def test_other_requests_leave_no_record(node: Node) -> None:
    node.stranger.sends(node.stranger.request("MESSAGE"))
    node.stranger.gets(403)
    node.core.sends(node.core.request("MESSAGE"))
    node.primary.answers(node.primary.gets("MESSAGE"), 200)
    node.core.gets(200)
    assert records(node) == []


def test_drained_legs_are_told(make_node: NodeMaker) -> None:
    node = make_node(trunk("2t"))
    judge(node, 0, drained=True)
    judge(node, 1, drained=True)
    node.core.sends(node.core.invite())
    node.core.gets(100, 480)
    told = record(node)
    assert (told.reason, told.status, told.legs_drained, told.attempts) == ("refused_all_drained", 480, (0, 1), ())


def test_a_leg_that_is_down_is_told_by_the_call_that_went_elsewhere(make_node: NodeMaker) -> None:
    node = make_node(trunk("auto_failover"))
    judge(node, 0, withheld=100)
    call = node.established(node.secondary)
    call.hang_up()
    told = record(node)
    assert (told.legs_down, told.attempts[0].leg) == ((0,), "secondary")


def test_timer_c_is_told_as_ringing_on(node: Node) -> None:
    _, first = node.offer()
    node.primary.answers(first, 180)
    node.core.gets(180)
    node.advance(180_000)
    node.primary.gets("CANCEL")
    node.core.gets(408)
    told = record(node)
    assert (told.reason, told.status, told.attempts[0].result, told.attempts[0].status) == ("refused_timer_c", 408, Result.RANG_ON, 0)


def test_an_abandoned_attempt_that_answers_late_wins_in_the_record_too(node: Node) -> None:
    offered, first = node.offer()
    node.advance(2_000)
    node.primary.gets("INVITE", "INVITE")
    node.secondary.gets("INVITE")
    node.primary.answers(first, 200)
    dialog = sip.caller_dialog(offered, node.core.gets(200))
    node.core.sends(sip.in_dialog("ACK", dialog, node.core.place, cseq=offered.cseq))
    node.core.sends(sip.in_dialog("BYE", dialog, node.core.place))
    node.primary.gets("ACK", "BYE")
    told = record(node)
    assert [(attempt.leg, attempt.result) for attempt in told.attempts] == [("primary", Result.ANSWERED), ("secondary", Result.UNFINISHED)]


def test_a_call_to_the_core_names_the_customers_leg_and_the_cores(make_node: NodeMaker) -> None:
    node = make_node(trunk(), core_targets=(Target(*CORE),))
    node.secondary.sends(node.secondary.invite(FAR))
    node.core.answers(node.core.gets("INVITE"), 486)
    node.core.gets("ACK")
    node.secondary.gets(100, 486)
    told = record(node)
    assert (told.direction, told.trunk, told.source_leg, told.number) == ("to core", "acme", "secondary", FAR)
    assert [attempt.leg for attempt in told.attempts] == [f"{CORE[0]}:{CORE[1]}"]


def test_a_record_holds_as_many_attempts_as_a_call_can_make(make_node: NodeMaker) -> None:
    names = {f"198.51.100.{last}" for last in range(10, 19)}
    node = make_node(trunk(), core_targets=tuple(Target(name, 5060) for name in sorted(names)))
    node.primary.sends(node.primary.invite(FAR))
    for _ in range(8):
        (packet,) = [each for each in node.wire if each.dst in names]
        leg = node.party((packet.dst, 5060))
        leg.answers(leg.gets("INVITE"), 503)
        leg.gets("ACK")
    node.primary.gets(100, 500)
    told = record(node)
    assert (len(told.attempts), told.attempts_left_out, told.targets) == (8, 0, 8)


def test_a_call_that_outlives_the_process_leaves_its_record_at_its_end_and_one_in_setup_at_once(tmp_path: Path) -> None:
    lasting: Any = trunk(max_call_s=1_500_000_000)
    node = Node(lasting, state_dir=str(tmp_path))
    call = node.established()
    node.offer()
    del node.router
    again = Node(lasting, state_dir=str(tmp_path), slots={"acme": 0})
    lost = record(again)
    assert (lost.reason, lost.status, [attempt.result for attempt in lost.attempts]) == ("ended_by_restart", 0, [Result.UNFINISHED])
    again.core.sends(call.from_caller("BYE"))
    again.primary.answers(again.primary.gets("BYE"), 200)
    again.core.gets(200)
    told = record(again)
    assert (told.reason, told.received_ms, told.attempts[0].leg, told.is_answered) == ("ended_by_bye", START_MS, "primary", True)
    again.finish()


def test_a_full_journal_loses_records_and_counts_them(make_node: NodeMaker) -> None:
    node = make_node(journal_bytes=4096)
    for _ in range(40):
        node.stranger.sends(node.stranger.invite())
    node.stranger.received()
    kept = records(node)
    assert 0 < len(kept) < 40
    assert (node.count("RECORDED"), node.count("DROPPED_RECORD")) == (len(kept), 40 - len(kept))
    for _ in range(10):                                 # and it goes round
        node.stranger.sends(node.stranger.invite())
        node.stranger.received()
        assert record(node).reason == "refused_unknown_source"


def test_where_records_are_off_there_are_none(make_node: NodeMaker) -> None:
    node = make_node(journal_bytes=0)
    node.established().hang_up()
    node.stranger.sends(node.stranger.invite())
    node.stranger.received()
    assert (records(node), node.count("RECORDED"), node.count("DROPPED_RECORD"), node.router.journal()) == ([], 0, 0, (0, 0))


def test_each_worker_has_a_journal_and_a_batch_is_of_all(make_node: NodeMaker) -> None:
    node = make_node(workers=2)
    for worker in (0, 1):
        node.stranger.sends(node.stranger.invite(), worker)
    node.stranger.received()
    assert len(records(node)) == 2


def test_ringing_at_a_zone_that_goes_down_is_told(make_node: NodeMaker) -> None:
    node = make_node()
    _, first = node.offer()
    node.primary.answers(first, 180)
    node.core.gets(180)
    node.advance(700)
    assert node.router.move_ringing_calls(account_of_leg(0, 0))
    node.take_handed_off(0)
    node.primary.gets("CANCEL")
    node.secondary.answers(node.secondary.gets("INVITE"), 486)
    node.secondary.gets("ACK")
    node.core.gets(486)
    told = record(node)
    assert [attempt.result for attempt in told.attempts] == [Result.OUT, Result.REFUSED]
    assert any("had rung for 700 ms when it was found to be down" in sentence for sentence in explain(told))
