"""How long an answer counts, and what serves when no better one comes. The clock is passed."""
import math

import pytest

from hasip.domain.trunk import Target
from hasip.resolver.cache import FAILED_RETRY_S, MAX_TTL_S, MIN_TTL_S, NEGATIVE_TTL_S, STALE_RETRY_S, Cache, Entry, State
from hasip.resolver.locate import Located
from hasip.resolver.lookup import Finding
from hasip.resolver.place import Place

PBX, OTHER = Target("pbx", 0), Target("other", 0)
HERE = (Place("192.0.2.1", 5060),)


def finding(ttl_s: float, places: tuple[Place, ...] = HERE, *, is_stale: bool = False, trouble: str = "") -> Finding:
    return Finding(Located(places, ttl_s), {}, is_stale, trouble)


def taken(cache: Cache) -> Entry:
    """Watch one target and take it to be asked, at second 100."""
    cache.watch({PBX}, 100)
    [entry] = cache.take_due(100)
    return entry


def test_watched_target_is_unknown_and_due_at_once_and_once() -> None:
    cache = Cache()
    entry = taken(cache)
    assert (entry.target, entry.state, entry.places) == (PBX, State.UNKNOWN, ())
    assert not cache.was_asked()
    assert (cache.take_due(10**9), cache.next_due_at_s()) == ([], math.inf)


@pytest.mark.parametrize(("ttl_s", "lifetime_s"), [(0, MIN_TTL_S), (60, 60), (10**9, MAX_TTL_S), (math.inf, MAX_TTL_S)])
def test_answer_counts_for_its_time_to_live_within_bounds(ttl_s: float, lifetime_s: float) -> None:
    cache = Cache()
    entry = taken(cache)
    cache.store(entry, finding(ttl_s), 100)
    assert (entry.state, entry.places, entry.ttl_left_s(101)) == (State.FRESH, HERE, lifetime_s - 1)
    assert cache.was_asked()
    assert cache.next_due_at_s() == 100 + lifetime_s
    assert cache.take_due(100 + lifetime_s - 0.1) == []
    assert cache.take_due(100 + lifetime_s) == [entry]


def test_no_address_is_an_answer_that_replaces_one_and_counts_for_30_s() -> None:
    cache = Cache()
    entry = taken(cache)
    cache.store(entry, finding(60), 100)
    cache.store(entry, finding(3600, ()), 160)
    assert (entry.state, entry.places, cache.next_due_at_s()) == (State.FRESH, (), 160 + NEGATIVE_TTL_S)


def test_last_good_answer_serves_on_after_trouble_and_is_asked_again_after_30_s() -> None:
    cache = Cache()
    entry = taken(cache)
    cache.store(entry, finding(60), 100)
    for now_s in (160, 190, 10**6):
        cache.take_due(now_s)
        cache.fail(entry, "timeout", now_s)
        assert (entry.state, entry.places, entry.ttl_left_s(now_s), entry.trouble) == (State.STALE, HERE, 0, "timeout")
        assert cache.next_due_at_s() == now_s + STALE_RETRY_S
    cache.store(entry, finding(60), 10**6 + 30)
    assert (entry.state, entry.trouble) == (State.FRESH, "")


def test_answer_that_rests_on_a_stale_one_is_stale() -> None:
    cache = Cache()
    entry = taken(cache)
    cache.store(entry, finding(60), 100)
    cache.store(entry, finding(60, (), is_stale=True, trouble="timeout"), 160)
    assert (entry.state, entry.places, entry.ttl_left_s(160), cache.next_due_at_s()) == (State.STALE, (), 0, 160 + STALE_RETRY_S)


def test_answer_with_a_family_missing_is_asked_again_soon() -> None:
    cache = Cache()
    entry = taken(cache)
    cache.store(entry, finding(3600, trouble="AAAA failed"), 100)
    assert (entry.state, cache.next_due_at_s()) == (State.FRESH, 100 + STALE_RETRY_S)


def test_trouble_without_an_answer_before_is_failed_and_asked_again_sooner() -> None:
    cache = Cache()
    entry = taken(cache)
    cache.fail(entry, "timeout", 100)
    assert (entry.state, entry.places, cache.next_due_at_s()) == (State.FAILED, (), 100 + FAILED_RETRY_S)
    assert cache.was_asked()


def test_watching_again_keeps_what_is_known_and_forgets_the_rest() -> None:
    cache = Cache()
    entry = taken(cache)
    cache.store(entry, finding(60), 100)
    cache.watch({PBX, OTHER}, 110)
    assert cache.find(PBX) is entry
    assert [due.target for due in cache.take_due(110)] == [OTHER]
    cache.watch({OTHER}, 111)
    assert cache.find(PBX) is None
    assert (cache.take_due(10**9), cache.next_due_at_s()) == ([], math.inf)


def test_answer_for_a_target_that_was_forgotten_meanwhile_is_dropped() -> None:
    cache = Cache()
    entry = taken(cache)
    cache.watch(set(), 101)
    cache.watch({PBX}, 102)
    cache.store(entry, finding(60), 103)
    again = cache.find(PBX)
    assert again and again is not entry and again.state is State.UNKNOWN
    assert not cache.was_asked()
    assert cache.take_due(103) == [again]
