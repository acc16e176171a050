"""A sleeper and who leaves it work, on two threads: one of them always sees the other."""
from concurrent.futures import ThreadPoolExecutor

from tests import _base_threads

ROUNDS = 50_000


def test_work_is_seen_before_sleep_or_the_sleeper_is_woken():
    sleeper = _base_threads.Sleeper()
    with ThreadPoolExecutor(2) as threads:
        found = threads.submit(sleeper.sleep, ROUNDS)
        woken = threads.submit(sleeper.leave_work, ROUNDS)
        lost = sum(not was_found and not was_woken for was_found, was_woken in zip(found.result(), woken.result(), strict=True))
    assert lost == 0
