"""A task that runs beside a block, and ends with it."""
import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import structlog

log = structlog.get_logger("hasip")


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` for as long as the block does. Errors: its own, logged when it fails, once the block has ended; the block's come out as they are."""
    task = asyncio.create_task(work)
    task.add_done_callback(tell_failure)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def tell_failure(task: asyncio.Task[None]) -> None:
    """Log what ended a task: its block may go on for days."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a task that should go on has ended", error=f"{type(error).__name__}: {error}", exc_info=error)
