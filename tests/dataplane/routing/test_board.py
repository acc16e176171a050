"""The board: call pools and rotations that all workers share."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import _routing_world

THREADS, ROUNDS = 4, 2_000_000         # enough for them to meet


def at_once(function, *arguments):
    """Return what a function returns in each of THREADS threads, which begin together."""
    with ThreadPoolExecutor(THREADS) as threads:
        return [each.result() for each in [threads.submit(function, *arguments, THREADS) for _ in range(THREADS)]]


def test_a_pool_gives_as_many_slots_as_its_limit_and_counts_what_it_refuses():
    board = _routing_world.Board(2)
    assert [board.take(1, 3) for _ in range(5)] == [True] * 3 + [False] * 2
    assert (board.calls(1), board.refused(1), board.calls(0), board.refused(0)) == (3, 2, 0, 0)
    board.give(1)
    assert board.take(1, 3) and not board.take(1, 3)


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_a_limit_lowered_below_the_calls_in_progress_refuses_until_they_are_fewer(limit):
    board = _routing_world.Board(1)
    assert all(board.take(0, 5) for _ in range(5))
    for _ in range(5 - limit):
        assert not board.take(0, limit)
        board.give(0)
    assert not board.take(0, limit) and board.calls(0) == limit
    assert board.take(0, limit + 1)


def test_threads_together_take_exactly_the_limit():
    board, limit = _routing_world.Board(1), 3 * ROUNDS
    assert sum(at_once(board.take_all, 0, limit, ROUNDS)) == limit == board.calls(0)
    assert board.refused(0) == THREADS * ROUNDS - limit


def test_threads_that_take_and_give_never_exceed_the_limit_and_leave_nothing_taken():
    board = _routing_world.Board(1)
    results = at_once(board.take_and_give, 0, 2, ROUNDS)
    assert sum(exceeded for _, exceeded in results) == 0 and board.calls(0) == 0
    assert sum(taken for taken, _ in results) + board.refused(0) == THREADS * ROUNDS


@pytest.mark.parametrize("legs", [1, 2, 3, 4])
def test_threads_rotate_with_no_leg_favoured(legs):
    counts = at_once(_routing_world.Board(1).rotate, 0, legs, 60_000)
    assert [sum(each) for each in zip(*counts, strict=True)] == [THREADS * 60_000 // legs] * legs
