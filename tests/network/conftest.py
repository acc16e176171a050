"""A machine with two interfaces, zone0 and zone1, each with a far end; and someone who watches them."""
import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Self

import pytest
import uvloop

from hasip.network import Link, Links
from tests.netns.namespace import Namespace, why_forbidden
from tests.patience import PATIENCE_S


class Machine:
    """Two namespaces and two veth pairs: 10.77.N.1 on zoneN, 10.77.N.2 on far0 and far1."""

    def __init__(self) -> None:
        self.near = Namespace("near")
        self.far = Namespace("far")
        self.indices = itertools.count(100)
        for number in range(2):
            self.connect(number)

    def connect(self, number: int) -> None:
        """Make a pair of interfaces, switched on and with addresses."""
        near, far = f"zone{number}", f"far{number}"
        # The same index on both sides would look to the kernel like no pair, and it may take a second then to tell of a lost carrier.
        self.near.ip("link", "add", near, "index", str(next(self.indices)), "type", "veth", "peer", "name", far, "netns", self.far.name)
        self.near.ip("address", "add", f"10.77.{number}.1/24", "dev", near)
        self.far.ip("link", "set", far, "up")
        self.near.ip("link", "set", near, "up")

    def remove(self) -> None:
        self.near.remove()
        self.far.remove()

    def run(self, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine inside, on a loop as hasip runs on."""
        self.near.call(lambda: uvloop.run(scenario()))


class Watch:
    """Follows the links, and waits for what they shall become."""

    def __init__(self, **options: Any) -> None:
        self.changes: list[str] = []
        self.links = Links(self._hear, **options)
        self._heard = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.links.__aenter__()
        await self.until(lambda: all(self[name].has_carrier and self[name].routes for name in ("zone0", "zone1")))
        self.changes.clear()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.links.__aexit__(None, None, None)

    def __getitem__(self, name: str) -> Link:
        return self.links.current[name]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until a change makes the claim true. Errors: TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self._heard.clear()
                await self._heard.wait()

    def _hear(self, name: str) -> None:
        self.changes.append(name)
        self._heard.set()


@pytest.fixture
def machine() -> Iterator[Machine]:
    if why_forbidden():
        pytest.skip(why_forbidden())
    machine = Machine()
    yield machine
    machine.remove()
