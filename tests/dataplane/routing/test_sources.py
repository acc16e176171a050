"""What is remembered of senders that have proved nothing: a bucket, and wrong passwords."""
from hypothesis import given
from hypothesis import strategies as st

from tests._routing_registration import FAILURES_FADE_S, SOURCE_SETS, SOURCES_IN_SET, Sources

KEY, BURST, PER_S = 12345, 5, 10
START_MS = 1_000_000_000


def same_set(count: int) -> list[int]:
    """Return keys that share a set."""
    return [KEY + place * SOURCE_SETS for place in range(count)]


# ---------------------------------------------------------------------------------------- the bucket

@given(st.lists(st.integers(0, 3000), max_size=100), st.integers(1, 50), st.integers(1, 20))
def test_no_more_is_let_through_than_burst_and_rate_allow(gaps_ms: list[int], per_s: int, burst: int) -> None:
    sources, now_ms, let_through = Sources(), START_MS, 0
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        let_through += sources.take(KEY, per_s, burst, now_ms)
    assert let_through <= burst + (now_ms - START_MS) * per_s / 1000


@given(st.lists(st.integers(0, 3000), max_size=100), st.integers(1, 50), st.integers(1, 20))
def test_as_much_is_let_through_as_a_bucket_does(gaps_ms: list[int], per_s: int, burst: int) -> None:
    sources, now_ms, tokens = Sources(), START_MS, burst * 1000
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        tokens = min(tokens + gap_ms * per_s, burst * 1000)
        assert sources.take(KEY, per_s, burst, now_ms) == (tokens >= 1000)
        tokens -= 1000 if tokens >= 1000 else 0


@given(st.integers(0, 20), st.integers(0, 20))
def test_what_is_given_back_makes_no_bucket_larger(taken: int, given_back: int) -> None:
    sources = Sources()
    for _ in range(taken):
        sources.take(KEY, PER_S, BURST, START_MS)
    sources.give(KEY, given_back, BURST, START_MS)
    assert sources.tokens(KEY, BURST, START_MS) == min(BURST, max(BURST - taken, 0) + given_back) * 1000


def test_a_bucket_that_was_left_alone_for_years_is_full_and_no_more() -> None:
    sources = Sources()
    sources.take(KEY, 1_000_000, BURST, START_MS)
    later_ms = START_MS + 10 * 365 * 86_400_000
    assert [sources.take(KEY, 1_000_000, BURST, later_ms) for _ in range(BURST + 1)] == [True] * BURST + [False]


def test_sources_have_buckets_of_their_own() -> None:
    sources = Sources()
    keys = same_set(SOURCES_IN_SET)
    for key in keys:
        assert [sources.take(key, PER_S, BURST, START_MS) for _ in range(BURST + 1)] == [True] * BURST + [False]


# ---------------------------------------------------------------------------------------- who is forgotten

def test_a_full_set_forgets_who_was_quiet_for_longest() -> None:
    sources = Sources()
    keys = same_set(SOURCES_IN_SET + 1)
    for turn, key in enumerate(keys[:-1]):
        for _ in range(BURST):
            sources.take(key, 0, BURST, START_MS + turn)
    sources.take(keys[0], 0, BURST, START_MS + 100)
    assert sources.take(keys[-1], 0, BURST, START_MS + 101)
    assert [sources.take(key, 0, BURST, START_MS + 102) for key in (keys[0], keys[2], keys[3])] == [False] * 3
    assert sources.take(keys[1], 0, BURST, START_MS + 103)


def test_who_is_banned_is_not_forgotten_while_another_can_be() -> None:
    sources = Sources()
    keys = same_set(2000)
    assert sources.fail(keys[0], 1, 300, START_MS)
    for turn, key in enumerate(keys[1:]):
        sources.take(key, PER_S, BURST, START_MS + turn)
    assert sources.is_banned(keys[0], START_MS + 3000)
    assert not any(sources.is_banned(key, START_MS + 3000) for key in keys[-3:])


def test_where_all_are_banned_a_newcomer_finds_a_place() -> None:
    sources = Sources()
    for key in same_set(SOURCES_IN_SET):
        sources.fail(key, 1, 300, START_MS)
    newcomer = same_set(SOURCES_IN_SET + 1)[-1]
    assert sources.take(newcomer, PER_S, BURST, START_MS)
    assert not sources.is_banned(newcomer, START_MS)


# ---------------------------------------------------------------------------------------- bans

@given(st.integers(1, 10), st.integers(1, 1000))
def test_a_ban_comes_with_the_last_failure_and_goes_in_time(failures_max: int, ban_s: int) -> None:
    sources = Sources()
    assert [sources.fail(KEY, failures_max, ban_s, START_MS) for _ in range(failures_max)] == [False] * (failures_max - 1) + [True]
    assert sources.is_banned(KEY, START_MS + ban_s * 1000 - 1)
    assert not sources.is_banned(KEY, START_MS + ban_s * 1000)


@given(st.lists(st.integers(0, 2 * FAILURES_FADE_S), max_size=30), st.integers(1, 5))
def test_failures_far_apart_are_not_added_up(gaps_s: list[int], failures_max: int) -> None:
    sources, now_ms, failures = Sources(), START_MS, 0
    for gap_s in gaps_s:
        now_ms += gap_s * 1000
        failures = failures + 1 if gap_s <= FAILURES_FADE_S else 1
        assert sources.fail(KEY, failures_max, 300, now_ms) == (failures == failures_max)
        failures = 0 if failures == failures_max else failures


def test_0_failures_ban_nobody() -> None:
    sources = Sources()
    assert not any(sources.fail(KEY, 0, 300, START_MS) for _ in range(1000))
    assert not sources.is_banned(KEY, START_MS)
