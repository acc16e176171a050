"""The hash index: from keys to slots of an arena."""
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests import _base_memory

CAPACITY = 6
# Few buckets (8), so that these share them; keys that differ in high bits alone share one always.
KEYS = [0, 8, 16, 1, 9, 2**32, 2**63, 2**64 - 1]


def test_a_key_finds_its_slot():
    index = _base_memory.Index(CAPACITY)
    index.insert(99, 3)
    assert index.find(99) == 3 and index.find(98) is None and index.find(99 + 8) is None


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_colliding_keys_stay_apart_when_one_goes(removed):
    index = _base_memory.Index(CAPACITY)
    keys = [4, 12, 4 + 2**40]
    for slot, key in enumerate(keys):
        index.insert(key, slot)
    index.remove(removed)
    assert [index.find(key) for key in keys] == [None if slot == removed else slot for slot in range(3)]


def test_of_several_slots_under_one_key_the_last_is_found_until_it_goes():
    index = _base_memory.Index(CAPACITY)
    index.insert(5, 1)
    index.insert(5, 2)
    assert index.find(5) == 2
    index.remove(2)
    assert index.find(5) == 1
    index.remove(1)
    assert index.find(5) is None


def test_a_slot_that_is_not_in_the_index_can_be_removed():
    index = _base_memory.Index(CAPACITY)
    index.insert(5, 1)
    index.remove(0)
    index.remove(1)
    index.remove(1)
    assert index.find(5) is None


@pytest.mark.parametrize("capacity", [1, 2, 3, 1000])
def test_every_capacity_can_be_used_up(capacity):
    index = _base_memory.Index(capacity)
    for slot in range(capacity):
        index.insert(slot * 0x9E3779B97F4A7C15 % 2**64, slot)
    assert [index.find(slot * 0x9E3779B97F4A7C15 % 2**64) for slot in range(capacity)] == list(range(capacity))


class IndexModel(RuleBasedStateMachine):
    """An index beside a list of (key, slot), newest last."""

    def __init__(self):
        super().__init__()
        self.index = _base_memory.Index(CAPACITY)
        self.entries = []

    @rule(key=st.sampled_from(KEYS), slot=st.integers(0, CAPACITY - 1))
    def insert(self, key, slot):
        if slot not in [taken for _, taken in self.entries]:
            self.index.insert(key, slot)
            self.entries.append((key, slot))

    @rule(slot=st.integers(0, CAPACITY - 1))
    def remove(self, slot):
        self.index.remove(slot)
        self.entries = [entry for entry in self.entries if entry[1] != slot]

    @invariant()
    def every_key_finds_its_newest_slot(self):
        newest = dict(self.entries)
        assert [self.index.find(key) for key in KEYS] == [newest.get(key) for key in KEYS]


TestIndexModel = IndexModel.TestCase
