"""`hasip trace` beside a running node: real calls of SIPp as ladders; and what it must not show."""
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.patience import PATIENCE_S

from .conftest import Node
from .edge import Edge, Trunk
from .sipp import Sipp
from .user import PASSWORD


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def edge(node: Node, request: pytest.FixtureRequest) -> Edge:
    return node(Trunk("acme"), Trunk("globex"), Trunk("home", "only_primary", primary="digest", secondary=""), workers=request.param)


@contextmanager
def tracing(edge: Edge, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a trace, once it looks; it ends with the block."""
    process = subprocess.Popen([sys.executable, "-m", "hasip", "trace", "--state-dir", str(edge.state_dir), *arguments], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"COLUMNS": "200", "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"})
    edge.wait_until(lambda: edge.ask("status")["traces"] == 1)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
        edge.wait_until(lambda: edge.ask("status")["traces"] == 0)         # who goes is not looked for any more


def read_until(process: subprocess.Popen[str], wanted: str, times: int = 1) -> list[str]:
    """Return the lines until the one that has a word for so many times."""
    assert process.stdout
    lines: list[str] = []
    deadline = time.monotonic() + PATIENCE_S
    while times and time.monotonic() < deadline:
        lines.append(process.stdout.readline().rstrip("\n"))
        assert lines[-1] or process.poll() is None, "".join(process.stderr or [])
        times -= wanted in lines[-1]
    return lines


def run_call(edge: Edge, sipp: Sipp, trunk: str, *far_ends: tuple[int, str]) -> None:
    """Place one call with SIPp."""
    runs = [sipp.start(scenario, edge[trunk].legs[leg], calls=1) for leg, scenario in far_ends]
    runs.append(sipp.start("uac", (edge.core_address, 5060), "-key", "number", edge[trunk].number, remote=edge.address, calls=1))
    assert [run.result().failed for run in runs] == [0] * len(runs)


def arrows(lines: list[str]) -> list[str]:
    """Return what the arrows say, in order."""
    return [found[1] for line in lines if (found := re.search(r"[◀─]+ (.*?) [─▶]+", line))]


def test_a_call_that_fails_over_is_a_ladder_with_all_its_parties(edge: Edge, sipp: Sipp) -> None:
    with tracing(edge, "--trunk", "acme") as trace:
        run_call(edge, sipp, "globex", (0, "uas"))
        run_call(edge, sipp, "acme", (0, "uas_503"), (1, "uas"))
        lines = read_until(trace, "200 OK (BYE)", 2)
    text = "\n".join(lines)
    assert all(word in text for word in ("core pstn", "hasip", "acme primary", "acme secondary")) and "globex" not in text
    found = arrows(lines)
    assert found[:6] == ["INVITE", "100 Trying", "INVITE", "503 Service Unavailable", "ACK", "INVITE"]
    assert found[-4:] == ["BYE", "BYE", "200 OK (BYE)", "200 OK (BYE)"]
    assert edge["acme"].number[1:] not in text and edge["acme"].number[-3:] in text


def test_a_number_and_a_call_id_find_their_calls_alone(edge: Edge, sipp: Sipp) -> None:
    number = edge["globex"].number.removeprefix("+")
    with tracing(edge, "--number", number, "--json") as trace:
        run_call(edge, sipp, "acme", (0, "uas"))
        run_call(edge, sipp, "globex", (0, "uas"))
        items = [json.loads(line) for line in read_until(trace, '"reason_phrase": "OK", "cseq": 2')]
    steps = [item for item in items if "call_id" in item]
    assert {step["call_id"] for step in steps} == {steps[0]["call_id"]} and steps[0]["method"] == "INVITE"
    assert {step["party"] for step in steps} == {"core pstn", "globex primary"}
    assert all(number not in step["message"] for step in steps)


def test_the_calls_id_is_enough_and_full_shows_all_but_credentials(edge: Edge) -> None:
    user = edge.user("home-primary")
    with tracing(edge, "--trunk", "home", "--full", "--json") as trace:
        user.register()
        items = [json.loads(line) for line in read_until(trace, '"status": 200')]
    registered: list[dict[str, Any]] = [item for item in items if "Authorization: Digest" in item.get("message", "")]
    assert registered and all(proof not in item["message"] for item in registered for proof in (PASSWORD, 'response="'))
    with tracing(edge, "--call-id", registered[0]["call_id"]) as trace:
        assert edge.answers()
        user.register(call_id=registered[0]["call_id"], cseq=10)
        lines = read_until(trace, "200 OK (REGISTER)")
    assert "OPTIONS" not in "\n".join(lines)


def test_an_unknown_trunk_is_said_in_one_line(edge: Edge) -> None:
    done = subprocess.run([sys.executable, "-m", "hasip", "trace", "--state-dir", str(edge.state_dir), "--trunk", "nobody"],
                          capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (1, 'UnknownTrunk: no trunk "nobody"\n')


def test_a_trace_ends_by_itself(edge: Edge) -> None:
    done = subprocess.run([sys.executable, "-m", "hasip", "trace", "--state-dir", str(edge.state_dir), "--seconds", "1"],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0


def test_what_goes_by_tls_is_seen_as_the_rest(node: Node) -> None:
    edge = node(Trunk("secured", primary_settings={"transport": "tls"}), streams=True)
    with tracing(edge, "--trunk", "secured", "--json") as trace:
        far_end = edge.stream_leg("secured", 0, edge.authority.issue(edge["secured"].legs[0][0]))
        caller = edge.caller()
        invite = caller.invite(edge["secured"].number)
        far_end.respond(far_end.wait("INVITE"), 486)
        caller.ack(invite, caller.wait(486))
        steps = [json.loads(line) for line in read_until(trace, '"method": "ACK"', 2)][1:]
    assert [(step["transport"], step["is_sent"], step["status"] or step["method"]) for step in steps if step["party"] == "secured primary"] == [
        ("tls", True, "INVITE"), ("tls", False, 486), ("tls", True, "ACK")]
