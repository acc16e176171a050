"""From the data plane's journals to the store, a batch a second. What the store does not take in time waits in a file; no call ever waits.

A record lies in a journal until it is in the store or in a file. A batch keeps its number on the way, so that it is never written twice.
"""
import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog

from hasip.domain.record import RecordRow
from hasip.records.batch import rows_of
from hasip.records.spool import Spool

BATCH_S = 1.0
WRITE_S = 2.0                   # what takes longer goes on beside, and the batch into a file meanwhile
RETRY_S = 5.0                   # after the store refused or was away
UNSPOOL_S = 0.5                 # of each second, for batches that wait in files

log = structlog.get_logger("hasip")


class Journals(Protocol):
    """Where records come from."""

    def take_records(self, batch: int) -> bytes:
        """Return what was not taken before."""

    def free_records(self) -> None:
        """What was taken is kept elsewhere."""


class Records(Protocol):
    """Where records go. Errors of both: the store's."""

    async def write(self, rows: Sequence[RecordRow]) -> None:
        """Write all rows, or none."""

    async def has(self, batch: int, node: str) -> bool:
        """Return whether a batch was written."""


class Recorder:
    """Moves the records of one node. Threads: one loop's."""

    def __init__(self, node: str, journals: Journals, records: Records, spool: Spool, *, away: tuple[type[Exception], ...],
                 refused: tuple[type[Exception], ...], clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        """away: errors after which trying again may help; refused: those after which it does not."""
        self._node = node
        self._journals = journals
        self._records = records
        self._spool = spool
        self._away, self._refused = away, refused
        self._clock_ms = clock_ms
        self._batch = spool.newest
        self._kept: tuple[int, bytes] | None = None         # taken, and to be put into a file as soon as there is room
        self._writing: tuple[int, asyncio.Task[None]] | None = None
        self._retry_at_s = 0.0
        self.written = self.spooled = self.refusals = 0     # records, records, batches
        self.trouble = ""

    async def run(self) -> None:
        """Move batches until cancelled."""
        while True:
            await self.turn()
            await asyncio.sleep(BATCH_S)

    async def close(self) -> None:
        """Move what is left: once the data plane has stopped."""
        await self.turn()
        if self._writing is not None:
            self._writing[1].cancel()
            await asyncio.wait([self._writing[1]])

    def status(self) -> dict[str, Any]:
        """Return counts since the start, and what waits."""
        return {"written": self.written, "spooled": self.spooled, "refused_batches": self.refusals, "waiting_batches": self._spool.batches,
                "waiting_bytes": self._spool.size_bytes, "is_behind": bool(self.trouble or self._spool.batches)}

    async def turn(self) -> None:
        """Take a batch, write it or put it into a file; then write what waits in files."""
        self._look_at_writing()
        if self._kept is None and self._spool.has_room:
            self._batch = max(self._batch + 1, self._clock_ms())
            records = self._journals.take_records(self._batch)
            if records:
                self._kept = (self._batch, records)
        if self._kept is not None:
            await self._move(*self._kept)
        until_s = time.monotonic() + UNSPOOL_S
        while self._may_write() and self._spool.oldest is not None and time.monotonic() < until_s:
            if not await self._unspool(self._spool.oldest):
                break

    def _may_write(self) -> bool:
        return self._writing is None and (not self.trouble or time.monotonic() >= self._retry_at_s)

    async def _move(self, batch: int, records: bytes) -> None:
        """Write a fresh batch; into a file, where that can't be now."""
        if self._may_write() and await self._try(batch, self._write(batch, records)):
            return
        try:
            self._spool.put(batch, records)
        except OSError as error:
            self._tell(f"records can't be put into a file: {error}")
            return
        self.spooled += sum(1 for _ in _sizes(records))
        self._free()

    def _free(self) -> None:
        self._journals.free_records()
        self._kept = None

    async def _unspool(self, batch: int) -> bool:
        """Write a batch that waits, unless the store has it already. False: that can't be now."""
        async def write() -> None:
            if not await self._records.has(batch, self._node):
                await self._write(batch, self._spool.read(batch))

        return await self._try(batch, write())

    async def _write(self, batch: int, records: bytes) -> None:
        rows = rows_of(batch, self._node, records)
        if rows:
            await self._records.write(rows)
        self.written += sum(row.records for row in rows)

    async def _try(self, batch: int, work: Any) -> bool:
        """Return whether work was done in time. What takes longer goes on beside."""
        self._writing = (batch, asyncio.ensure_future(work))
        await asyncio.wait([self._writing[1]], timeout=WRITE_S)
        return self._look_at_writing()

    def _look_at_writing(self) -> bool:
        """Take note of how the last writing ended, if it has. True: well."""
        if self._writing is None or not self._writing[1].done():
            return False
        batch, task = self._writing
        self._writing = None
        try:
            task.result()
        except self._away as error:
            self._tell(str(error))
            return False
        except self._refused as error:
            self._put_aside(batch, error)
            return False
        except OSError as error:
            self._tell(f"a batch of records can't be read: {error}")
            return False
        except Exception as error:      # whatever it is: one batch must not end the recording of all others
            log.exception("a batch of records can't be written")
            self._put_aside(batch, error)
            return False
        self._forget(batch)
        if self.trouble:
            log.info("records are written again", waiting_batches=self._spool.batches)
            self.trouble = ""
        return True

    def _forget(self, batch: int) -> None:
        """Keep a batch that is written no longer: wherever it lies, for a slow one may be written after all."""
        if self._kept is not None and self._kept[0] == batch:
            self._free()
        try:
            self._spool.remove(batch)
        except OSError as error:        # the next start finds the file, and the batch in the store
            log.error("a file of records that are written can't be removed", error=str(error))

    def _put_aside(self, batch: int, error: Exception) -> None:
        """A batch that no store will take must not stand in the way of others; a fresh one comes here once it lies in a file."""
        self._tell(str(error))
        if batch != self._spool.oldest:
            return
        try:
            file = self._spool.put_aside(batch)
        except OSError as failure:
            self._tell(f"a batch of records was refused, and can't be put aside: {failure}")
            return
        self.refusals += 1
        log.error("a batch of records was refused, and put aside: hasip records --retry-refused writes it once that is repaired", file=str(file), error=str(error))

    def _tell(self, trouble: str) -> None:
        self._retry_at_s = time.monotonic() + RETRY_S
        if trouble != self.trouble:
            log.warning("records are not written now", error=trouble)
        self.trouble = trouble


def _sizes(records: bytes) -> Any:
    """Yield the length of each record."""
    at = 0
    while at + 2 <= len(records):
        size = int.from_bytes(records[at:at + 2], "little")
        yield size
        at += max(size, 2)
