"""News for open pages."""
import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from hasip.console.live import Streams, TooManyStreams
from hasip.console.visit import Visit
from hasip.domain.person import Person
from hasip.portal import Event


class FakeEvents:
    """Three pieces of news, and then nothing more."""

    async def follow(self, person: Person, trunk: str | None, who_asks: object) -> AsyncGenerator[Event, None]:
        for topic in ("pool", "alive", "zone"):
            yield Event(cast(Any, topic), "acme", None)


def visit_of(name: str) -> Visit:
    """Return somebody's visit to /live."""
    request = Request({"type": "http", "method": "GET", "path": "/live", "query_string": b"trunk=acme", "headers": []})
    return Visit(request, cast(Any, SimpleNamespace(events=FakeEvents())), Person(name, "customer"), "")


async def lines_of(answer: StreamingResponse) -> list[str]:
    return [cast(str, line) async for line in answer.body_iterator]


def test_a_page_is_told_that_something_changed_and_kept_alive_between() -> None:
    async def run() -> list[str]:
        return await lines_of(cast(StreamingResponse, await Streams().tell(visit_of("carol"))))

    assert asyncio.run(run()) == ["data: pool\n\n", ":\n\n", "data: zone\n\n"]


def test_a_page_that_comes_while_the_node_ends_is_told_nothing_and_may_come_again() -> None:
    class Ended:
        async def follow(self, person: Person, trunk: str | None, who_asks: object) -> AsyncGenerator[Event, None]:
            for event in ():
                yield event

    async def run() -> list[str]:
        visit = visit_of("carol")
        answer = await Streams().tell(replace(visit, portal=cast(Any, SimpleNamespace(events=Ended()))))
        return await lines_of(cast(StreamingResponse, answer))

    assert asyncio.run(run()) == []


def test_one_person_has_so_many_streams_and_gets_another_when_one_has_ended() -> None:
    async def run() -> None:
        streams = Streams(streams_max=1)
        first = cast(StreamingResponse, await streams.tell(visit_of("carol")))
        assert await anext(aiter(first.body_iterator)) == "data: pool\n\n"
        with pytest.raises(TooManyStreams):
            await streams.tell(visit_of("carol"))
        await streams.tell(visit_of("dave"))
        await lines_of(first)
        assert await lines_of(cast(StreamingResponse, await streams.tell(visit_of("carol"))))

    asyncio.run(run())
