"""One zone's states: what it takes to be down, and to come back. The clock is passed."""
import math

import pytest

from hasip.health.judge import Judge
from hasip.health.rules import Rules
from hasip.health.states import State
from tests.health.zone import RULES, answer, bring_up, down, fail, middle, new_judge, recovering, send


def test_new_zone_is_up_with_its_full_share_and_says_why() -> None:
    judge = new_judge()
    assert (judge.state, judge.share_percent(0), judge.since_s, judge.hold_s(0)) == (State.UP, 100, 0, 0)
    assert judge.cause.startswith("new")
    assert judge.take_changes() == []


@pytest.mark.parametrize(("chance", "first_s"), [(0.0, 100.0), (0.25, 102.5), (1.0, 110.0)])
def test_first_probe_is_spread_over_the_first_interval(chance: float, first_s: float) -> None:
    judge = Judge(RULES, lambda: chance, 100.0)
    assert judge.due_s == first_s
    assert not judge.advance(first_s - 0.001)
    assert judge.advance(first_s)


@pytest.mark.parametrize(("chance", "interval_s"), [(0.0, 9.0), (0.5, 10.0), (1.0, 11.0)])
def test_zone_that_is_up_is_probed_each_10_s_with_a_tenth_of_jitter(chance: float, interval_s: float) -> None:
    judge = Judge(RULES, lambda: chance, 0.0)
    sent_s = answer(judge)
    assert judge.due_s == sent_s + interval_s


def test_one_probe_is_in_flight_at_a_time() -> None:
    judge = new_judge()
    sent_s = send(judge)
    assert not judge.advance(sent_s + 4.9)
    judge.probe_answered(sent_s + 4.9, 200)
    assert judge.due_s == sent_s + 10


def test_result_that_never_comes_is_a_failure_after_5_s() -> None:
    judge = new_judge()
    sent_s = send(judge)
    assert judge.due_s == sent_s + 5
    assert judge.advance(sent_s + 5)
    assert (judge.state, judge.since_s, judge.cause) == (State.SUSPECT, sent_s + 5, "a probe failed: no result within 5 s")
    assert (judge.probes.failed_count, judge.probes.at_s, judge.probes.status) == (1, sent_s + 5, None)


def test_result_of_a_probe_that_was_given_up_is_ignored() -> None:
    judge = new_judge()
    judge.probe_failed(1, "silent")
    judge.probe_answered(2, 503, 30)
    assert (judge.state, judge.probes.failed_count, judge.probes.at_s) == (State.UP, 0, None)


@pytest.mark.parametrize("status", [200, 302, 404, 408, 480, 486, 500, 502, 504, 600])
def test_every_final_response_but_503_is_a_sign_of_life_also_the_far_ends_own_408(status: int) -> None:
    judge = new_judge()
    fail(judge)
    answer(judge, status)
    assert (judge.state, judge.probes.status, judge.probes.failed_count) == (State.UP, status, 1)


@pytest.mark.parametrize("retry_after_s", [None, 0])
def test_503_that_asks_for_no_pause_is_a_failure_like_others(retry_after_s: float | None) -> None:
    judge = new_judge()
    answer(judge, 503, retry_after_s)
    assert (judge.state, judge.cause, judge.probes.status) == (State.SUSPECT, "a probe failed: answered 503", 503)


@pytest.mark.parametrize(("retry_after_s", "quiet_s"), [(1, 5), (20, 20), (60, 60), (3600, 60)])
def test_503_with_retry_after_is_down_at_once_and_left_in_peace_for_a_minute_at_most(retry_after_s: float, quiet_s: float) -> None:
    judge = new_judge()
    at_s = answer(judge, 503, retry_after_s)
    assert (judge.state, judge.cause) == (State.DOWN, f"a probe failed: answered 503, Retry-After {retry_after_s} s")
    assert judge.due_s == at_s + quiet_s


def test_pause_that_a_far_end_asked_for_outlasts_a_lost_link() -> None:
    judge = new_judge()
    at_s = answer(judge, 503, 20)
    judge.link_lost(at_s + 1, "carrier gone")
    judge.link_back(at_s + 2)
    assert judge.due_s == at_s + 20


def test_first_failure_makes_suspect_and_asks_at_once_then_each_second() -> None:
    judge = new_judge()
    first_s = fail(judge)
    assert (judge.state, judge.share_percent(first_s), judge.due_s) == (State.SUSPECT, 100, first_s)
    assert fail(judge) == first_s
    assert judge.state is State.SUSPECT
    assert judge.due_s == first_s + 1


