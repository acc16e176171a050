"""When a zone is probed. The clock is passed."""
import math

from hasip.health.rules import Rules
from hasip.health.schedule import Schedule


def schedule() -> Schedule:
    return Schedule(Rules(), lambda: 0.5, 0.0)


def test_probe_is_sent_when_it_is_due_and_once_until_it_ends() -> None:
    probes = schedule()
    assert not probes.send_if_due(4.9)
    assert probes.send_if_due(5)
    assert (probes.is_in_flight, probes.due_s) == (True, 10)
    assert not probes.send_if_due(1000)
    assert (probes.end(), probes.end(), probes.overdue_s) == (True, False, math.inf)
    assert probes.send_if_due(1000)


def test_interval_begins_with_the_sending_and_ends_with_the_result_at_least() -> None:
    probes = schedule()
    probes.send_if_due(5)
    probes.probe_every(10, 7)
    probes.end()
    assert probes.due_s == 15
    probes.probe_every(1, 7)
    assert probes.due_s == 7


def test_nothing_is_sent_while_paused_and_at_once_after() -> None:
    probes = schedule()
    probes.send_if_due(5)
    probes.pause()
    probes.probe_at_once(6)
    assert (probes.is_paused, probes.is_in_flight, probes.due_s) == (True, False, math.inf)
    assert not probes.send_if_due(1000)
    probes.resume(1001)
    assert probes.due_s == 1001


def test_quiet_outlasts_all_that_would_probe() -> None:
    probes = schedule()
    probes.keep_quiet(100)
    probes.probe_at_once(6)
    assert not probes.send_if_due(99)
    assert probes.due_s == 100
