"""Nonces: made without memory, used with growing counts alone. (RFC 7616 §3.3, §3.4, §5.4)"""
from hypothesis import assume, given
from hypothesis import strategies as st

from tests._routing_registration import NONCE_BYTES, NONCE_LIFE_S, NONCE_PLACES, Nonces, is_fresh, read_nonce, write_nonce

KEY, OTHER_KEY = bytes(16), bytes(15) + b"\1"
HERE, ELSEWHERE = bytes(10) + b"\xff\xff\xcb\0\x71\1", bytes(10) + b"\xff\xff\xcb\0\x71\2"
NOW_S = 1_700_000_000

words = st.integers(0, 2**32 - 1)


# ---------------------------------------------------------------------------------------- the text

@given(words, words, st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_what_was_written_is_read(made_s: int, serial: int, key: bytes, address: bytes) -> None:
    text = write_nonce(key, made_s, serial, address)
    assert len(text) == NONCE_BYTES
    assert not set(text) & set(b'"\\,; \r\n\0')           # it stands in a quoted string
    assert read_nonce(key, text, address) == (made_s, serial)


@given(words, words)
def test_it_is_good_for_its_address_and_its_key(made_s: int, serial: int) -> None:
    text = write_nonce(KEY, made_s, serial, HERE)
    assert read_nonce(KEY, text, ELSEWHERE) is None
    assert read_nonce(OTHER_KEY, text, HERE) is None


@given(words, st.integers(0, NONCE_BYTES - 1), st.integers(0, 255))
def test_no_octet_of_it_may_be_changed(serial: int, place: int, octet: int) -> None:
    text = write_nonce(KEY, NOW_S, serial, HERE)
    changed = text[:place] + bytes([octet]) + text[place + 1:]
    assume(changed != text)
    assert read_nonce(KEY, changed, HERE) is None


@given(st.binary(max_size=2 * NONCE_BYTES))
def test_no_other_text_is_one(text: bytes) -> None:
    assert read_nonce(KEY, text, HERE) is None


# ---------------------------------------------------------------------------------------- its time

@given(words, st.integers(0, 2**31))
def test_it_is_fresh_for_so_long_and_not_before(made_s: int, age_s: int) -> None:
    assert is_fresh(made_s, (made_s + age_s) % 2**32) == (age_s <= NONCE_LIFE_S)
    if 0 < age_s < 2**31:
        assert not is_fresh(made_s, (made_s - age_s) % 2**32)


# ---------------------------------------------------------------------------------------- its counts

@given(st.lists(st.integers(0, 20), max_size=30))
def test_a_count_is_good_once_it_is_higher_than_all_before(counts: list[int]) -> None:
    nonces, highest = Nonces(), 0
    for count in counts:
        assert nonces.use(NOW_S, 1, count) == (count > highest)
        highest = max(highest, count)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 5), st.integers(0, 200)), max_size=60))
def test_no_nonce_is_used_twice_with_a_count_whatever_happens_between(uses: list[tuple[int, int, int, int]]) -> None:
    """Nonces that share a place, and come and go: what is refused may be refused early, but nothing is let in twice."""
    nonces, now_s, seen = Nonces(), NOW_S, {}
    for serial, made, count, passed_s in uses:
        now_s += passed_s
        nonce = (NOW_S + 100 * made, serial % 2 + serial // 2 * NONCE_PLACES)
        if is_fresh(nonce[0], now_s) and nonces.use(*nonce, count):
            assert count > seen.get(nonce, 0)
            seen[nonce] = count


def test_the_highest_count_is_the_last() -> None:
    nonces = Nonces()
    assert nonces.use(NOW_S, 1, 2**32 - 1)
    assert not nonces.use(NOW_S, 1, 2**32 - 1)


def test_of_two_at_one_place_the_newer_stays_and_the_older_is_stale_from_then_on() -> None:
    nonces = Nonces()
    assert nonces.use(NOW_S, 1, 1)
    assert nonces.use(NOW_S, 1 + NONCE_PLACES, 1)
    assert not nonces.use(NOW_S, 1, 2)
    assert nonces.use(NOW_S + 1, 1, 1)
    assert not nonces.use(NOW_S, 1 + NONCE_PLACES, 2)


def test_however_many_are_used_the_next_is_taken() -> None:
    nonces = Nonces()
    assert all(nonces.use(NOW_S, serial, 1) for serial in range(NONCE_PLACES + 1000))


def test_neighbours_do_not_meet() -> None:
    nonces = Nonces()
    assert all(nonces.use(NOW_S, serial, 1) for serial in range(NONCE_PLACES - 1000, NONCE_PLACES + 1000 - 2))
    assert not any(nonces.use(NOW_S, serial, 1) for serial in range(NONCE_PLACES - 1000, NONCE_PLACES + 1000 - 2))


def test_a_count_is_repeated_by_the_request_that_used_it_and_stale_for_any_other() -> None:
    nonces = Nonces()
    assert nonces.result_of(NOW_S, 1, 1, 77) == "new"
    assert nonces.result_of(NOW_S, 1, 1, 77) == "repeated"
    assert nonces.result_of(NOW_S, 1, 1, 78) == "stale"
    assert nonces.result_of(NOW_S, 1, 2, 78) == "new"
    assert nonces.result_of(NOW_S, 1, 1, 77) == "stale"


def test_what_stands_at_a_place_is_repeated_by_no_older_nonce() -> None:
    nonces = Nonces()
    assert nonces.result_of(NOW_S, 1 + NONCE_PLACES, 1, 77) == "new"
    assert nonces.result_of(NOW_S, 1, 1, 77) == "stale"
