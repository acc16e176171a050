"""The console as one web application: its routes, and what is said when something is refused."""
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from hasip.console.advanced_pages import advanced_routes
from hasip.console.assets import CONTENT_TYPES, asset
from hasip.console.changing_pages import changing_routes
from hasip.console.core_pages import core_routes
from hasip.console.entry_pages import entry_routes
from hasip.console.history import History
from hasip.console.live import TooManyStreams, live_route
from hasip.console.new_trunk_page import new_trunk_routes
from hasip.console.operator_pages import operator_routes
from hasip.console.pages import render
from hasip.console.settings_pages import settings_routes
from hasip.console.timeline_pages import timeline_routes
from hasip.console.trunk_pages import trunk_routes
from hasip.console.user_pages import user_routes
from hasip.console.visit import Forged, Starting, go
from hasip.portal import NotAllowed, NotFit, NotFound, NotPossible, Portal
from hasip.store import StoreAway, StoreBusy, StoreChanged, StoreError
from hasip.web import PathsAsTheyCame

ASSET_AGE = "public, max-age=31536000, immutable"       # its address changes with its content

TROUBLES: dict[type[Exception], tuple[int, str, str]] = {           # status, title, sentence; an empty one: what the refusal says
    NotFound: (404, "Not found", "There is no such page, or it is not yours to see."),
    NotAllowed: (403, "Not allowed", ""),
    NotPossible: (409, "Not possible now", ""),
    NotFit: (422, "Not possible", ""),
    Forged: (400, "Not done", ""),
    StoreChanged: (409, "Somebody was quicker", "It has been changed meanwhile. Look at it again, and repeat your change."),
    Starting: (503, "Starting", "The node is starting. Try again in a moment."),
    TooManyStreams: (503, "Busy", "Too many pages are open. They go on without news at once, and look every few seconds."),
    StoreBusy: (503, "Busy", "The store is busy. Try again in a moment."),
    StoreError: (409, "Not possible", "The store refuses this."),
    ClientDisconnect: (400, "Not done", "The request ended before its end."),          # nobody reads it, but a fault it is not
    StoreAway: (503, "The store is away", "Calls go on by what the node knows. Settings can't be seen or changed until the store is back."),
}


def console(portal: Portal, *, is_by_tls: bool) -> ASGIApp:
    """Return the application, to be mounted at /. `is_by_tls`: cookies go by TLS only."""
    history = History(portal)

    async def first(_: Request) -> Response:
        return go("/trunks")

    made = Starlette(
        routes=[Route("/", first), Route("/static/{version}/{name}", tell_asset), live_route(portal), *entry_routes(portal),
                *trunk_routes(portal), *changing_routes(portal, history), *advanced_routes(portal), *settings_routes(portal),
                *new_trunk_routes(portal), *timeline_routes(portal, history), *operator_routes(portal),
                *core_routes(portal), *user_routes(portal)],
        exception_handlers={**dict.fromkeys(TROUBLES, tell_trouble), HTTPException: tell_http_trouble})
    made.state.is_by_tls = is_by_tls
    return PathsAsTheyCame(made, "/trunks", "/cores", "/user")


async def tell_asset(request: Request) -> Response:
    """Return a file that pages need."""
    name = request.path_params["name"]
    if name not in CONTENT_TYPES:
        raise HTTPException(404)
    return Response(asset(name), media_type=CONTENT_TYPES[name], headers={"Cache-Control": ASSET_AGE})


async def tell_trouble(_: Request, error: Exception) -> Response:
    """Return what is said when something is refused."""
    status, title, sentence = next(TROUBLES[kind] for kind in type(error).__mro__ if kind in TROUBLES)
    return trouble(status, title, sentence or str(error))


async def tell_http_trouble(_: Request, error: Exception) -> Response:
    """Return what is said of an address that is none."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        status, title, sentence = TROUBLES[NotFound]
        return trouble(status, title, sentence)
    return trouble(error.status_code, "Not possible", error.detail, error.headers)


def trouble(status: int, title: str, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a page that says what went wrong."""
    return HTMLResponse(render("trouble.html", None, title=title, sentence=f"{sentence[:1].upper()}{sentence[1:]}"), status, headers)
