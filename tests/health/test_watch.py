"""All zones of a node: who is probed, whose standing changed, and what happened. The clock is passed."""
import math
import random
from collections import Counter

from hasip.health.judge import Judge
from hasip.health.report import Standing
from hasip.health.rules import Rules
from hasip.health.states import State
from hasip.health.watch import Watch
from tests.health.zone import RULES, middle

FULL, NONE = Standing(100, False, False), Standing(0, False, True, is_silent=True)


def watching(*names: str, history_max: int = 1000) -> Watch:
    watch = Watch(RULES, middle, history_max)
    watch.set_zones(dict.fromkeys(names, "facts"), 0)
    return watch


def run(watch: Watch, from_s: float, to_s: float, dead: frozenset[str] = frozenset()) -> Counter[str]:
    """Advance each time something is due; probes of dead zones fail, others are answered. Returns how often each was probed."""
    probed: Counter[str] = Counter()
    now_s = from_s
    while (now_s := max(now_s, watch.next_due_s)) <= to_s:
        for name in watch.advance(now_s):
            probed[name] += 1
            if name in dead:
                watch.note(name, Judge.probe_failed, now_s, "silent")
            else:
                watch.note(name, Judge.probe_answered, now_s, 200, round_trip_ms=1.5)
    return probed


def test_zones_are_probed_when_they_are_due_and_not_while_one_is_in_flight() -> None:
    watch = watching("a", "b")
    assert (watch.next_due_s, watch.advance(4.9), watch.advance(5), watch.advance(5.1)) == (5, [], ["a", "b"], [])
    watch.note("a", Judge.probe_answered, 5.2, 200)
    assert (watch.next_due_s, watch.advance(10), watch.advance(15)) == (10, ["b"], ["a", "b"])


def test_nothing_is_due_without_zones() -> None:
    watch = watching()
    assert (watch.next_due_s, watch.advance(1e6), watch.take_changed(1e6)) == (math.inf, [], {})


def test_standing_is_told_once_and_again_when_it_changed() -> None:
    watch = watching("a", "b")
    assert watch.take_changed(0) == {"a": FULL, "b": FULL}
    assert watch.take_changed(0) == {}
    watch.note("a", Judge.link_lost, 1, "carrier gone")
    watch.note("b", Judge.call_refused, 1)
    assert watch.take_changed(1) == {"a": NONE}
    watch.note("b", Judge.drain, 2)
    assert watch.take_changed(2) == {"b": Standing(0, True, False)}


def test_growing_share_is_told_at_least_each_second() -> None:
    watch = watching("a")
    watch.note("a", Judge.calls_failed_by_codes, 0)
    run(watch, 0, 10)
    watch.take_changed(10)
    shares = []
    for now_s in range(11, 43):
        run(watch, now_s - 1, now_s)
        shares += [standing.share_percent for standing in watch.take_changed(now_s).values()]
    assert shares == [*range(13, 100, 3), 100]


def test_zone_with_the_same_facts_keeps_its_judge_and_one_with_others_begins_anew() -> None:
    watch = Watch(RULES, middle)
    watch.set_zones({"same": 1, "other": 1, "gone": 1}, 0)
    for name in ("same", "other", "gone"):
        watch.note(name, Judge.link_lost, 1, "no route")
    watch.take_changed(1)
    watch.set_zones({"other": 2, "same": 1, "new": 1}, 100)
    assert {name: report.state for name in watch if (report := watch.report(name, 100))} == \
        {"same": State.DOWN, "other": State.UP, "new": State.UP}
    assert watch.take_changed(100) == {"other": FULL, "new": FULL}
    assert sorted(watch.advance(105)) == ["new", "other"]


def test_zone_stays_drained_by_its_name_until_it_is_gone() -> None:
    watch = Watch(RULES, middle)
    watch.set_zones({"a": 1}, 0)
    watch.note("a", Judge.drain, 1)
    watch.set_zones({"a": 2}, 2)
    assert watch.take_changed(2) == {"a": Standing(0, True, False)}
    watch.set_zones({}, 3)
    watch.set_zones({"a": 2}, 4)
    assert watch.take_changed(4) == {"a": FULL}


def test_zone_that_is_gone_is_neither_probed_nor_told_nor_known() -> None:
    watch = watching("a")
    watch.set_zones({}, 1)
    assert (watch.advance(100), watch.take_changed(100), watch.report("a", 100), len(watch), watch.next_due_s) == ([], {}, None, 0, math.inf)


def test_late_news_of_a_zone_that_is_gone_is_ignored() -> None:
    watch = watching("a")
    watch.note("b", Judge.probe_failed, 1, "silent")
    watch.note("b", Judge.drain, 1)
    assert list(watch) == ["a"] and not watch.history


def test_history_tells_what_happened_to_whom_and_why() -> None:
    watch = watching("a", "b")
    watch.note("a", Judge.drain, 1)
    watch.note("b", Judge.link_lost, 2, "carrier gone")
    watch.note("a", Judge.undrain, 3)
    assert [(event.at_s, event.zone, str(event.before), str(event.after), event.cause) for event in watch.history] == [
        (1, "a", "up", "up, drained", "drained on request"),
        (2, "b", "up", "down", "link lost: carrier gone"),
        (3, "a", "up, drained", "up", "undrained on request")]


def test_history_forgets_the_oldest() -> None:
    watch = watching("a", history_max=3)
    for now_s in range(10):
        watch.note("a", Judge.undrain if now_s % 2 else Judge.drain, now_s)
    assert [event.at_s for event in watch.history] == [7, 8, 9]


def test_report_has_all_that_is_known_and_does_not_change_later() -> None:
    watch = watching("a")
    run(watch, 0, 6)
    report = watch.report("a", 6)
    assert report
    assert (report.state, report.since_s, report.share_percent, report.is_drained, report.hold_s) == (State.UP, 0, 100, False, 0)
    assert (report.probes.status, report.probes.round_trip_ms, report.probes.at_s) == (200, 1.5, 5)
    run(watch, 6, 100)
    assert (report.probes.sent_count, report.probes.at_s) == (1, 5)


def test_thousands_of_zones_are_probed_spread_out_and_the_dead_among_them_found() -> None:
    names = [f"trunk-{number}/zone" for number in range(4000)]
    dead = frozenset(names[::40])
    watch = Watch(Rules(), random.Random(1).random)
    watch.set_zones(dict.fromkeys(names, 0), 0)
    first_s: Counter[int] = Counter()
    for second in range(10):
        first_s[second] = len(run(watch, second, second + 0.999, dead))
    assert sum(first_s.values()) >= 4000 and min(first_s.values()) > 300
    probed = run(watch, 10, 60, dead)
    assert {name for name, standing in watch.take_changed(60).items() if standing.is_down} == dead
    assert all(4 <= probed[name] <= 6 for name in names if name not in dead)
    run(watch, 60, 140)
    assert set(watch.take_changed(140)) == dead
    assert len({event.zone for event in watch.history}) == len(dead)
