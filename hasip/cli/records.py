"""`hasip records` and `hasip explain`: calls that have ended, from the store. They need no running node; one that runs tells of calls in progress."""
import json
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from hasip.cli.paper import paper
from hasip.cli.store import with_call_store
from hasip.cli.wording import counted
from hasip.config import ConfigError, load_node
from hasip.control.client import NoNode, ask
from hasip.domain.node import Node
from hasip.domain.record import CallRecord, RecordQuery
from hasip.printable import printable
from hasip.records.explain import duration
from hasip.records.export import csv_header, csv_line, json_line, story_as_json
from hasip.records.reading import found, of_call, page
from hasip.records.refused import Retried, retry_refused
from hasip.store import CallStore, StoreAway, StoreBusy, StoreError

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
SO_LONG_AGO = re.compile(r"(\d+)([smhd])", re.ASCII)


class Form(StrEnum):
    """How records are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON_LINES = "jsonl"


def show_records(node_file: Path, query: RecordQuery, form: Form, limit: int) -> None:
    """Print records, the newest first; as CSV or JSON Lines, all that there are unless `limit` is given."""
    if form is Form.TABLE:
        async def read(_: Node, store: CallStore) -> tuple[CallRecord, ...]:
            return (await page(store, query, size=limit or 50)).records

        paper().print(record_table(with_call_store(node_file, read)))
        return

    async def write(_: Node, store: CallStore) -> None:
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
    """Print why a call went where it went; exit code 1 where nobody knows it. The node is asked before the store: a call that ends meanwhile is in one of them."""
    so_far = stories_so_far(node_file, call_id)
    try:
        stories = [story_as_json(record) for record in with_call_store(node_file, lambda _, store: of_call(store, call_id))]
    except typer.Exit:                      # the store's error is told; what the node knows is worth telling all the same
        if not so_far:
            raise
        stories = []
    known = {(story["call_id"], story["received"]) for story in stories}
    stories += [story for story in so_far if (story["call_id"], story["received"]) not in known]
    if not stories:
        typer.echo(f"{call_id}: no record of such a call. It may have ended this second, be older than records are kept, or go on at another node.", err=True)
        raise typer.Exit(1)
    if is_json:
        typer.echo(json.dumps(stories, indent=1))
        return
    for place, story in enumerate(stories):
        if len(stories) > 1:
            typer.echo(f"{place + 1} of {len(stories)} with this Call-ID")
        for sentence in story["story"]:
            typer.echo(sentence)


def stories_so_far(node_file: Path, call_id: str) -> list[dict[str, Any]]:
    """Return what a running node tells of calls in progress; nothing where none runs. What it can't tell is said, and the store is asked all the same."""
    try:
        found: list[dict[str, Any]] = ask(load_node(node_file).state_dir, "explain", {"call_id": call_id})
    except (NoNode, ConfigError):           # who asks the store says what is wrong with the file
        return []
    except (RuntimeError, OSError, ValueError) as error:
        typer.echo(f"the running node does not tell of calls in progress: {error}", err=True)
        return []
    return found


def retry(node_file: Path) -> None:
    """Write the batches that the store refused once more, and print what becomes of each; exit code 1 where one stays."""
    async def work(node: Node, store: CallStore) -> list[Retried]:
        found = []
        async for retried in retry_refused(node.state_dir, node.name, store, away=(StoreAway, StoreBusy), refused=(StoreError,)):
            typer.echo(f"{retried.file.name}: {retried.error or counted(retried.written, 'record') + ' written'}", err=bool(retried.error))
            found.append(retried)
        if not found:
            typer.echo(f"no refused batch lies in {node.state_dir}")
        return found

    if any(retried.error for retried in with_call_store(node_file, work)):
        raise typer.Exit(1)


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
    ago = SO_LONG_AGO.fullmatch(text)
    try:
        moment = now - timedelta(**{UNITS[ago[2]]: int(ago[1])}) if ago else datetime.fromisoformat(text)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is neither a moment (2026-01-31T12:00) nor so long ago (15m, 2h, 7d)") from None
