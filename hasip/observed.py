"""What others may see of a node by HTTP: its metrics, that it lives, whether it may have calls. (Part of the composition root.)"""
import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hasip.domain.node import Metrics
from hasip.metrics import CONTENT_TYPE, exposition
from hasip.web import serving

STARTING = "starting"           # the obstacle before there is anything to tell

log = structlog.get_logger("hasip", area="node")

Status = Callable[[int], Mapping[str, Any]]     # of so many trunks
Obstacle = Callable[[], str]                    # why the node shall have no calls; empty: it may


@contextlib.asynccontextmanager
async def observed(metrics: Metrics | None, status: Status, obstacle: Obstacle) -> AsyncIterator[None]:
    """Answer until the block ends; nothing, without metrics. Errors: OSError, which names the address."""
    if metrics is None:
        yield
        return
    async with serving(observation(metrics.trunks_max, status, obstacle), metrics.address, metrics.port):
        log.info("metrics are there", address=metrics.address, port=metrics.port)
        yield


def observation(trunks_max: int, status: Status, obstacle: Obstacle) -> Starlette:
    """Return /metrics, /healthz and /readyz."""
    async def tell_metrics(_: Request) -> Response:
        if obstacle() == STARTING:
            return JSONResponse({"reason": STARTING}, 503)
        return Response(await asyncio.to_thread(exposition, status(trunks_max)), headers={"Content-Type": CONTENT_TYPE})

    async def tell_health(_: Request) -> Response:
        return JSONResponse({"is_alive": True})

    async def tell_readiness(_: Request) -> Response:
        reason = obstacle()
        return JSONResponse({"is_ready": not reason, "reason": reason}, 503 if reason else 200)

    return Starlette(routes=[Route("/metrics", tell_metrics), Route("/healthz", tell_health), Route("/readyz", tell_readiness)])
