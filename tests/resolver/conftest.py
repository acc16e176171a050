"""What the tests of the resolver share: a clock that is told the time, a log that can be waited for, and a loop with an end."""
import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import pytest
import structlog
import uvloop

from tests.patience import PATIENCE_S


class Clock:
    """A clock that goes when told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def advance(self, seconds: float) -> None:
        self.now_s += seconds


class Logs:
    """What was logged, and what will be."""

    def __init__(self) -> None:
        self.lines: list[MutableMapping[str, Any]] = []
        self._came = asyncio.Event()

    def __call__(self, _logger: Any, level: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        self.lines.append({**line, "level": level})
        self._came.set()
        raise structlog.DropEvent

    async def line(self, event: str) -> MutableMapping[str, Any]:
        """Wait for a line, take it and all before it, and return it."""
        while True:
            self._came.clear()
            while self.lines:
                if (line := self.lines.pop(0))["event"] == event:
                    return line
            await self._came.wait()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def logs() -> Iterator[Logs]:
    logs = Logs()
    configuration = structlog.get_config()
    structlog.configure(processors=[logs])
    yield logs
    structlog.configure(**configuration)


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run_async(request: pytest.FixtureRequest) -> Callable[[Callable[[], Awaitable[None]]], None]:
    """Return what runs a test's coroutine function to its end, on each kind of loop."""
    def run(test: Callable[[], Awaitable[None]]) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(PATIENCE_S):
                await test()

        request.param(bounded())

    return run
