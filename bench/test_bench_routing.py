"""Where a call goes: selection, whitelist, numbers, and the token that finds the call again: `pytest bench/test_bench_routing.py`."""
import pytest
from tests._bench import NumbersLoop, SelectionLoop, TokenLoop, WhitelistLoop

from bench.loops import measure

COUNT = 16_384                  # a multiple of the 1024 inputs
MAPPED = b"\0" * 10 + b"\xff\xff"


def test_selection_only_primary(benchmark):
    assert measure(benchmark, SelectionLoop().only_primary, COUNT) == COUNT


def test_selection_round_robin(benchmark):
    assert measure(benchmark, SelectionLoop().round_robin, COUNT) == 2 * COUNT          # one leg each, and each the next one


def test_selection_regions(benchmark):
    assert measure(benchmark, SelectionLoop().regions, COUNT) == 4 * COUNT + COUNT * 6 // 4


def networks(count):
    """Return what an edge node knows: single hosts and /24 of IPv4, and /64 of IPv6, in turn."""
    kinds = [lambda i: (MAPPED + (0x0A000000 + i).to_bytes(4, "big"), 128), lambda i: (MAPPED + (0x30000000 + 256 * i).to_bytes(4, "big"), 120),
             lambda i: ((0x20010DB8 << 32 | i).to_bytes(8, "big") + bytes(8), 64)]
    return [kinds[i % 3](i) for i in range(count)]


@pytest.mark.parametrize("size", [10, 100_000])
def test_whitelist_find(benchmark, size):
    assert measure(benchmark, WhitelistLoop(networks(size)).run, COUNT) == COUNT // 2


@pytest.mark.parametrize("size", [10, 100_000])
def test_numbers_find(benchmark, size):
    assert measure(benchmark, NumbersLoop(size).run, COUNT) == COUNT // 2 * 3           # trunk 1 by the number, trunk 2 by a prefix


def test_token_write(benchmark):
    assert measure(benchmark, TokenLoop().write, COUNT) > 0


def test_token_read(benchmark):
    assert measure(benchmark, TokenLoop().read, COUNT) == COUNT
