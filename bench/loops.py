"""How the benchmarks of the leaves measure: one round is a loop in C, and extra_info has the nanoseconds of one call."""
from collections.abc import Callable
from typing import TypeVar

from pytest_benchmark.fixture import BenchmarkFixture

Result = TypeVar("Result")


def measure(benchmark: BenchmarkFixture, loop: Callable[[int], Result], count: int) -> Result:
    """Measure loop(count), which calls the function `count` times; return what it returned last."""
    result = benchmark(loop, count)
    if benchmark.stats:                         # not with --benchmark-disable
        benchmark.extra_info |= {"calls": count, "ns_per_call": round(benchmark.stats.stats.min / count * 1e9, 2)}
    return result
