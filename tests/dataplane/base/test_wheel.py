"""The timing wheel, with a clock that the tests pass."""
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests import _base_memory

TICK = _base_memory.TICK_MS
STARTS = [0, 1, 2559, 655_359, 10 * 2**32 - 25]     # …so that the places, a level, and the ticks themselves go round soon
SECOND, HOUR, DAY = 1000, 3_600_000, 86_400_000


def first_firing(wheel, identifier, due_ms, wait_limit_ms=3 * TICK):
    """Return when a timer fires on a clock that stops before due_ms and then at every millisecond."""
    assert identifier not in wheel.fire(due_ms - 1)
    for now_ms in range(due_ms, due_ms + wait_limit_ms):
        if wheel.fire(now_ms) == [identifier]:
            return now_ms
    raise AssertionError("it never fired")


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("delay", [TICK, TICK + 1, 500, 2550, 2560, 2570, 32 * SECOND, 655_350, 655_360, 180 * SECOND, HOUR, 2 * DAY, 30 * DAY])
def test_a_timer_fires_never_early_and_less_than_one_tick_late(start, delay):
    wheel = _base_memory.Wheel(1, start)
    wheel.arm(0, start + delay)
    fired = first_firing(wheel, 0, start + delay)
    assert start + delay <= fired < start + delay + TICK
    assert wheel.armed == 0 and wheel.fire(fired + 40 * DAY) == []


@pytest.mark.parametrize("due", [0, 1, 4_999, 5_000])
def test_a_deadline_that_is_past_fires_at_the_next_tick(due):
    wheel = _base_memory.Wheel(1, 5_000)
    wheel.arm(0, due)
    assert wheel.fire(5_000 + TICK - 1) == []
    assert wheel.fire(5_000 + TICK) == [0]


def test_a_deadline_further_than_248_days_counts_as_past():
    wheel = _base_memory.Wheel(2, 0)
    wheel.arm(0, TICK * 2**31)
    wheel.arm(1, TICK * (2**31 - 1))
    assert wheel.fire(TICK) == [0] and wheel.fire(DAY) == []


def test_a_timer_armed_again_by_its_own_firing_does_not_fire_at_the_same_tick():
    wheel = _base_memory.Wheel(1, 0)
    wheel.arm(0, 50)
    assert wheel.pop_due(50) == 0
    wheel.arm(0, 50)
    assert wheel.pop_due(50) is None and wheel.pop_due(60) == 0


def test_a_disarmed_timer_does_not_fire():
    wheel = _base_memory.Wheel(3, 0)
    for identifier in range(3):
        wheel.arm(identifier, 100)
    wheel.disarm(1)
    wheel.disarm(1)
    assert wheel.armed == 2 and sorted(wheel.fire(100)) == [0, 2]


def test_arming_an_armed_timer_moves_it():
    wheel = _base_memory.Wheel(1, 0)
    wheel.arm(0, 100)
    wheel.arm(0, 10_000)
    assert wheel.armed == 1 and wheel.fire(9_999) == []
    wheel.arm(0, 10_010)
    wheel.arm(0, 10_000)
    assert wheel.fire(10_000) == [0] and wheel.fire(20_000) == []


def test_timers_of_one_tick_all_fire_though_the_first_disarms_its_neighbours():
    wheel = _base_memory.Wheel(5, 0)
    for identifier in range(5):
        wheel.arm(identifier, 2_000)
    first = wheel.pop_due(2_000)
    others = [identifier for identifier in range(5) if identifier != first]
    wheel.disarm(others[0])
    wheel.disarm(others[2])
    assert sorted(wheel.fire(2_000)) == sorted([others[1], others[3]])


def test_a_wheel_that_slept_for_days_fires_everything_in_order_of_deadlines():
    delays = [30, 500, 2_560, 90 * SECOND, HOUR, DAY, 3 * DAY]
    wheel = _base_memory.Wheel(len(delays), 0)
    for identifier, delay in enumerate(delays):
        wheel.arm(identifier, delay)
    assert wheel.fire(4 * DAY) == list(range(len(delays)))


