"""Records of calls: found by the page, exported whole, told in sentences."""
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field

from hasip.api.entry import Asking, PortalHere
from hasip.api.models import Entry, Facts, Words
from hasip.api.paths import Named
from hasip.api.people import entry_of
from hasip.config.values import read_text
from hasip.domain.record import CallRecord, Failover, RecordQuery
from hasip.records.export import as_json, csv_header, csv_line, json_line, moment

DAY = timedelta(days=1)
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}

routes = APIRouter(tags=["records"])

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def read_moment(text: str) -> str:
    """Return a moment as it was written. Errors: ValueError; numbers of seconds are none, and a time without its zone is anybody's guess."""
    if not RFC3339.fullmatch(text):
        raise ValueError(f'"{text}" is no moment: write 2026-01-31T12:00:00Z or 2026-01-31T12:00:00+01:00')
    return text


Moment = Annotated[Annotated[AwareDatetime, BeforeValidator(read_moment)] | None, Query(description="ISO 8601 with its zone; when the call came in.", examples=["2026-01-31T12:00:00Z"])]
CallId = Annotated[str, Path(min_length=1, max_length=1000, description="A Call-ID; / in it is written %2F."), BeforeValidator(unquote), AfterValidator(read_text)]
Format = Annotated[Literal["csv", "jsonl"], Query(description="A line for each call, as CSV or as JSON.")]


class RecordPage(BaseModel):
    """Some records, the newest first."""

    records: list[Facts]
    after: str | None               # ask for those after this; None: these were the last


class ToldCall(BaseModel):
    """A record, and why the call went where it went."""

    record: Facts
    sentences: list[str]


class MovedCall(BaseModel):
    """One move of a call from a leg to the next."""

    at: str
    call_id: str
    record_id: str
    from_leg: str
    to_leg: str
    result: str
    status: int
    gap_ms: int


class TimelineShown(BaseModel):
    """What became of a trunk, each the newest first."""

    failovers: list[MovedCall]
    is_whole: bool = Field(description="False: more calls moved on in this time, and failovers tells of the latest.")
    zone_events: list[Facts]
    changes: list[Entry]


def query_of(since: Moment = None, until: Moment = None, number: Annotated[Words, Query(description="Dialled, or calling.")] = "",
             call_id: Annotated[Words, Query()] = "", failovers: Annotated[bool, Query(description="Only calls that moved on.")] = False) -> RecordQuery:
    """Return which records are wanted."""
    return RecordQuery(since_ms=unix_ms(since) if since else None, until_ms=unix_ms(until) if until else None, number=number, call_id=call_id, moved_only=failovers)


Wanted = Annotated[RecordQuery, Depends(query_of)]
After = Annotated[Words, Query(description="What the page before told.")]
Limit = Annotated[int, Query(ge=1, le=200)]


@routes.get("/records")
async def list_records(person: Asking, portal: PortalHere, query: Wanted, after: After = "", limit: Limit = 50) -> RecordPage:
    """List records of all calls in reach, the newest first."""
    page = await portal.records.page(person, query, after=after, size=limit)
    return RecordPage(records=[shown(record) for record in page.records], after=page.next or None)


@routes.get("/trunks/{name}/records")
async def list_records_of_trunk(name: Named, person: Asking, portal: PortalHere, query: Wanted, after: After = "", limit: Limit = 50) -> RecordPage:
    """List records of a trunk's calls, the newest first."""
    page = await portal.records.page(person, query, trunk=name, after=after, size=limit)
    return RecordPage(records=[shown(record) for record in page.records], after=page.next or None)


EXPORT: dict[int | str, dict[str, Any]] = {200: {"description": "A line for each call.", "content": {
    media_type: {"schema": {"type": "string"}} for media_type in ("text/csv", "application/jsonl")}}}


@routes.get("/record-export", response_class=StreamingResponse, responses=EXPORT)
async def export_records(person: Asking, portal: PortalHere, query: Wanted, format: Format = "csv") -> StreamingResponse:
    """Export records of all calls in reach, the newest first, as they are read."""
    return export(portal.records.all(person, query), format)


@routes.get("/trunks/{name}/record-export", response_class=StreamingResponse, responses=EXPORT)
async def export_records_of_trunk(name: Named, person: Asking, portal: PortalHere, query: Wanted, format: Format = "csv") -> StreamingResponse:
    """Export records of a trunk's calls, the newest first, as they are read."""
    return export(portal.records.all(person, query, name), format)


@routes.get("/records/{call_id}")
async def explain_call(call_id: CallId, person: Asking, portal: PortalHere) -> list[ToldCall]:
    """Say why a call went where it went; a Call-ID may have several records, the oldest first."""
    return [ToldCall(record=shown(told.record), sentences=told.sentences) for told in await portal.records.of_call(person, call_id)]


@routes.get("/trunks/{name}/timeline")
async def see_timeline(name: Named, person: Asking, portal: PortalHere, since: Moment = None, until: Moment = None) -> TimelineShown:
    """Say what became of a trunk: calls that moved on, zones that went and came, changes that were made. Without times: of the last day."""
    end = until or datetime.now(UTC)
    timeline = await portal.records.timeline(person, name, unix_ms(since) if since else unix_ms(end) - DAY // timedelta(milliseconds=1), unix_ms(end))
    return TimelineShown(failovers=[moved(each) for each in timeline.failovers], is_whole=timeline.is_whole, zone_events=[Facts(**event) for event in timeline.zone_events],
                         changes=[entry_of(entry) for entry in timeline.changes])


def export(records: AsyncIterator[CallRecord], format: Literal["csv", "jsonl"]) -> StreamingResponse:
    """Return records as a file."""
    async def lines() -> AsyncIterator[str]:
        if format == "csv":
            yield csv_header()
        async for record in records:
            yield csv_line(record) if format == "csv" else json_line(record)

    return StreamingResponse(lines(), media_type=MEDIA_TYPES[format], headers={"Content-Disposition": f'attachment; filename="calls.{format}"'})


def shown(record: CallRecord) -> Facts:
    """Return a record as JSON has it."""
    return Facts(**as_json(record))


def moved(failover: Failover) -> MovedCall:
    """Return one move of a call."""
    return MovedCall(at=moment(failover.at_ms), call_id=failover.call_id, record_id=failover.record_id, from_leg=failover.from_leg, to_leg=failover.to_leg,
                     result=failover.result.value, status=failover.status, gap_ms=failover.gap_ms)


def unix_ms(at: datetime) -> int:
    """Return a moment in milliseconds since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
