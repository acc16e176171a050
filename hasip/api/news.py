"""Server-sent events: first what there is, then what differs. (HTML §9.2)"""
import contextlib
import json
import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from hasip.api.entry import BEARER, Asking, PortalHere, person_of
from hasip.api.paths import Named
from hasip.domain.person import Person
from hasip.portal import Event, NotPossible, Portal
from hasip.portal.rights import Action, demand
from hasip.web import OpenStreams

STREAMS_MAX = 8                 # of one person at a time
ALIVE_S = 15.0                  # a comment at least so often

routes = APIRouter(tags=["live"])

STREAM = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Events: generation, pool, zone, zone_event, node."}}


@routes.get("/news", response_class=StreamingResponse, responses=STREAM)     # type: ignore[arg-type]
async def tell_news(person: Asking, portal: PortalHere, request: Request) -> StreamingResponse:
    """Tell what there is of all in reach, and from then on what differs."""
    return stream(request, portal, person, None)


@routes.get("/trunks/{name}/news", response_class=StreamingResponse, responses=STREAM)       # type: ignore[arg-type]
async def tell_news_of_trunk(name: Named, person: Asking, portal: PortalHere, request: Request) -> StreamingResponse:
    """Tell what there is of a trunk, and from then on what differs: pool, zones, the generation that calls go by."""
    portal.live.pool(person, name)
    return stream(request, portal, person, name)


def stream(request: Request, portal: Portal, person: Person, trunk: str | None) -> StreamingResponse:
    """Return an answer that goes on. Errors: NotPossible for one too many, Refusal."""
    demand(person, Action.SEE_LIVE_STATE, trunk)
    streams: OpenStreams = request.app.state.streams
    if not streams.has_room(person.name):
        raise NotPossible(f"{streams.each_max} streams are open already: close one")
    return StreamingResponse(told(request, portal, person, trunk), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def told(request: Request, portal: Portal, person: Person, trunk: str | None) -> AsyncIterator[str]:
    """Yield events as text, for as long as the person may see them."""
    async def who_asks() -> Person:
        return await person_of(request, portal, await BEARER(request), None)

    told_s = time.monotonic()
    with request.app.state.streams.one_more(person.name):
        async with contextlib.aclosing(portal.events.follow(person, trunk, who_asks)) as events:
            async for event in events:
                if event.topic != "alive":
                    told_s = time.monotonic()
                    yield text_of(event)
                elif time.monotonic() - told_s >= ALIVE_S:
                    told_s = time.monotonic()
                    yield ": alive\n\n"


def text_of(event: Event) -> str:
    """Return an event as it goes over the wire."""
    return f"event: {event.topic}\ndata: {json.dumps({'name': event.name, 'facts': event.facts}, ensure_ascii=False)}\n\n"
