"""Arenas: fixed stores of equal records, named by handles that go stale."""
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from tests import _base_memory

CAPACITY = 5


def test_an_arena_gives_each_record_once_and_then_none():
    arena = _base_memory.Arena(CAPACITY)
    slots = [arena.take()[0] for _ in range(CAPACITY)]
    assert sorted(slots) == list(range(CAPACITY)) and arena.taken == CAPACITY
    assert arena.take() is None and arena.taken == CAPACITY


def test_a_record_given_back_is_taken_again_and_zeroed():
    arena = _base_memory.Arena(1)
    slot, generation, value = arena.take()
    assert value == 0
    arena.write(slot, 77)
    arena.give(slot)
    assert arena.take() == (slot, generation + 2, 0)


def test_a_handle_goes_stale_when_its_record_is_given_back():
    arena = _base_memory.Arena(2)
    slot, generation, _ = arena.take()
    arena.write(slot, 7)
    assert arena.find(slot, generation) == 7
    arena.give(slot)
    assert arena.find(slot, generation) is None
    again, newer, _ = arena.take()
    assert again == slot and arena.find(slot, generation) is None and arena.find(slot, newer) == 0


def test_a_handle_that_was_never_given_out_finds_nothing():
    arena = _base_memory.Arena(2)
    slot, generation, _ = arena.take()
    assert arena.find(2, generation) is None and arena.find(2**32 - 1, generation) is None
    assert arena.find(1, 0) is None and arena.find(1, 1) is None         # never taken
    arena.give(slot)
    assert arena.find(slot, generation + 1) is None                      # an even generation names nothing


def test_a_generation_wraps_and_stays_odd_while_taken():
    arena = _base_memory.Arena(1)
    arena.give(arena.take()[0])
    arena.set_generation(0, 2**32 - 2)
    slot, generation, _ = arena.take()
    assert generation == 2**32 - 1 and arena.find(slot, generation) == 0
    arena.give(slot)
    assert arena.take()[1] == 1


class ArenaModel(RuleBasedStateMachine):
    """An arena beside a dict from handle to value."""

    handles = Bundle("handles")
    stale = Bundle("stale")

    def __init__(self):
        super().__init__()
        self.arena = _base_memory.Arena(CAPACITY)
        self.values = {}

    @rule(target=handles, value=st.integers(1, 2**64 - 1))
    def take(self, value):
        taken = self.arena.take()
        if len(self.values) == CAPACITY:
            assert taken is None
            return None
        slot, generation, found = taken
        assert found == 0 and generation % 2 == 1
        assert slot not in {slot for slot, _ in self.values}, "two takers of one slot"
        self.arena.write(slot, value)
        self.values[slot, generation] = value
        return slot, generation

    @rule(target=stale, handle=consumes(handles))
    def give(self, handle):
        if handle is not None:
            self.arena.give(handle[0])
            del self.values[handle]
        return handle

    @rule(handle=stale)
    def a_stale_handle_finds_nothing(self, handle):
        assert handle is None or self.arena.find(*handle) is None

    @invariant()
    def every_taken_record_is_found(self):
        assert self.arena.taken == len(self.values)
        for handle, value in self.values.items():
            assert self.arena.find(*handle) == value


TestArenaModel = ArenaModel.TestCase
