"""The ring of datagrams between two threads."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests import _base_threads

SIZE = 1024
ENTRY_OVERHEAD = 100            # header (36 bytes) and the readable bytes behind (64), before rounding up to 64


def entry_bytes(length):
    return -(-(ENTRY_OVERHEAD + length) // 64) * 64


def taken(ring):
    found = ring.peek()
    ring.next()
    return found


def test_datagrams_come_out_in_the_order_they_went_in():
    ring = _base_threads.Ring(SIZE)
    assert ring.peek() is None
    assert ring.put(b"one", 1, 5060) and ring.put(b"", 2, 5061)
    assert ring.peek() == (b"one", 1, 5060) and ring.peek() == (b"one", 1, 5060)
    assert [taken(ring), taken(ring), ring.peek()] == [(b"one", 1, 5060), (b"", 2, 5061), None]


def test_a_full_ring_refuses_and_has_room_again_after_one_is_taken():
    ring = _base_threads.Ring(SIZE)
    count = 0
    while ring.put(bytes([count])):
        count += 1
    assert count == SIZE // entry_bytes(1)
    assert taken(ring)[0] == b"\0" and ring.put(b"more") and not ring.put(b"too much")
    assert [taken(ring)[0] for _ in range(count)] == [bytes([each]) for each in range(1, count)] + [b"more"]


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 95, 96, 97, 300, SIZE // 2 - ENTRY_OVERHEAD])
def test_datagrams_of_any_length_survive_many_rounds(length):
    ring = _base_threads.Ring(SIZE)
    for number in range(100):
        datagram = bytes([number]) * length
        assert ring.put(datagram, number) and taken(ring) == (datagram, number, 0)


def test_a_datagram_that_fills_the_ring_exactly_is_taken_in():
    ring = _base_threads.Ring(SIZE)
    assert not ring.put(b"x" * (SIZE - ENTRY_OVERHEAD + 1))
    assert ring.put(b"x" * (SIZE - ENTRY_OVERHEAD)) and not ring.put(b"")
    assert taken(ring)[0] == b"x" * (SIZE - ENTRY_OVERHEAD)


def test_up_to_half_the_ring_always_fits_into_an_empty_one_wherever_it_stands():
    for steps in range(SIZE // 64):
        ring = _base_threads.Ring(SIZE)
        for _ in range(steps):
            assert ring.put(b"") and taken(ring)
        assert ring.put(b"y" * (SIZE // 2 - ENTRY_OVERHEAD)) and taken(ring)[0] == b"y" * (SIZE // 2 - ENTRY_OVERHEAD)


class RingModel(RuleBasedStateMachine):
    """A ring beside a list, with the bytes in use counted: written, read and skipped at the end."""

    def __init__(self):
        super().__init__()
        self.ring = _base_threads.Ring(SIZE)
        self.queue = []                     # (what went in, position behind it)
        self.written = 0
        self.read = 0

    @rule(length=st.one_of(st.integers(0, 200), st.integers(0, SIZE)), hops=st.integers(0, 9))
    def put(self, length, hops):
        needed = entry_bytes(length)
        place = self.written % SIZE
        end = self.written + needed + (SIZE - place if place + needed > SIZE else 0)
        datagram = bytes([length % 256]) * length
        assert self.ring.put(datagram, hops, length) == (needed <= SIZE and end - self.read <= SIZE)
        if needed <= SIZE and end - self.read <= SIZE:
            self.queue.append(((datagram, hops, length), end))
            self.written = end

    @rule()
    def take(self):
        if self.queue:
            expected, self.read = self.queue.pop(0)
            assert taken(self.ring) == expected

    @invariant()
    def the_oldest_is_seen(self):
        # Looking at an entry frees what was skipped before it; the model does the same.
        found = self.ring.peek()
        assert found == (self.queue[0][0] if self.queue else None)
        if self.queue:
            self.read = self.queue[0][1] - entry_bytes(len(self.queue[0][0][0]))


TestRingModel = RingModel.TestCase


def test_two_threads_lose_and_change_nothing():
    ring = _base_threads.Ring(4096)
    with ThreadPoolExecutor(2) as threads:
        wrong = threads.submit(ring.consume, 50_000)
        threads.submit(ring.produce, 50_000).result()
        assert wrong.result() == 0
    assert ring.peek() is None
