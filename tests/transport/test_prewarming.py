"""Connections ahead of calls: when they are opened, and opened again."""
import asyncio

import pytest

from hasip.transport.prewarming import Prewarmer
from tests.transport.clock import Clock

HERE = 0, "192.0.2.1", 5061
THERE = 0, "192.0.2.2", 5061


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    return clock


def test_wanted_places_are_opened_once() -> None:
    opened: list[object] = []
    prewarmer = Prewarmer(opened.append)
    prewarmer.want([HERE, THERE, HERE])
    prewarmer.want([THERE, HERE])
    assert opened == [HERE, THERE]


def test_a_place_that_fails_is_tried_again_after_1_s_doubling_to_30_s(clock: Clock) -> None:
    opened: list[object] = []
    prewarmer = Prewarmer(opened.append)
    prewarmer.want([HERE])
    waits_s = []
    for _ in range(7):
        prewarmer.ended(HERE)
        waits_s.append(clock.fire())
    assert waits_s == [1, 2, 4, 8, 16, 30, 30] and opened == 8 * [HERE]


def test_a_connection_that_lasted_comes_back_at_once(clock: Clock) -> None:
    prewarmer = Prewarmer(lambda place: None)
    prewarmer.want([HERE])
    for _ in range(4):
        prewarmer.ended(HERE)
        clock.fire()
    prewarmer.opened(HERE)
    clock.now_s += 30
    prewarmer.ended(HERE)
    assert clock.fire() == 1


def test_a_connection_that_is_lost_right_after_opening_keeps_its_backoff(clock: Clock) -> None:
    prewarmer = Prewarmer(lambda place: None)
    prewarmer.want([HERE])
    waits_s = []
    for _ in range(3):
        prewarmer.opened(HERE)
        prewarmer.ended(HERE)
        waits_s.append(clock.fire())
    assert waits_s == [1, 2, 4]


def test_a_place_no_longer_wanted_is_left_alone(clock: Clock) -> None:
    opened: list[object] = []
    prewarmer = Prewarmer(opened.append)
    prewarmer.want([HERE])
    prewarmer.ended(HERE)
    prewarmer.want([THERE])
    clock.fire()
    prewarmer.ended(HERE)
    assert opened == [HERE, THERE] and not clock.timers
    assert prewarmer.is_wanted(THERE) and not prewarmer.is_wanted(HERE)
