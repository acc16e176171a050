"""How long a test waits for what must come. It bounds hopeless waits, and claims nothing about speed: that is a benchmark's to show."""
import asyncio
from collections.abc import Callable
from typing import Any

PATIENCE_S = 30.0
TURN_S = 0.001


async def until(holds: Callable[[], bool], meanwhile: "asyncio.Future[Any] | None" = None) -> None:
    """Let the loop and other threads go on until something holds that announces itself to nobody. Errors: TimeoutError; what `meanwhile` fails with."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            if meanwhile is not None and meanwhile.done():
                raise AssertionError(f"it has ended: {meanwhile.result()}")
            await asyncio.sleep(TURN_S)
