"""What `hasip status` says of trunks, names, alerts and records."""
import io
from typing import Any

import pytest
from rich.console import Console

from hasip.cli.status import print_status, records_line
from tests.cli.node import STATUS

WELL = {"is_on": True, "written": 9, "waiting_batches": 0, "waiting_bytes": 0, "lost": 0, "refused_batches": 0}


def test_records_that_are_all_written_are_one_line() -> None:
    assert records_line(WELL) == "records of calls: 9 written, none waits"


def test_records_that_wait_or_are_lost_are_named() -> None:
    told = records_line({**WELL, "waiting_batches": 2, "waiting_bytes": 700, "lost": 3, "refused_batches": 1})
    assert told == "records of calls: 9 written, 700 bytes wait for the store, [red]3 lost, 1 batches refused by the store[/]"


LEG = {"address": "", "bindings": [], "calls": 0, "attempts": 0, "answered": 0, "failovers": 0, "placed": 0}
BINDING = {"transport": "udp", "address": "[fe80::2]:5060", "is_reachable": True}
WHOLE: dict[str, Any] = {
    **STATUS, "listeners": ["udp:192.0.2.1:5060"], "alerts": [{"sentence": "zone [b] is down", "since": 1_700_000_000}], "reasons": {}, "records": WELL,
    "trunks": {"acme [a]": {"mode": "2t", "calls": 0, "limit": 1, "refused": 0, "legs": {
        "sg [z]": {**LEG, "address": "[fd00::1]:5060"}, "secondary": {**LEG, "bindings": [BINDING]}}}},
    "names": {"pbx.example.net": {"places": ["udp [fd00::3]:5060"], "state": "fresh", "ttl_left_s": 9}},
    "workers": [{**STATUS["workers"][0], "handed_off": 0}], "not_served": ["[cluster]: nodes share nothing yet"]}


@pytest.mark.parametrize("shown", ["acme [a]", "sg [z]", "[fd00::1]:5060", "udp:[fe80::2]:5060", "udp [fd00::3]:5060", "zone [b] is down", "[cluster]: nodes"])
def test_brackets_are_shown_and_no_markup(shown: str) -> None:
    console = Console(file=io.StringIO(), width=300)
    print_status(console, WHOLE)
    assert shown in console.file.getvalue()             # type: ignore[attr-defined]
