"""Memory, clocks, counters and spans: the small leaves that the others stand on."""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import _base_memory, _base_threads


@pytest.mark.parametrize(("count", "size"), [(0, 1), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (1000, 1024), (2**31 + 1, 2**32)])
def test_table_sizes_are_powers_of_two(count, size):
    assert _base_memory.power_of_two(count) == size


@pytest.mark.parametrize(("size", "touched"), [(1, 0), (1, 1), (4096, 4096), (100_000, 5), (100_000, 100_000)])
def test_mapped_memory_is_zero_touched_or_not(size, touched):
    assert _base_memory.mapped_zeroes(size, touched)


def test_the_clocks_are_the_systems():
    before = time.monotonic_ns(), int(time.time())
    ms, ns, cpu_ns, unix_s = _base_memory.moments()
    after = time.monotonic_ns(), int(time.time())
    assert before[0] <= ns <= after[0] and before[0] // 10**6 <= ms <= after[0] // 10**6 and before[1] <= unix_s <= after[1]
    assert 0 < cpu_ns <= time.thread_time_ns()


def test_a_counter_that_threads_share_loses_nothing():
    counter = _base_threads.Counter()
    with ThreadPoolExecutor(4) as threads:
        for _ in range(4):
            threads.submit(counter.add, 1_000_000)
    assert counter.value == 4_000_000


def test_a_span_is_named_by_its_ends():
    assert _base_memory.span(5, 9) == (5, 4) and _base_memory.span(0, 0) == (0, 0) and _base_memory.span(0, 65535) == (0, 65535)