def test_probe_that_took_longer_than_the_interval_is_followed_at_once() -> None:
    judge = new_judge()
    fail(judge)
    sent_s = send(judge)
    judge.probe_failed(sent_s + 2, "silent")
    assert judge.due_s == sent_s + 2


def test_third_failure_in_a_row_is_down_and_probed_each_5_s() -> None:
    judge, at_s = down()
    assert (judge.share_percent(at_s), judge.since_s, judge.hold_s(at_s), judge.due_s) == (0, at_s, 10, at_s + 5)
    assert judge.cause == "3 probes failed in a row, the last: silent"
    assert [str(change.after) for change in judge.take_changes()] == ["suspect", "down"]


def test_success_between_begins_the_row_anew() -> None:
    judge = new_judge()
    for step in (fail, fail, answer, fail, fail):
        step(judge)
    assert judge.state is State.SUSPECT
    fail(judge)
    assert judge.state is State.DOWN


def test_three_answers_in_a_row_after_the_hold_time_recover() -> None:
    judge, down_s = down()
    assert [answer(judge) - down_s for _ in range(3)] == [5, 10, 15]
    assert (judge.state, judge.share_percent(down_s + 15)) == (State.RECOVERING, 10)
    assert judge.cause == "answered 3 probes in a row, after 15 s down"


def test_failure_between_begins_the_answers_anew() -> None:
    judge, _ = down()
    for step in (answer, answer, fail, answer, answer):
        step(judge)
    assert judge.state is State.DOWN
    answer(judge)
    assert judge.state is State.RECOVERING


def test_answers_within_the_hold_time_are_not_enough_and_the_next_after_it_is() -> None:
    judge, down_s = down(Rules(hold_first_s=18))
    assert [answer(judge) - down_s for _ in range(3)] == [5, 10, 15]
    assert judge.state is State.DOWN
    assert answer(judge) - down_s == 20
    assert judge.state is State.RECOVERING


@pytest.mark.parametrize(("after_s", "percent"), [(0, 10), (10, 40), (15, 55), (29.9, 99), (30, 100), (1000, 100)])
def test_share_of_a_recovering_zone_grows_in_a_straight_line(after_s: float, percent: int) -> None:
    judge, at_s = recovering()
    assert judge.share_percent(at_s + after_s) == percent


def test_zone_is_up_when_its_share_is_full_and_says_so_at_the_moment_it_was() -> None:
    judge, at_s = recovering()
    bring_up(judge)
    assert (judge.since_s, judge.cause, judge.share_percent(judge.since_s)) == (at_s + 30, "its share has grown to 100 %", 100)


def test_ramp_that_nobody_watched_is_over_all_the_same() -> None:
    judge, at_s = recovering()
    judge.call_refused(at_s + 1000)
    assert [(change.at_s - at_s, str(change.after)) for change in judge.take_changes()[-3:]] == [(0, "recovering"), (30, "up"), (1000, "suspect")]


def test_probe_that_was_overdue_before_the_ramp_was_over_froze_it_though_nobody_watched() -> None:
    judge, at_s = recovering()
    answer(judge)
    assert send(judge) == at_s + 20
    judge.drain(at_s + 100)
    judge.undrain(at_s + 100)
    assert (judge.state, judge.since_s, judge.share_percent(at_s + 100)) == (State.SUSPECT, at_s + 25, 85)


def test_ramp_ends_with_the_recovery_when_the_zone_goes_down_at_once() -> None:
    judge, at_s = recovering()
    judge.calls_failed_by_codes(at_s + 1)
    judge.link_lost(at_s + 1, "carrier gone")
    judge.advance(at_s + 1000)
    assert (judge.state, judge.due_s) == (State.DOWN, math.inf)


def test_answers_from_before_it_was_down_do_not_count() -> None:
    judge = new_judge()
    for _ in range(5):
        at_s = answer(judge)
    judge.calls_failed_by_codes(at_s)
    assert [answer(judge) - at_s for _ in range(2)] == [5, 10]
    assert judge.state is State.DOWN


def test_failure_while_recovering_freezes_the_share_and_an_answer_lets_it_grow_on() -> None:
    judge, at_s = recovering()
    assert send(judge) == at_s + 10
    judge.probe_failed(at_s + 12, "silent")
    assert (judge.state, judge.share_percent(at_s + 12), judge.share_percent(at_s + 500)) == (State.SUSPECT, 46, 46)
    assert send(judge) == at_s + 12
    judge.probe_answered(at_s + 14, 200)
    assert (judge.state, judge.share_percent(at_s + 14), judge.share_percent(at_s + 24)) == (State.RECOVERING, 46, 76)
    assert bring_up(judge) == at_s + 32


