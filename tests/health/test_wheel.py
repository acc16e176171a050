"""The wheel against a sorted list. The clock is passed."""
import math

from hypothesis import given
from hypothesis import strategies as st

from hasip.health.wheel import PLACES, Wheel

TURN_S = PLACES * 0.05

moments = st.floats(0, 4 * TURN_S) | st.sampled_from([0.05, 0.1, TURN_S, 2 * TURN_S, math.inf])
steps = st.lists(st.tuples(st.sampled_from(["arm", "disarm", "pop"]), st.integers(0, 5), moments), max_size=60)


def test_key_is_due_at_its_moment_neither_before_nor_twice() -> None:
    wheel: Wheel[str] = Wheel(100.0)
    wheel.arm("a", 100.07)
    assert wheel.next_due_s == 100.07
    assert wheel.pop_due(100.069) == []
    assert wheel.pop_due(100.07) == ["a"]
    assert (wheel.pop_due(1e6), wheel.next_due_s, len(wheel)) == ([], math.inf, 0)


def test_arming_again_replaces_and_disarming_takes_back() -> None:
    wheel: Wheel[str] = Wheel(0)
    for due_s in (1, 60, 2):
        wheel.arm("a", due_s)
    wheel.arm("b", 1)
    wheel.disarm("b")
    wheel.disarm("never armed")
    assert (wheel.pop_due(1.9), wheel.pop_due(2), wheel.pop_due(100)) == ([], ["a"], [])


def test_key_further_away_than_a_turn_goes_round() -> None:
    wheel: Wheel[str] = Wheel(0)
    wheel.arm("far", 2.5 * TURN_S)
    wheel.arm("near", 0.5 * TURN_S)
    assert wheel.pop_due(0.5 * TURN_S) == ["near"]
    assert wheel.next_due_s == 2.5 * TURN_S
    assert wheel.pop_due(1.5 * TURN_S) == []
    assert wheel.pop_due(2.5 * TURN_S) == ["far"]


def test_key_armed_in_the_past_is_due_at_once() -> None:
    wheel: Wheel[str] = Wheel(100)
    wheel.arm("late", 3)
    assert (wheel.next_due_s, wheel.pop_due(100)) == (3, ["late"])


def test_keys_due_together_come_in_order_also_after_a_leap() -> None:
    wheel: Wheel[int] = Wheel(0)
    for key in range(1000):
        wheel.arm(key, (key * 7919 % 1000) * 0.3)
    assert wheel.pop_due(1e6) == sorted(range(1000), key=lambda key: key * 7919 % 1000)


@given(steps)
def test_wheel_gives_what_a_sorted_list_gives(steps: list[tuple[str, int, float]]) -> None:
    wheel: Wheel[int] = Wheel(0)
    due: dict[int, float] = {}
    now_s = 0.0
    for step, key, moment in steps:
        if step == "arm":
            wheel.arm(key, moment)
            due.pop(key, None)
            if moment < math.inf:
                due[key] = moment
        elif step == "disarm":
            wheel.disarm(key)
            due.pop(key, None)
        else:
            now_s = max(now_s, min(moment, 1e6))
            expected = sorted(due_s for due_s in due.values() if due_s <= now_s)
            assert [due.pop(each) for each in wheel.pop_due(now_s)] == expected
        assert wheel.next_due_s == min(due.values(), default=math.inf)
        assert len(wheel) == len(due)
