"""Records of a real node's calls: read by `hasip records`, told by `hasip explain`, kept over kill -9."""
import csv
import io
import json
import subprocess
import sys
import time

import pytest

from tests.patience import PATIENCE_S

from .agent import Agent
from .conftest import Node
from .edge import Edge, Trunk
from .test_operations import establish, hang_up


@pytest.fixture
def edge(node: Node) -> Edge:
    return node(Trunk("acme"), Trunk("globex", "load_balancing"), workers=2)


def hasip(edge: Edge, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "hasip", *words, "--node", str(edge.folder / "edge.toml")],
                          capture_output=True, text=True, timeout=30, check=False)


def records(edge: Edge, count: int, *options: str) -> list[dict[str, object]]:
    """Return the records, once there are so many; the newest first."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        done = hasip(edge, "records", "--format", "jsonl", *options)
        assert done.returncode == 0, done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        if len(found) >= count or time.monotonic() > deadline:
            assert len(found) == count
            return found


def fail_over(edge: Edge) -> str:
    """Let a call go from the primary to the secondary, be answered and ended; return its Call-ID."""
    caller, primary, secondary = edge.caller(), edge.leg("acme", 0), edge.leg("acme", 1)
    invite = caller.invite(edge["acme"].number)
    primary.respond(primary.wait("INVITE"), 503)
    arrived = secondary.wait("INVITE")
    secondary.respond(arrived, 486)
    caller.ack(invite, caller.wait(486))
    return str(invite.header("Call-ID"))


def test_a_failover_is_recorded_listed_and_explained(edge: Edge) -> None:
    call_id = fail_over(edge)
    (record,) = records(edge, 1, "--failovers", "--trunk", "acme")
    assert (record["call_id"], record["status"], record["failovers"], record["trunk"]) == (call_id, 486, 1, "acme")
    assert [(each["leg"], each["status"]) for each in record["attempts"]] == [("primary", 503), ("secondary", 486)]      # type: ignore[attr-defined]
    told = hasip(edge, "explain", call_id)
    assert told.returncode == 0, told.stderr
    assert "503 is in the failover table, so the call went on" in told.stdout and "The caller got 486" in told.stdout
    (row,) = csv.DictReader(io.StringIO(hasip(edge, "records", "--format", "csv", "--since", "1h").stdout))
    assert (row["call_id"], row["failovers"], row["attempts"].count(";")) == (call_id, "1", 1)
    assert "acme" in hasip(edge, "records").stdout
    assert edge.ask("status")["records"]["written"] == 1


def test_a_call_without_a_record_is_said_to_have_none(edge: Edge) -> None:
    told = hasip(edge, "explain", "nobody@nowhere")
    assert (told.returncode, told.stdout) == (1, "") and "no record of such a call" in told.stderr


def test_a_call_in_progress_is_explained_by_the_running_node_and_once_only_when_it_has_ended(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("acme", 0), edge.leg("acme", 1)
    invite = caller.invite(edge["acme"].number)
    primary.respond(primary.wait("INVITE"), 503)
    arrived = secondary.wait("INVITE")
    secondary.respond(arrived, 180)
    caller.wait(180)
    call_id = str(invite.header("Call-ID"))
    told = hasip(edge, "explain", call_id)
    assert (told.returncode, told.stderr) == (0, ""), told
    assert "503 is in the failover table" in told.stdout and "has given no final response so far" in told.stdout
    assert told.stdout.splitlines()[-1] == "The call is still going on."
    (story,) = json.loads(hasip(edge, "explain", call_id, "--json").stdout)
    assert (story["reason"], story["trunk"], story["story"][-1]) == ("in_progress", "acme", "The call is still going on.")
    secondary.respond(arrived, 486)
    caller.ack(invite, caller.wait(486))
    records(edge, 1)
    ended = hasip(edge, "explain", call_id).stdout
    assert "The caller got 486" in ended and "still going on" not in ended and "with this Call-ID" not in ended


def test_a_call_that_has_ended_is_explained_without_a_node(edge: Edge) -> None:
    call_id = fail_over(edge)
    records(edge, 1)
    edge.kill()
    told = hasip(edge, "explain", call_id)
    assert (told.returncode, told.stderr) == (0, "") and "The caller got 486" in told.stdout


def test_options_that_make_no_sense_are_refused(edge: Edge) -> None:
    for options in (("--format", "xml"), ("--since", "yesterday")):
        assert hasip(edge, "records", *options).returncode == 2


def test_records_and_calls_outlive_kill(edge: Edge) -> None:
    caller, far_end, dialog, _ = establish(edge, "acme")
    ended = be_refused(edge, caller)
    edge.settle()
    edge.kill()
    edge.start()
    hang_up(caller, dialog, far_end)
    found = records(edge, 2)
    assert {str(record["call_id"]) for record in found} == {ended, dialog.call_id}
    assert {record["reason"] for record in found} == {"relayed_failure", "ended_by_bye"}


def be_refused(edge: Edge, caller: Agent) -> str:
    """Let another call of the same caller be refused; return its Call-ID."""
    primary = edge.leg("globex", 0)
    invite = caller.invite(edge["globex"].number)
    primary.respond(primary.wait("INVITE"), 486)
    caller.ack(invite, caller.wait(486))
    return str(invite.header("Call-ID"))


def test_a_call_that_kill_ended_while_it_was_set_up_leaves_a_record(edge: Edge) -> None:
    caller, primary = edge.caller(), edge.leg("acme", 0)
    invite = caller.invite(edge["acme"].number)
    primary.wait("INVITE")
    edge.kill()
    edge.start()
    (record,) = records(edge, 1)
    assert (record["call_id"], record["reason"], record["status"]) == (str(invite.header("Call-ID")), "ended_by_restart", 0)
