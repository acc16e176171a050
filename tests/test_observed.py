"""What is told by HTTP, as the node's state is."""
import asyncio
import json

import pytest

from hasip.observed import STARTING, observation
from hasip.web import serving
from tests.metrics.status import STATUS
from tests.web.test_server import get


def ask(path: str, obstacle: str) -> tuple[int, bytes, list[int]]:
    """Return status, body, and for how many trunks the node's status was wanted."""
    wanted: list[int] = []

    def status(trunks_max: int) -> dict:
        wanted.append(trunks_max)
        return STATUS

    async def run() -> bytes:
        async with serving(observation(7, status, lambda: obstacle), "127.0.0.1", 0) as port:
            return await get("127.0.0.1", port, path)

    head, _, body = asyncio.run(run()).partition(b"\r\n\r\n")
    return int(head.split()[1]), body, wanted


def test_metrics_are_of_as_many_trunks_as_the_file_says() -> None:
    status, body, wanted = ask("/metrics", "")
    assert (status, wanted) == (200, [7]) and b"hasip_calls 5.0" in body


def test_before_there_is_a_status_nobody_asks_for_it() -> None:
    status, _, wanted = ask("/metrics", STARTING)
    assert (status, wanted) == (503, [])


@pytest.mark.parametrize("obstacle", [STARTING, "draining, calls in progress: 3", "a worker has ended"])
def test_a_node_that_shall_have_no_calls_says_why_and_lives(obstacle: str) -> None:
    status, body, _ = ask("/readyz", obstacle)
    assert (status, json.loads(body)) == (503, {"is_ready": False, "reason": obstacle})
    assert ask("/healthz", obstacle)[0] == 200