def test_zone_that_fails_thrice_while_recovering_is_down_and_begins_its_share_anew() -> None:
    judge, _ = recovering()
    for _ in range(3):
        at_s = fail(judge)
    assert (judge.state, judge.share_percent(at_s)) == (State.DOWN, 0)
    while judge.state is State.DOWN:
        at_s = answer(judge)
    assert judge.share_percent(at_s) == 10


def test_flapping_doubles_the_hold_time_up_to_300_s() -> None:
    judge, at_s = down()
    holds = []
    for _ in range(7):
        holds.append(judge.hold_s(at_s))
        bring_up(judge)
        for _ in range(3):
            at_s = fail(judge)
    assert holds == [10, 20, 40, 80, 160, 300, 300]


@pytest.mark.parametrize(("calm_s", "hold_s"), [(299.9, 20), (300, 10)])
def test_300_s_of_being_up_make_the_next_time_down_a_first_one(calm_s: float, hold_s: float) -> None:
    judge, _ = down()
    up_s = bring_up(judge)
    judge.calls_failed_by_codes(up_s + calm_s)
    assert judge.hold_s(up_s + calm_s) == hold_s


def test_calm_counts_also_when_a_doubt_comes_before_the_end() -> None:
    judge, _ = down(Rules(probe_result_max_s=1000))
    up_s = bring_up(judge)
    judge.call_refused(up_s + 300)
    judge.calls_failed_by_codes(up_s + 301)
    assert judge.hold_s(up_s + 301) == 10


def test_doubt_interrupts_the_calm() -> None:
    judge, _ = down()
    up_s = bring_up(judge)
    judge.call_refused(up_s + 200)
    answer(judge)
    assert judge.state is State.UP
    judge.calls_failed_by_codes(up_s + 301)
    assert judge.hold_s(up_s + 301) == 20


def test_refused_call_alone_makes_suspect_and_asks_at_once() -> None:
    judge = new_judge()
    judge.call_refused(1)
    judge.call_refused(1.5)
    assert (judge.state, judge.due_s, judge.cause) == (State.SUSPECT, 1, "a call was refused")


def test_refused_call_and_then_a_failed_probe_are_enough() -> None:
    judge = new_judge()
    judge.call_refused(1)
    fail(judge)
    assert (judge.state, judge.cause) == (State.DOWN, "a call was refused and a probe failed: silent")


def test_failed_probe_and_then_a_refused_call_are_enough() -> None:
    judge = new_judge()
    at_s = fail(judge)
    judge.call_refused(at_s + 0.5)
    assert (judge.state, judge.cause, judge.due_s) == (State.DOWN, "a probe failed and a call was refused", at_s + 5)


def test_refused_call_and_failed_probe_with_a_sign_of_life_between_are_not_enough() -> None:
    judge = new_judge()
    judge.call_refused(1)
    answer(judge)
    fail(judge)
    assert judge.state is State.SUSPECT
    at_s = answer(judge)
    judge.call_refused(at_s)
    assert judge.state is State.SUSPECT


@pytest.mark.parametrize(("apart_s", "state"), [(30, State.DOWN), (30.1, State.SUSPECT)])
def test_two_failures_count_together_within_30_s(apart_s: float, state: State) -> None:
    for first, second in ((1, 2), (2, 1)):
        judge = Judge(Rules(probe_result_max_s=1000), middle, 0.0)
        judge.call_failed(1, first)
        judge.call_failed(1 + apart_s, second)
        assert judge.state is state


def test_two_failed_calls_are_enough() -> None:
    judge = new_judge()
    judge.call_failed(1, 7)
    assert (judge.state, judge.due_s) == (State.SUSPECT, 1)
    judge.call_failed(2, 8)
    assert (judge.state, judge.cause) == (State.DOWN, "two calls failed, with no sign of life between")


def test_one_call_that_fails_twice_is_one() -> None:
    judge = new_judge()
    judge.call_failed(1, 7)
    judge.call_failed(2, 7)
    assert judge.state is State.SUSPECT


def test_two_failed_calls_with_a_sign_of_life_between_are_not_enough() -> None:
    judge = new_judge()
    judge.call_failed(1, 7)
    answer(judge)
    judge.call_failed(2, 8)
    assert judge.state is State.SUSPECT


def test_503_is_no_sign_of_life_between_two_failed_calls() -> None:
    judge = new_judge()
    judge.call_failed(1, 7)
    answer(judge, 503)
    judge.call_failed(2, 8)
    assert judge.state is State.DOWN


