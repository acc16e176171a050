"""When to alert: once until it ends, and not at every turn of what stands at the edge."""
from hypothesis import given
from hypothesis import strategies as st

from hasip.alerts import Certificates, Moves, NotPublished, Outages, Pools
from hasip.alerts.certificates import DAY_S
from hasip.alerts.moves import QUIET_S
from hasip.domain.alert import SENTENCES, Alert


def said(alerts: list[Alert]) -> list[tuple[str, bool]]:
    for alert in alerts:
        assert "{" not in alert.sentence
    return [(alert.event, alert.is_over) for alert in alerts]


def test_a_pool_is_told_at_each_level_once_and_over_well_below() -> None:
    pools = Pools()
    assert said(pools.filled("acme", "pool_high", 80, 100, 0)) == [("pool_high", False)]
    assert said(pools.filled("acme", "pool_high", 81, 100, 0)) == []
    assert said(pools.filled("acme", "pool_full", 100, 100, 0)) == [("pool_full", False)]
    assert [said(pools.look("acme", calls, 100, 0)) for calls in (99, 95, 94, 79, 70)] == [[], [], [("pool_full", True)], [], []]
    assert said(pools.look("acme", 69, 100, 0)) == [("pool_high", True)] and "acme" not in pools


def test_a_pool_that_fills_at_once_is_told_of_both() -> None:
    assert said(Pools().filled("acme", "pool_full", 1, 1, 0)) == [("pool_high", False), ("pool_full", False)]


@given(st.integers(1, 50), st.lists(st.integers(0, 50), max_size=60))
def test_what_is_told_of_a_pool_begins_and_ends_in_turn(limit: int, loads: list[int]) -> None:
    pools, current = Pools(), set[str]()
    for calls in loads:
        calls = min(calls, limit)
        alerts = pools.look("acme", calls, limit, 0)
        if calls * 100 >= limit * 80:
            alerts += pools.filled("acme", "pool_full" if calls == limit else "pool_high", calls, limit, 0)
        for alert in alerts:
            assert (alert.event in current) == alert.is_over
            (current.discard if alert.is_over else current.add)(alert.event)
        assert pools.level("acme") == len(current)


def test_calls_that_move_on_are_told_once_and_over_after_a_quiet_minute() -> None:
    moves = Moves()
    [begun] = moves.moved("acme", "primary", "status 503", 11, 0)
    assert begun.details == {"leg": "primary", "cause": "status 503"}
    assert moves.moved("acme", "primary", "no response", 12, 1) == []
    assert [moves.look("acme", failovers, at_s) for failovers, at_s in ((30, 50), (30, 50 + QUIET_S - 1))] == [[], []]
    [over] = moves.look("acme", 30, 50 + QUIET_S)
    assert over.is_over and over.details["failovers"] == 20 and over.details["per_minute"] == 20
    assert said(moves.moved("acme", "primary", "status 503", 31, 200)) == [("failover", False)]


def test_a_zone_is_told_down_once_until_it_has_calls_again() -> None:
    outages = Outages()
    states = ("suspect", "down", "down", "recovering", "suspect", "down", "recovering", "up")
    assert [said(outages.changed("globex/sg-a", state, "silent", 0)) for state in states] == [
        [], [("zone_down", False)], [], [("zone_down", True)], [], [("zone_down", False)], [("zone_down", True)], []]


def test_a_zone_that_is_gone_is_not_down_any_more() -> None:
    outages = Outages()
    outages.changed("globex/sg-a", "down", "silent", 0)
    assert said(outages.forget_all_but({"globex/sg-a"}, 1)) == []
    assert said(outages.forget_all_but(set(), 1)) == [("zone_down", True)]


def test_a_certificate_is_told_thirty_days_seven_days_and_one_day_before() -> None:
    certificates, ends_s = Certificates(), 100 * DAY_S
    told = {days: said(certificates.look("edge.pem", ends_s, ends_s - days * DAY_S)) for days in (31, 29.9, 20, 6.9, 3, 0.5, -1)}
    assert [days for days, alerts in told.items() if alerts] == [29.9, 6.9, 0.5]
    assert said(certificates.look("edge.pem", ends_s + 90 * DAY_S, ends_s)) == [("certificate_expiring", True)]
    assert said(certificates.look("edge.pem", ends_s + 90 * DAY_S, ends_s)) == []


def test_every_event_has_its_sentences() -> None:
    assert all(len(pair) == 2 and all(pair) for pair in SENTENCES.values())


def test_what_cannot_be_published_is_told_once_and_again_when_the_cause_is_another() -> None:
    rule = NotPublished()
    mode, calls = ({"field": field, "cause": f"{field}: is wrong", "instead": "it is not served"} for field in ("mode", "calls"))
    assert [said(rule.now(found, 0)) for found in ({}, {"acme": mode}, {"acme": mode}, {"acme": calls}, {"core:pstn": mode}, {})] == [
        [], [("not_published", False)], [], [("not_published", False)], [("not_published", True), ("not_published", False)], [("not_published", True)]]
