"""Runs a test on uvloop; a test that hangs fails."""
import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

import uvloop

from tests.patience import PATIENCE_S

P = ParamSpec("P")


def on_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Make a test of a coroutine."""
    @functools.wraps(test)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        async def within_time() -> None:
            async with asyncio.timeout(PATIENCE_S):
                await test(*arguments, **named)
        uvloop.run(within_time())
    return run
