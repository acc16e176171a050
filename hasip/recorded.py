"""The records of calls: from the data plane to the store, and out of it again when their time is over. (Part of the composition root.)"""
import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import structlog

from hasip.background import beside
from hasip.bridge.router import MIB, Router
from hasip.domain.node import Node
from hasip.records.recorder import Recorder
from hasip.records.spool import Spool
from hasip.store import CallStore, StoreAway, StoreBusy, StoreError

FORGET_EVERY_S = 600.0
DAY_MS = 86_400_000

log = structlog.get_logger("hasip")


class Recorded:
    """The records of one node. Threads: the loop's."""

    def __init__(self, node: Node) -> None:
        """Keep what the last run left, before the data plane begins journals anew. Errors: OSError."""
        self._node = node
        self._recorder: Recorder | None = None
        self._forgotten_rows = 0
        self._spool = Spool(node.state_dir, node.records.spool_mib * MIB)
        left = self._spool.take_over(time.time_ns() // 1_000_000)
        if left:
            log.info("the last run left records", bytes=left)

    @contextlib.asynccontextmanager
    async def opened(self, router: Router) -> AsyncIterator[None]:
        """Move records until the block ends, and then those that are left; nothing, where records are off."""
        if not self._node.records.is_on:
            yield
            return
        async with CallStore(self._node.store_url) as store:
            self._router = router
            self._recorder = Recorder(self._node.name, router, store, self._spool, away=(StoreAway, StoreBusy), refused=(StoreError,))
            async with beside(self._recorder.run()), beside(self._forget(store)):
                yield
            await self._recorder.close()

    def status(self) -> dict[str, Any]:
        """Return what `hasip status` says of records."""
        if self._recorder is None:
            return {"records": {"is_on": False}}
        waiting, size = self._router.journal()
        return {"records": {"is_on": True, **self._recorder.status(), "journal_percent": round(100 * waiting / size),
                            "lost": self._router.reasons()["dropped_record"], "forgotten_rows": self._forgotten_rows}}

    async def _forget(self, store: CallStore) -> None:
        """Delete what is older than it is to be kept, every few minutes."""
        while self._node.records.retention_days:
            try:
                self._forgotten_rows += await store.forget(time.time_ns() // 1_000_000 - self._node.records.retention_days * DAY_MS)
            except StoreError as error:
                log.warning("old records stay for now", error=str(error))
            await asyncio.sleep(FORGET_EVERY_S)
