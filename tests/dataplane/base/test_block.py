"""The block store: three sizes of block, each BLOCK_READABLE_BEHIND bytes longer than it promises."""
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests import _base_memory

SIZES = [512, 2048, 65536]
LARGEST = [size - _base_memory.BLOCK_READABLE_BEHIND for size in SIZES]


PATTERN = bytes(range(251)) * 300


def filled(length, seed=0):
    return PATTERN[seed:seed + length]


@pytest.mark.parametrize("length", [0, 1, *LARGEST, *(each + 1 for each in LARGEST[:2])])
def test_bytes_come_back_as_they_were_stored(length):
    store = _base_memory.BlockStore(2, 2, 2)
    assert store.put(0, filled(length, 1)) and store.put(1, filled(length, 2))
    assert store.get(0) == filled(length, 1) and store.get(1) == filled(length, 2)


@pytest.mark.parametrize(("length", "pool"), [
    (0, 0), (LARGEST[0], 0), (LARGEST[0] + 1, 1), (LARGEST[1], 1), (LARGEST[1] + 1, 2), (LARGEST[2], 2)])
def test_the_smallest_block_that_holds_them_is_used(length, pool):
    store = _base_memory.BlockStore(1, 1, 1)
    assert store.put(0, filled(length)) and store.pool(0) == pool


def test_what_no_block_holds_is_refused():
    store = _base_memory.BlockStore(1, 1, 1)
    assert not store.put(0, filled(LARGEST[2] + 1))
    assert not store.put(0, filled(70000))                  # 70000 mod 65536 would fit
    assert store.get(0) is None and store.length(0) == 0


def test_a_larger_block_serves_when_the_fitting_ones_are_taken():
    store = _base_memory.BlockStore(1, 1, 1)
    assert [store.put(cell, b"x") for cell in range(4)] == [True, True, True, False]
    assert [store.pool(cell) for cell in range(3)] == [0, 1, 2]


def test_an_exhausted_store_recovers_with_the_first_release():
    store = _base_memory.BlockStore(3, 1, 1)
    assert [store.put(cell, filled(5, cell)) for cell in range(6)] == [True] * 5 + [False]
    store.release(1)
    assert store.put(5, filled(6, 5)) and not store.put(1, b"")
    assert [store.get(cell) for cell in (0, 2, 3, 4)] == [filled(5, cell) for cell in (0, 2, 3, 4)]
    assert store.get(5) == filled(6, 5) and store.get(1) is None


def test_storing_again_replaces_and_frees_what_was_there():
    store = _base_memory.BlockStore(1, 1, 1)
    for seed in range(10):
        assert store.put(0, filled(100, seed)) and store.get(0) == filled(100, seed) and store.pool(0) == 0


def test_a_failed_store_leaves_nothing_behind():
    store = _base_memory.BlockStore(1, 1, 1)
    assert store.put(0, filled(10)) and store.put(1, filled(LARGEST[2])) and not store.put(0, filled(LARGEST[2]))
    assert store.get(0) is None
    assert store.put(2, filled(10)) and store.pool(2) == 0   # its block went back all the same


def test_releasing_nothing_does_nothing():
    store = _base_memory.BlockStore(1, 1, 1)
    store.release(0)
    store.release(0)
    assert [store.put(cell, b"x") for cell in range(4)] == [True, True, True, False]


class BlockModel(RuleBasedStateMachine):
    """A store beside a dict from cell to bytes, and a count of free blocks per size."""

    def __init__(self):
        super().__init__()
        self.store = _base_memory.BlockStore(3, 2, 1)
        self.free = [3, 2, 1]
        self.kept = {}

    @rule(cell=st.integers(0, 7), length=st.one_of(st.integers(0, 700), st.integers(1900, 2100), st.integers(65000, 66000)), seed=st.integers(0, 250))
    def put(self, cell, length, seed):
        self.release(cell)
        pool = next((pool for pool in range(3) if length <= LARGEST[pool] and self.free[pool]), None)
        assert self.store.put(cell, filled(length, seed)) == (pool is not None)
        if pool is not None:
            self.free[pool] -= 1
            self.kept[cell] = filled(length, seed), pool

    @rule(cell=st.integers(0, 7))
    def release(self, cell):
        self.store.release(cell)
        if cell in self.kept:
            self.free[self.kept.pop(cell)[1]] += 1

    @invariant()
    def what_is_kept_is_unchanged(self):
        for cell in range(8):
            assert self.store.get(cell) == self.kept.get(cell, (None, 0))[0]


TestBlockModel = BlockModel.TestCase