def test_calls_that_fail_do_not_count_into_the_row_of_probes() -> None:
    judge = new_judge()
    judge.call_failed(1, 7)
    fail(judge)
    fail(judge)
    assert judge.state is State.SUSPECT


def test_failure_codes_in_a_row_are_enough() -> None:
    judge = new_judge()
    judge.calls_failed_by_codes(1)
    assert (judge.state, judge.due_s) == (State.DOWN, 1)


def test_what_is_down_is_not_put_down_again() -> None:
    judge, at_s = down()
    judge.take_changes()
    for again in (judge.calls_failed_by_codes, judge.call_refused):
        again(at_s + 1)
    judge.call_failed(at_s + 1, 1)
    judge.call_failed(at_s + 1, 2)
    judge.link_lost(at_s + 1, "no route")
    assert (judge.take_changes(), judge.since_s, judge.hold_s(at_s + 1)) == ([], at_s, 10)


def test_lost_link_is_down_at_once_and_not_probed() -> None:
    judge = new_judge()
    judge.link_lost(1, "carrier gone")
    assert (judge.state, judge.cause, judge.share_percent(1)) == (State.DOWN, "link lost: carrier gone", 0)
    assert judge.due_s == math.inf
    assert not judge.advance(10**6)


def test_probe_in_flight_is_given_up_with_the_link() -> None:
    judge = new_judge()
    sent_s = send(judge)
    judge.link_lost(sent_s + 1, "carrier gone")
    judge.probe_answered(sent_s + 1.1, 200)
    assert (judge.due_s, judge.probes.at_s, judge.probes.failed_count) == (math.inf, None, 0)


def test_link_that_is_back_is_probed_at_once_and_probes_decide() -> None:
    judge = new_judge()
    judge.link_lost(1, "carrier gone")
    judge.link_back(2)
    assert (judge.state, judge.due_s) == (State.DOWN, 2)
    assert [answer(judge) for _ in range(3)] == [2, 7, 12]
    assert judge.state is State.RECOVERING


def test_link_that_is_back_without_having_been_lost_says_nothing() -> None:
    judge = new_judge()
    judge.link_back(1)
    assert (judge.state, judge.due_s) == (State.UP, 5)


def test_lost_link_is_the_cause_of_a_zone_that_was_down_before_for_as_long_as_it_is_lost() -> None:
    judge, at_s = down()
    before = judge.cause
    judge.link_lost(at_s + 1, "address gone")
    assert judge.cause == "link lost: address gone"
    judge.link_back(at_s + 2)
    assert judge.cause == before


def test_answers_from_before_the_link_was_lost_do_not_count() -> None:
    judge, _ = down(Rules(hold_first_s=0))
    answer(judge)
    at_s = answer(judge)
    judge.link_lost(at_s, "no route")
    judge.link_back(at_s)
    answer(judge)
    assert judge.state is State.DOWN


def test_drained_zone_has_no_share_and_goes_on_being_probed() -> None:
    judge = new_judge()
    judge.drain(1)
    judge.drain(2)
    assert (judge.state, judge.is_drained, judge.share_percent(2), judge.due_s) == (State.UP, True, 0, 5)
    fail(judge)
    judge.undrain(6)
    assert (judge.is_drained, judge.share_percent(6)) == (False, 100)
    assert [(str(change.before), str(change.after)) for change in judge.take_changes()] == [
        ("up", "up, drained"), ("up, drained", "suspect, drained"), ("suspect, drained", "suspect")]


def test_probes_are_counted_and_the_last_result_is_kept() -> None:
    judge = new_judge()
    fail(judge)
    at_s = send(judge)
    judge.probe_answered(at_s + 0.012, 404, round_trip_ms=12.0)
    probes = judge.probes
    assert (probes.sent_count, probes.failed_count, probes.status, probes.round_trip_ms, probes.at_s) == (2, 1, 404, 12.0, at_s + 0.012)


def test_a_zone_whose_calls_met_silence_is_silent_until_a_probe_is_answered() -> None:
    judge = Judge(Rules(), lambda: 0.5, 0.0)
    judge.advance(10.5)
    judge.probe_answered(10.6, 200)
    judge.call_failed(12.0, 1)
    judge.call_failed(12.0, 2)
    assert judge.state is State.DOWN and judge.is_silent
    assert judge.advance(20.0)
    judge.probe_answered(20.1, 200)
    assert judge.state is State.DOWN and not judge.is_silent
