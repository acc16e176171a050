"""Records as CSV and as JSON Lines: a line for each call, times in ISO 8601, UTC; nothing in them that steers the terminal they are printed to."""
import csv
import io
import json
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from hasip.bridge.counters import REASONS
from hasip.domain.record import Attempt, CallRecord, place_text
from hasip.printable import printable
from hasip.records.explain import explain

TIMES = frozenset({"received_ms", "ended_ms", "ringing_ms", "answered_ms", "began_ms"})
CSV_COLUMNS = ("id", "node", "call_id", "trunk", "direction", "mode", "caller", "number", "source", "source_port", "source_transport", "source_leg",
               "received", "ringing", "answered", "ended", "setup_ms", "talk_ms", "status", "reason", "ended_by", "failovers", "attempts")
RISKY = ("=", "+", "-", "@")        # what a spreadsheet would take for a formula


def csv_header() -> str:
    """Return the line of names."""
    return _csv_line(CSV_COLUMNS)


def csv_line(record: CallRecord) -> str:
    """Return a record as a line; its attempts are one field: leg=result/status@address, in order."""
    values: dict[str, Any] = {field.name: getattr(record, field.name) for field in fields(record)}
    values |= {name.removesuffix("_ms"): moment(values[name]) for name in TIMES & values.keys()}
    values |= {"failovers": record.failovers, "talk_ms": record.talk_ms,
               "setup_ms": "" if record.answered_ms is None else record.answered_ms - record.received_ms,
               "attempts": "; ".join(_attempt_text(attempt) for attempt in record.attempts)}
    return _csv_line([_harmless(values[name]) for name in CSV_COLUMNS])


def json_line(record: CallRecord) -> str:
    """Return a record as a line of JSON, with all that is known of it."""
    return json.dumps(as_json(record)) + "\n"


def as_json(record: CallRecord) -> dict[str, Any]:
    """Return a record as JSON has it."""
    return {**_with_times(asdict(record)), "attempts": [_with_times(asdict(attempt)) for attempt in record.attempts],
            "failovers": record.failovers, "talk_ms": record.talk_ms}


def story_as_json(record: CallRecord) -> dict[str, Any]:
    """Return a record as JSON has it, with what it says in sentences."""
    return {**as_json(record), "story": explain(record, lambda reason: REASONS.get(reason, reason))}


def moment(unix_ms: int | None) -> str:
    """Return a moment in ISO 8601; empty: never."""
    return "" if unix_ms is None else datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _with_times(values: dict[str, Any]) -> dict[str, Any]:
    return {name.removesuffix("_ms") if name in TIMES else name: (moment(value) or None) if name in TIMES else value for name, value in values.items()}


def _attempt_text(attempt: Attempt) -> str:
    status = f"/{attempt.status}" if attempt.status else ""
    place = f"@{place_text(attempt.address, attempt.port)}" if attempt.address else ""
    return f"{attempt.leg}={attempt.result}{status}{place}"


def _harmless(value: Any) -> Any:
    """A caller chooses what stands here: it is made printable, and what begins like a formula gets an apostrophe, but for a plain number with its plus."""
    if not isinstance(value, str):
        return value
    shown = printable(value)
    return f"'{shown}" if shown.startswith(RISKY) and not (shown[0] == "+" and shown[1:].isdigit()) else shown


def _csv_line(values: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
