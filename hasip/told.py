"""What a node tells while it runs: alerts, copies of messages, how long failovers take. (Part of the composition root.)"""
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

from hasip.alerted import Alerted
from hasip.bridge.router import Router
from hasip.domain.node import Node
from hasip.domain.trunk import Provisioning, Target
from hasip.published import Published
from hasip.tapped import Tapped
from hasip.unpublished import Unpublished


class Told:
    """Alerts and the tap of one node. Threads: the loop's."""

    def __init__(self, node: Node, router: Router, locate: Callable[[Target], Sequence[Target]]) -> None:
        self.alerted = Alerted(node, router)
        self._tapped = Tapped(node, router, locate)
        self._router = router

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Tell until the block ends."""
        async with self._tapped.opened(), self.alerted.opened():
            yield

    def published(self, provisioning: Provisioning, slots: dict[str, int], core_slots: dict[str, int], left_out: Sequence[Unpublished]) -> None:
        """Know the world that was just published, and what of the store is not in it."""
        published = Published(provisioning, slots, core_slots)
        self._tapped.published(published)
        self.alerted.published(published, left_out)

    def status(self) -> dict[str, Any]:
        """Return what `hasip status` says of it."""
        return {**self._tapped.status(), **self.alerted.status(), "failover_gaps": self._router.failover_gaps(), "silences": self._router.silences()}

    def trace(self, **wish: Any) -> AsyncGenerator[dict[str, Any], None]:
        """Return what `hasip trace` shows, message by message. Errors: ValueError, UnknownTrunk."""
        return self._tapped.trace(**wish)
