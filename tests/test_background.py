"""Tasks beside a block: they end with it, and one that ends before is told of at once."""
import asyncio

import pytest
from structlog.testing import capture_logs

from hasip.background import beside


async def fail() -> None:
    raise ValueError("of its own")


def test_a_task_that_fails_is_logged_while_the_block_goes_on_and_its_error_comes_out_at_the_end() -> None:
    async def work() -> None:
        async with beside(fail()):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert [(line["event"], line["error"]) for line in logged] == [("a task that should go on has ended", "ValueError: of its own")]

    with capture_logs() as logged, pytest.raises(ValueError, match="of its own"):
        asyncio.run(work())


def test_a_task_that_ends_with_its_block_is_no_news() -> None:
    async def work() -> None:
        async with beside(asyncio.sleep(3600)):
            await asyncio.sleep(0)

    with capture_logs() as logged:
        asyncio.run(work())
    assert logged == []
