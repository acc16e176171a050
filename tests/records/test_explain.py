"""Why a call went where it went, told from its record."""
from dataclasses import replace

from hasip.domain.record import Attempt, Result
from hasip.records.explain import explain
from tests.records.samples import AT_MS, PRIMARY, SECONDARY, moved

SENTENCES = {"refused_pool_full": "the trunk's call pool is full", "relayed_failure": "a final response of 300 or more was relayed"}.get


def story(**fields: object) -> str:
    return "\n".join(explain(moved(**fields), lambda reason: SENTENCES(reason, reason)))


def test_a_failover_is_told_from_end_to_end() -> None:
    assert explain(moved()) == [
        "On 2026-09-21 at 14:13:20.000 UTC an INVITE from the core, at 192.0.2.1:5060 UDP, came in at node edge-1: +4930111 called +6561230000.",
        "The number belongs to trunk acme, whose mode is auto_failover: primary was first in order.",
        ("At 14:13:20.000 the INVITE went to primary (192.0.2.10:5060 UDP), which answered 503 after 21 ms; 503 is in the failover table, "
         "so the call went on, 1 ms later, to secondary."),
        "At 14:13:20.022 the INVITE went on to secondary (192.0.2.11:5061 TLS), which rang after 378 ms and answered 200 after 2.4 s.",
        "The call was up at 14:13:22.400, 2.4 s after it came in.",
        "At 14:14:25.400, after 1 min 3 s, the called side hung up."]


def test_the_turn_of_load_balancing_is_told() -> None:
    told = story(mode="load_balancing", attempts=(replace(SECONDARY, result=Result.REFUSED, status=503),), fails_over=False, answered_ms=None,
                 reason="relayed_failure", status=500)
    assert "calls take turns, and it was the turn of secondary" in told
    assert "answered 503 after 2.4 s; this mode makes one attempt" in told
    assert "The caller got 500" in told


def test_a_code_that_is_in_no_table_is_told() -> None:
    told = story(attempts=(replace(PRIMARY, status=404),), answered_ms=None, status=404, reason="relayed_failure")
    assert "404 is not in the failover table, so no other target was tried" in told


def test_silence_is_told_with_its_time() -> None:
    silent = replace(PRIMARY, result=Result.SILENT, status=0, ended_ms=AT_MS + 2000)
    told = story(attempts=(silent, SECONDARY))
    assert "primary (192.0.2.10:5060 UDP), which gave no response of any kind for 2.0 s; that is a failure of the far end, so the call went on" in told


def test_a_last_target_that_fails_is_told() -> None:
    told = story(attempts=(PRIMARY, replace(SECONDARY, result=Result.UNREACHABLE_ICMP, status=0)), answered_ms=None, status=500, reason="relayed_failure")
    assert "was unreachable (ICMP) after 2.4 s; no other target was left" in told


def test_legs_that_were_down_or_drained_are_told() -> None:
    assert "At that moment leg 1 was down, which the order took into account." in story(legs_down=(0,))
    assert "At that moment legs 1 and 2 were drained" in story(legs_drained=(0, 1))
    assert "this mode does not look at that" in story(mode="load_balancing", legs_down=(0,))


def test_a_call_in_progress_is_told_as_far_as_it_is() -> None:
    waiting = replace(SECONDARY, result=Result.UNFINISHED, status=0, ended_ms=None)
    told = explain(moved(attempts=(PRIMARY, waiting), answered_ms=None, status=0, reason="in_progress"))
    assert told[-2:] == ["At 14:13:20.022 the INVITE went on to secondary (192.0.2.11:5061 TLS), which rang after 378 ms and has given no final response so far.",
                         "The call is still going on."]


def test_a_refusal_before_any_target_is_told_with_its_reason() -> None:
    told = explain(moved(mode="", attempts=(), answered_ms=None, status=486, reason="refused_pool_full", ended_by="hasip", ended_ms=AT_MS),
                   lambda reason: SENTENCES(reason, reason))
    assert told[-1] == "The caller got 486 at 14:13:20.000, 0 ms after the INVITE: the trunk's call pool is full."
    assert len(told) == 2


def test_a_cancelled_call_is_told() -> None:
    told = story(attempts=(replace(PRIMARY, status=487, ringing_ms=AT_MS + 5),), answered_ms=None, status=487, reason="relayed_failure", ended_by="caller")
    assert "the caller had cancelled, so no other target was tried" in told
    assert "The caller cancelled, and got 487" in told


def test_an_account_without_a_registration_is_told_without_an_address() -> None:
    told = story(attempts=(Attempt("primary", Result.NOT_REGISTERED, AT_MS, ended_ms=AT_MS),), answered_ms=None, status=480, reason="refused_not_registered")
    assert "Primary has to register and had not; that is the customer's side, so the call did not fail over." in told


def test_a_code_after_ringing_that_moves_nothing_is_not_said_to_be_in_no_table() -> None:
    told = story(attempts=(replace(PRIMARY, status=480, ringing_ms=AT_MS + 5),), answered_ms=None, status=480, reason="relayed_failure")
    assert "after ringing, 480 moves no call of this trunk on" in told


def test_a_call_to_the_core_names_who_placed_it() -> None:
    told = story(direction="to core", source_leg="secondary")
    assert "an INVITE from the customer's secondary of trunk acme, at 192.0.2.1:5060 UDP, came in" in told
