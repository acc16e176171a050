"""How a share grows. The clock is passed."""
import math

from hypothesis import given
from hypothesis import strategies as st

from hasip.health.ramp import Ramp
from hasip.health.rules import Rules


def test_ramp_is_over_until_it_is_started() -> None:
    ramp = Ramp(Rules())
    assert (ramp.is_over, ramp.ends_s, ramp.share_percent(0)) == (True, math.inf, 100)


def test_frozen_ramp_keeps_its_share_and_ends_later() -> None:
    ramp = Ramp(Rules())
    ramp.start(100)
    ramp.freeze(115)
    assert (ramp.share_percent(1000), ramp.ends_s, ramp.is_over) == (55, math.inf, False)
    ramp.resume(200)
    assert (ramp.share_percent(200), ramp.ends_s) == (55, 215)


def test_ramp_without_length_is_over_at_once() -> None:
    ramp = Ramp(Rules(ramp_s=0))
    ramp.start(100)
    assert (ramp.ends_s, ramp.share_percent(100)) == (100, 100)


@given(st.floats(0, 1e6), st.lists(st.floats(0, 10), max_size=10), st.integers(0, 100))
def test_share_never_shrinks_and_stays_between_its_ends(start_s: float, steps_s: list[float], from_percent: int) -> None:
    ramp = Ramp(Rules(ramp_from_percent=from_percent))
    ramp.start(start_s)
    now_s, shares = start_s, [from_percent]
    for index, step_s in enumerate(steps_s):
        now_s += step_s
        (ramp.freeze if index % 2 else ramp.resume)(now_s)
        shares.append(ramp.share_percent(now_s))
    assert shares == sorted(shares)
    assert shares[-1] <= 100
