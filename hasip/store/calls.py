"""Records of calls in the store, by connections of their own: provisioning never waits for them, nor they for it beyond a database's own locks."""
from array import array
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, insert, or_, select, tuple_

from hasip.domain.record import MIXED, RecordQuery, RecordRow
from hasip.store.opened import Opened
from hasip.store.tables import CALLS

ROWS_AT_ONCE = 100
FORGOTTEN_AT_ONCE_MS = 600_000          # ten minutes of records in a transaction
KEY_BYTES = 4

Position = tuple[int, str, int]         # batch, node, place


class CallStore(Opened):
    """The records in one database."""

    async def write(self, rows: Sequence[RecordRow]) -> None:
        """Write the rows of a batch: all, or none."""
        async with self.transaction(writes=True) as connection:
            await connection.execute(insert(CALLS), [_columns_of(row) for row in rows])

    async def has(self, batch: int, node: str) -> bool:
        """Return whether a batch was written."""
        async with self.transaction() as connection:
            return (await connection.execute(select(CALLS.c.batch).where(CALLS.c.batch == batch, CALLS.c.node == node).limit(1))).first() is not None

    async def rows(self, query: RecordQuery, before: Position | None = None, call_key: int | None = None) -> AsyncIterator[RecordRow]:
        """Yield rows that may hold what a query wants, the newest first; `before`: only those that begin there or earlier.

        What follows from the single record is for the caller to see. call_key: what the query's Call-ID is found by.
        """
        while True:
            async with self.transaction() as connection:
                found = (await connection.execute(_selection(query, before, call_key))).all()
            for row in found:
                if _may_hold(row, call_key):
                    yield _row_of(row)
            if len(found) < ROWS_AT_ONCE:
                return
            before = (found[-1].batch, found[-1].node, found[-1].place - 1)

    async def forget(self, before_ms: int) -> int:
        """Delete what was written before a moment; return how many rows."""
        deleted = 0
        while True:
            async with self.transaction(writes=True) as connection:
                oldest = (await connection.execute(select(CALLS.c.batch).order_by(CALLS.c.batch).limit(1))).scalar()
                if oldest is None or oldest >= before_ms:
                    return deleted
                deleted += (await connection.execute(delete(CALLS).where(CALLS.c.batch < min(before_ms, oldest + FORGOTTEN_AT_ONCE_MS)))).rowcount


def _selection(query: RecordQuery, before: Position | None, call_key: int | None) -> Select[Any]:
    """Return the rows that a query may find something in."""
    wanted: list[ColumnElement[bool]] = []
    if query.trunks is not None:
        wanted.append(CALLS.c.trunk.in_((*query.trunks, MIXED)))
    if query.since_ms is not None:
        wanted += [CALLS.c.batch >= query.since_ms, CALLS.c.last_ms >= query.since_ms]
    if query.until_ms is not None:
        wanted.append(CALLS.c.first_ms <= query.until_ms)
    if query.moved_only:
        wanted.append(CALLS.c.moved > 0)
    if call_key is not None:
        wanted.append(or_(CALLS.c.call_key == call_key, CALLS.c.call_key.is_(None)))
    position = (CALLS.c.batch, CALLS.c.node, CALLS.c.place)
    if before is not None:
        wanted.append(tuple_(*position) <= tuple_(*before))
    return select(CALLS).where(*wanted).order_by(*(column.desc() for column in position)).limit(ROWS_AT_ONCE)


def _may_hold(row: Row[Any], call_key: int | None) -> bool:
    return call_key is None or row.call_key == call_key or (row.call_keys is not None and call_key in array("I", bytes(row.call_keys)))


def _columns_of(row: RecordRow) -> dict[str, Any]:
    columns = {name: getattr(row, name) for name in ("batch", "node", "place", "trunk", "records", "moved", "first_ms", "last_ms", "content")}
    is_one = row.records == 1
    return {**columns, "call_key": int.from_bytes(row.call_keys, "little") if is_one else None, "call_keys": None if is_one else row.call_keys}


def _row_of(row: Row[Any]) -> RecordRow:
    keys = bytes(row.call_keys) if row.call_keys is not None else row.call_key.to_bytes(KEY_BYTES, "little")
    return RecordRow(row.batch, row.node, row.place, row.trunk, row.records, row.moved, row.first_ms, row.last_ms, keys, bytes(row.content))
