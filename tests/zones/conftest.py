"""Fixtures: machines whose clock a test moves. Nobody sleeps."""
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from hasip import zones as module
from tests.machine import Links, Loop
from tests.zones.machine import UNIX_S, Machine, pair, trunk


@pytest.fixture
def make_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Machine]]:
    loop = Loop()
    monkeypatch.setattr(module, "Links", Links)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=loop.time, time=lambda: UNIX_S + loop.now_s))
    monkeypatch.setattr(module, "random", SimpleNamespace(random=lambda: 0.5, getrandbits=lambda bits: 100))
    monkeypatch.setattr("asyncio.get_running_loop", lambda: loop)
    machines: list[Machine] = []

    def make() -> Machine:
        machines.append(Machine(tmp_path, loop))
        return machines[-1]

    yield make
    for machine in machines:
        machine.close()


@pytest.fixture
def machine(make_machine: Callable[[], Machine]) -> Machine:
    """A trunk whose two zones may be reached by any interface."""
    machine = make_machine()
    machine.serve(trunk(*pair()))
    return machine
