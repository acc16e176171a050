"""`hasip records` and `hasip explain`: calls that have ended, from the store. They need no running node."""
import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hasip.cli.store import with_call_store
from hasip.domain.record import CallRecord, RecordQuery
from hasip.printable import printable
from hasip.records.explain import duration, explain
from hasip.records.export import as_json, csv_header, csv_line, json_line
from hasip.records.reading import found, of_call, page
from hasip.store import CallStore

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Form(StrEnum):
    """How records are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON_LINES = "jsonl"


def show_records(node_file: Path, query: RecordQuery, form: Form, limit: int) -> None:
    """Print records, the newest first; as CSV or JSON Lines, all that there are unless `limit` is given."""
    if form is Form.TABLE:
        async def read(store: CallStore) -> tuple[CallRecord, ...]:
            return (await page(store, query, size=limit or 50)).records

        Console().print(record_table(with_call_store(node_file, read)))
        return

    async def write(store: CallStore) -> None:
        if form is Form.CSV:
            typer.echo(csv_header(), nl=False)
        written = 0
        async for record in found(store, query):
            if limit and written == limit:
                return
            typer.echo(csv_line(record) if form is Form.CSV else json_line(record), nl=False)
            written += 1

    with_call_store(node_file, write)


def show_story(node_file: Path, call_id: str, is_json: bool) -> None:
    """Print why a call went where it went; exit code 1 where there is no record of it."""
    from hasip.bridge.counters import REASONS

    records = with_call_store(node_file, lambda store: of_call(store, call_id))
    if not records:
        typer.echo(f"{call_id}: no record of such a call. It may be in progress (hasip calls), have ended this second, or be older than records are kept.",
                   err=True)
        raise typer.Exit(1)
    if is_json:
        typer.echo(json.dumps([{**as_json(record), "story": explain(record, lambda reason: REASONS.get(reason, reason))} for record in records], indent=1))
        return
    for place, record in enumerate(records):
        if len(records) > 1:
            typer.echo(f"{place + 1} of {len(records)} with this Call-ID")
        for sentence in explain(record, lambda reason: REASONS.get(reason, reason)):
            typer.echo(sentence)


def record_table(records: tuple[CallRecord, ...]) -> Table:
    """Return records, a line for each."""
    table = Table("Received (UTC)", "Trunk", "Direction", "From", "To", "Attempts", "Status", "Talk", "Ended by", "Reason", "Call-ID")
    for record in records:
        attempts = " → ".join(f"{attempt.leg} {attempt.status or attempt.result}" for attempt in record.attempts)
        told = (datetime.fromtimestamp(record.received_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S"), record.trunk, record.direction, record.caller,
                record.number, attempts, str(record.status), duration(record.talk_ms) if record.is_answered else "", record.ended_by, record.reason,
                record.call_id)
        table.add_row(*(Text(printable(each)) for each in told))
    return table


def moment_ms(text: str, now: datetime) -> int | None:
    """Return a moment as Unix ms: ISO 8601 (local time unless it says otherwise), or so long ago: 15m, 2h, 7d. Empty: None. Errors: BadParameter."""
    if not text:
        return None
    if text[-1] in UNITS and text[:-1].isdigit():
        return int((now - timedelta(**{UNITS[text[-1]]: int(text[:-1])})).timestamp() * 1000)
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a moment (2026-01-31T12:00) nor so long ago (15m, 2h, 7d)") from None