def test_a_clock_that_stands_still_or_goes_back_fires_nothing():
    wheel = _base_memory.Wheel(1, 10_000)
    wheel.arm(0, 10_100)
    assert wheel.fire(10_050) == [] and wheel.fire(9_000) == [] and wheel.fire(10_099) == [] and wheel.fire(10_100) == [0]


def test_an_idle_wheel_follows_the_clock_at_once():
    wheel = _base_memory.Wheel(1, 0)
    assert wheel.fire(200 * DAY) == []
    wheel.arm(0, 200 * DAY + 40)
    assert wheel.fire(200 * DAY + 39) == [] and wheel.fire(200 * DAY + 40) == [0]


def test_nothing_to_wait_for_is_minus_one():
    wheel = _base_memory.Wheel(1, 0)
    assert wheel.wait_ms(0) == -1
    wheel.arm(0, 100)
    assert wheel.wait_ms(0) == 100
    wheel.disarm(0)
    assert wheel.wait_ms(0) == -1


@given(st.sampled_from(STARTS), st.lists(st.integers(1, 2 * HOUR), min_size=1, max_size=8))
def test_sleeping_as_long_as_told_misses_no_deadline(start, delays):
    wheel = _base_memory.Wheel(len(delays), start)
    for identifier, delay in enumerate(delays):
        wheel.arm(identifier, start + delay)
    now_ms, fired = start, {}
    while wheel.armed:
        wait_ms = wheel.wait_ms(now_ms)
        assert 0 <= wait_ms <= 256 * TICK
        now_ms += max(wait_ms, 1)
        fired |= dict.fromkeys(wheel.fire(now_ms), now_ms)
    assert all(start + delay <= fired[identifier] < start + delay + TICK for identifier, delay in enumerate(delays))


class WheelModel(RuleBasedStateMachine):
    """A wheel beside a dict from timer to the tick at which it is due."""

    TIMERS = 6

    @initialize(start=st.sampled_from(STARTS))
    def open(self, start):
        self.now = start
        self.wheel = _base_memory.Wheel(self.TIMERS, start)
        self.due = {}

    @rule(identifier=st.integers(0, TIMERS - 1),
          delay=st.one_of(st.integers(-50, 200), st.integers(2_000, 3_000), st.integers(0, HOUR), st.integers(0, 60 * DAY)))
    def arm(self, identifier, delay):
        due_ms = max(self.now + delay, 0)
        self.wheel.arm(identifier, due_ms)
        self.due[identifier] = max(-(-due_ms // TICK), self.now // TICK + 1)

    @rule(identifier=st.integers(0, TIMERS - 1))
    def disarm(self, identifier):
        self.wheel.disarm(identifier)
        self.due.pop(identifier, None)

    @rule(step=st.one_of(st.integers(0, 30), st.integers(0, 5_000), st.integers(0, HOUR), st.integers(0, 20 * DAY)))
    def pass_time(self, step):
        self.now += step
        fired = self.wheel.fire(self.now)
        expected = {identifier for identifier, tick in self.due.items() if tick <= self.now // TICK}
        assert len(fired) == len(set(fired)) and set(fired) == expected
        assert [self.due[identifier] for identifier in fired] == sorted(self.due[identifier] for identifier in fired)
        for identifier in fired:
            del self.due[identifier]

    @invariant()
    def it_never_says_to_sleep_past_a_deadline(self):
        if hasattr(self, "wheel"):
            assert self.wheel.armed == len(self.due)
            wait_ms = self.wheel.wait_ms(self.now)
            assert wait_ms == -1 if not self.due else 0 <= wait_ms <= min(self.due.values()) * TICK - self.now


TestWheelModel = WheelModel.TestCase
