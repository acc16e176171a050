"""What is applied to the store reaches a running node: the next call goes by it."""
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

from .agent import Agent
from .conftest import Node
from .edge import Edge, Trunk


@pytest.fixture
def edge(node: Node) -> Edge:
    return node(Trunk("acme", "auto_failover"), workers=1)


def apply(edge: Edge) -> str:
    """Write the trunks file and apply it beside the running node; return what was said."""
    edge.write_files()
    done = subprocess.run([sys.executable, "-m", "hasip", "apply", str(edge.folder / "trunks.toml"), "-n", str(edge.folder / "edge.toml"), "--yes"],
                          capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def place_a_call_that_the_primary_refuses(edge: Edge) -> tuple[Agent, list[Agent], int]:
    """Return caller, legs, and what the caller was told."""
    caller, legs = edge.caller(), [edge.leg("acme", 0), edge.leg("acme", 1)]
    invite = caller.invite(edge["acme"].number)
    legs[0].respond(legs[0].wait("INVITE"), 503)
    if edge["acme"].mode == "auto_failover":
        legs[1].respond(legs[1].wait("INVITE"), 486)
    final = caller.wait(486 if edge["acme"].mode == "auto_failover" else 500)
    caller.ack(invite, final)
    return caller, legs, final.status


def test_an_applied_mode_takes_the_next_call(edge: Edge) -> None:
    assert place_a_call_that_the_primary_refuses(edge)[2] == 486
    edge.trunks["acme"] = replace(edge["acme"], mode="only_primary")
    assert 'mode: "auto_failover" → "only_primary"' in apply(edge)
    edge.wait_until(lambda: edge.trunk_status("acme")["mode"] == "only_primary")
    for agent in edge.agents:
        agent.close()
    edge.agents.clear()
    _, legs, status = place_a_call_that_the_primary_refuses(edge)
    assert status == 500 and legs[1].count("INVITE") == 0


def test_a_node_without_a_file_runs_by_the_store(tmp_path: Path) -> None:
    edge = Edge(tmp_path, [Trunk("acme")])
    apply(edge)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "hasip", "run", str(tmp_path / "edge.toml")], stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not edge.answers():
            assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
        assert edge.trunk_status("acme")["mode"] == "auto_failover"
    finally:
        process.terminate()
        assert process.wait(10) == 0
