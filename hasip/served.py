"""API and console of a node, by HTTP. (Part of the composition root.)"""
import contextlib
from collections.abc import AsyncIterator, Callable

import structlog
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from hasip.domain.node import Console, Node
from hasip.portal import Live, Portal
from hasip.store import CallStore, Store
from hasip.web import PathsAsTheyCame, SecureHeaders, serving

log = structlog.get_logger("hasip")


@contextlib.asynccontextmanager
async def served(node: Node, live: Live, obstacle: Callable[[], str]) -> AsyncIterator[None]:
    """Answer until the block ends; nothing, without [console]. Errors: OSError, which names the address or the certificate."""
    if node.console is None:
        yield
        return
    async with Store(node.store_url) as store, CallStore(node.store_url) as calls:
        portal = Portal(store, calls, live, node, obstacle=obstacle)
        pages = pages_of(portal, node.console)
        async with serving(pages, node.console.address, node.console.port, certificate=node.console.certificate, key=node.console.key):
            log.info("API and console are there", address=node.console.address, port=node.console.port, by_tls=node.console.is_by_tls)
            try:
                yield
            finally:
                portal.events.close()       # or the server would wait for those who listen


def pages_of(portal: Portal, console: Console) -> ASGIApp:
    """Return everything there is by HTTP: the API, and the console at / behind it."""
    from hasip.api import API_PATH, api  # here: a node without [console] starts without them
    from hasip.console import console as pages

    routes = [Mount(API_PATH, api(portal, is_by_tls=console.is_by_tls)), Mount("/", pages(portal, is_by_tls=console.is_by_tls))]
    return SecureHeaders(PathsAsTheyCame(Starlette(routes=routes), API_PATH), is_by_tls=console.is_by_tls)
