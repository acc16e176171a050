"""`hasip explain` and `hasip records --retry-refused` on the command line: whom they ask, and how they end."""
import asyncio
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hasip.control.server import ControlServer
from hasip.records.batch import rows_of
from hasip.records.export import story_as_json
from hasip.records.packing import pack
from hasip.records.spool import Spool
from hasip.store import CallStore
from tests.records.samples import AT_MS, moved

MIB = 1_048_576
ENDED = moved()
GOING_ON = moved(answered_ms=None, status=0, reason="in_progress")
STILL = "The call is still going on."

Answers = Mapping[str, Callable[..., Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    write_node_file(tmp_path)
    return tmp_path


def write_node_file(folder: Path, store: str = "") -> None:
    node = f'[node]\nname = "edge-1"\nstate_dir = "{folder}/state"\n[[listen]]\ntransport = "udp"\naddress = "127.0.0.1:5060"\n'
    (folder / "edge.toml").write_text(node + (f'[store]\nurl = "{store}"\n' if store else ""))


def write(folder: Path, *batches: bytes) -> None:
    """Write batches to the folder's store."""
    async def work() -> None:
        async with CallStore(f"sqlite:///{folder}/state/hasip.db") as store:
            for place, records in enumerate(batches):
                await store.write(rows_of(AT_MS + place, "edge-1", records))
    asyncio.run(work())


def hasip(folder: Path, *arguments: str, answers: Answers | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command, beside a node that answers so, or none."""
    command = [sys.executable, "-m", "hasip", *arguments, "--node", str(folder / "edge.toml")]

    async def run() -> subprocess.CompletedProcess[str]:
        async with ControlServer(folder / "state", answers or {}):
            return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, timeout=60)

    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60) if answers is None else asyncio.run(run())


def explaining(*records: Any) -> Answers:
    return {"explain": lambda call_id: [story_as_json(record) for record in records if record.call_id == call_id]}


def test_a_call_that_the_node_tells_of_is_told_as_far_as_it_is(folder: Path) -> None:
    told = hasip(folder, "explain", GOING_ON.call_id, answers=explaining(GOING_ON))
    assert (told.returncode, told.stderr, told.stdout.splitlines()) == (0, "", story_as_json(GOING_ON)["story"])
    assert told.stdout.splitlines()[-1] == STILL


def test_a_call_that_ended_while_it_was_asked_for_is_told_once_as_it_ended(folder: Path) -> None:
    write(folder, pack(ENDED))
    told = hasip(folder, "explain", ENDED.call_id, answers=explaining(GOING_ON))
    assert (told.returncode, told.stdout.splitlines()) == (0, story_as_json(ENDED)["story"])


def test_calls_of_one_call_id_are_told_those_that_ended_first(folder: Path) -> None:
    write(folder, pack(ENDED))
    told = hasip(folder, "explain", ENDED.call_id, answers=explaining(moved(received_ms=AT_MS + 9, reason="in_progress", answered_ms=None)))
    assert [line for line in told.stdout.splitlines() if "of 2 with this Call-ID" in line or line == STILL] == [
        "1 of 2 with this Call-ID", "2 of 2 with this Call-ID", STILL]


def test_a_node_that_cannot_tell_is_said_to_and_the_store_is_asked_all_the_same(folder: Path) -> None:
    write(folder, pack(ENDED))
    told = hasip(folder, "explain", ENDED.call_id, answers={"status": dict})
    assert told.returncode == 0 and told.stdout.splitlines() == story_as_json(ENDED)["story"]
    assert told.stderr.startswith("the running node does not tell of calls in progress: ")


def test_what_the_node_tells_is_told_while_the_store_is_away(folder: Path) -> None:
    write_node_file(folder, f"postgresql://hasip@/nothing?host={folder}")
    told = hasip(folder, "explain", GOING_ON.call_id, answers=explaining(GOING_ON))
    assert told.returncode == 0 and told.stdout.splitlines()[-1] == STILL and "is away" in told.stderr
    assert hasip(folder, "explain", "other@call", answers=explaining(GOING_ON)).returncode == 1


def test_a_call_that_nobody_knows_is_said_to_be_unknown(folder: Path) -> None:
    told = hasip(folder, "explain", "other@call", answers=explaining(GOING_ON))
    assert (told.returncode, told.stdout) == (1, "") and told.stderr.startswith("other@call: no record of such a call.")


def test_refused_batches_are_written_once_more_and_those_that_are_damaged_stay(folder: Path) -> None:
    spool = Spool(folder / "state", MIB)
    for batch, records in ((AT_MS, b"no record"), (AT_MS + 1, pack(ENDED))):
        spool.put(batch, records)
        spool.put_aside(batch)
    first = hasip(folder, "records", "--retry-refused")
    damaged, written = (f"records-{batch:016x}.refused" for batch in (AT_MS, AT_MS + 1))
    assert (first.returncode, first.stdout, first.stderr) == (1, f"{written}: 1 record written\n", f"{damaged}: is damaged: not all of it are records\n")
    assert hasip(folder, "explain", ENDED.call_id).returncode == 0
    (folder / "state" / damaged).unlink()
    again = hasip(folder, "records", "--retry-refused")
    assert (again.returncode, again.stdout) == (0, f"no refused batch lies in {folder}/state\n")
