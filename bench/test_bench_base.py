"""What every packet stands on: index, arena, wheel, keyed hash, digests: `pytest bench/test_bench_base.py`."""
import pytest
from tests._bench import ArenaLoop, HashLoop, IndexLoop, WheelLoop

from bench.loops import measure

COUNT = 16_384


@pytest.mark.parametrize("size", [1_000, 100_000])
def test_index_find(benchmark, size):
    assert measure(benchmark, IndexLoop(size).run, COUNT) == COUNT


def test_arena_take_and_give(benchmark):
    assert measure(benchmark, ArenaLoop().run, COUNT) == COUNT


def test_wheel_arm(benchmark):
    assert measure(benchmark, WheelLoop(COUNT).arm, COUNT) == COUNT


def test_wheel_arm_and_fire(benchmark):
    assert measure(benchmark, WheelLoop(COUNT).arm_and_fire, COUNT) == COUNT


@pytest.mark.parametrize("length", [16, 100])
def test_siphash(benchmark, length):
    assert measure(benchmark, HashLoop(bytes(range(length))).run, COUNT)


def test_siphash_words(benchmark):
    assert measure(benchmark, HashLoop(b"").run_words, COUNT)


@pytest.mark.parametrize("length", [50, 100])           # one block, and two: what a Digest response is made of
def test_md5(benchmark, length):
    assert measure(benchmark, HashLoop(bytes(range(length))).run_md5, COUNT)


@pytest.mark.parametrize("length", [50, 100])
def test_sha256(benchmark, length):
    assert measure(benchmark, HashLoop(bytes(range(length))).run_sha256, COUNT)
