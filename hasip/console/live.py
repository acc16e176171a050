"""News for open pages, by server-sent events. They say only that something has changed; a page looks itself what."""
import contextlib
import time
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hasip.console.visit import Visit, visited
from hasip.portal import Portal
from hasip.web import OpenStreams

STREAM_S = 600.0                # a stream ends after so long, and the browser asks for another
STREAMS_MAX = 32                # of one person at a time: each looks twice a second


class TooManyStreams(Exception):
    """No further page of this person can be told."""


class Streams:
    """The pages that are told. Threads: the loop's."""

    def __init__(self, streams_max: int = STREAMS_MAX) -> None:
        self._open = OpenStreams(streams_max)

    async def tell(self, visit: Visit) -> Response:
        """Tell a page, until it is closed or has been told long enough. Errors: Refusal, TooManyStreams."""
        if not self._open.has_room(visit.person.name):
            raise TooManyStreams
        news = visit.portal.events.follow(visit.person, visit.request.query_params.get("trunk"), lambda: visit.portal.entry.by_session(visit.secret))
        begun = await anext(news, None)         # a refusal comes before anything was said; None: the node is ending

        async def lines() -> AsyncIterator[str]:
            ends_s = time.monotonic() + STREAM_S
            with self._open.one_more(visit.person.name):
                async with contextlib.aclosing(news):
                    if begun is not None:
                        yield f"data: {begun.topic}\n\n"
                    async for event in news:
                        yield ":\n\n" if event.topic == "alive" else f"data: {event.topic}\n\n"
                        if time.monotonic() > ends_s:
                            return

        return StreamingResponse(lines(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def live_route(portal: Portal) -> Route:
    """Return the route."""
    return Route("/live", visited(portal, Streams().tell))
