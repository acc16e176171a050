"""Records, found: by trunk, time, number, Call-ID, or only those that moved on. The newest first, page by page."""
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Protocol

import structlog

from hasip.bridge.records import key_of_call_id
from hasip.domain.record import CallRecord, RecordQuery, RecordRow
from hasip.records.packing import position_of, unpack_all

PAGE_RECORDS = 50
FOUND_BY_CALL_ID_MAX = 20
CALL_ID_OCTETS = 127            # as many as a record keeps

Position = tuple[int, str, int]

log = structlog.get_logger("hasip")


class Rows(Protocol):
    """Where records are kept. Errors: the store's."""

    def rows(self, query: RecordQuery, before: Position | None = None, call_key: int | None = None) -> AsyncIterator[RecordRow]:
        """Yield rows that may hold what is wanted, the newest first; `before`: those that begin there or earlier."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, and where the next page begins."""

    records: tuple[CallRecord, ...]
    next: str                       # the `after` of the next page; empty: this is the last one


async def page(rows: Rows, query: RecordQuery, after: str = "", size: int = PAGE_RECORDS) -> Page:
    """Return records that fit, behind the one called `after`. Errors: ValueError for an `after` that is none; the store's."""
    records: list[CallRecord] = []
    async for record in found(rows, query, after):
        if len(records) == size:
            return Page(tuple(records), records[-1].id)
        records.append(record)
    return Page(tuple(records), "")


async def found(rows: Rows, query: RecordQuery, after: str = "") -> AsyncIterator[CallRecord]:
    """Yield records that fit, behind the one called `after`, the newest first. Errors: as of page()."""
    before = position_of(after) if after else None
    call_key = key_of_call_id(octets_of(query.call_id)) if query.call_id else None
    async for row in rows.rows(query, before, call_key):
        if not may_fit(row, query):
            continue
        for record in reversed(readable_in(row)):
            if (before is None or position_of(record.id) < before) and fits(record, query):
                yield record


def readable_in(row: RecordRow) -> list[CallRecord]:
    """Return the records of a row, as far as they can be read; the log tells of others: one bad row must not hide all behind it."""
    records: list[CallRecord] = []
    try:
        records.extend(unpack_all(row.content, row.node, row.batch, row.place))     # those before a bad one stay
    except ValueError as error:
        log.error("records can't be read, and are left out", error=str(error))
    return records


async def of_call(rows: Rows, call_id: str, trunks: tuple[str, ...] | None = None) -> list[CallRecord]:
    """Return the records of a Call-ID, the oldest first: a call that went round has several, and so has a Call-ID that was used again. Errors: the store's."""
    records = (await page(rows, RecordQuery(trunks=trunks, call_id=call_id), size=FOUND_BY_CALL_ID_MAX)).records
    return list(reversed(records))


def not_written(so_far: Iterable[CallRecord], written: Iterable[CallRecord]) -> list[CallRecord]:
    """Return the records of calls in progress without those that are written: a call may end between two looks."""
    known = {(record.call_id, record.received_ms) for record in written}
    return [record for record in so_far if (record.call_id, record.received_ms) not in known]


def may_fit(row: RecordRow, query: RecordQuery) -> bool:
    """False when a look at the packed bytes shows that nothing here fits."""
    texts = [octets_of(query.number), octets_of(query.call_id)[:CALL_ID_OCTETS]]
    return all(text in row.content for text in texts) and (
        query.trunks is None or any(trunk.encode() in row.content for trunk in query.trunks))


def fits(record: CallRecord, query: RecordQuery) -> bool:
    """True when a record is one of those that are wanted."""
    return ((query.trunks is None or record.trunk in query.trunks)
            and (query.since_ms is None or record.received_ms >= query.since_ms)
            and (query.until_ms is None or record.received_ms <= query.until_ms)
            and (not query.number or query.number in (record.number, record.caller))
            and (not query.call_id or record.call_id == octets_of(query.call_id)[:CALL_ID_OCTETS].decode(errors="replace"))
            and (not query.moved_only or record.failovers > 0))


def octets_of(text: str) -> bytes:
    """Return what a caller may have sent; octets that are no UTF-8 come from a shell as surrogates. Errors: ValueError for any other surrogate."""
    return text.encode("utf-8", "surrogateescape")
