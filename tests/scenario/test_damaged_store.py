"""A row of the store that no hasip wrote: its trunk goes on by what was in force, all others follow the store, and it is told."""
import contextlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE_S

from .conftest import Node
from .edge import Edge, Trunk

NO_MODE = ("mode = 'sometimes'", "mode", "'sometimes' is none of only_primary, load_balancing, auto_failover, 2t, 4t, 2t4t")
NO_ROOM = ("caller_id = '+65612000000000000000000000000000000'", "caller_id", "is too long: it has 31 bytes at the most")


@pytest.fixture
def edge(node: Node) -> Edge:
    return node(Trunk("acme"), Trunk("globex"))


def write_by_hand(edge: Edge, *changes: str) -> None:
    """Do what somebody does who has an editor and knows how nodes follow."""
    with contextlib.closing(sqlite3.connect(edge.state_dir / "hasip.db", timeout=PATIENCE_S)) as connection, connection:
        for change in (*changes, "UPDATE state SET generation = generation + 1"):
            connection.execute(change)


def hasip(edge: Edge, verb: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "hasip", verb, *arguments, *(() if verb == "status" else ("-n", str(edge.folder / "edge.toml")))],
                          capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


def takes_a_call(edge: Edge, trunk: str) -> None:
    caller, leg = edge.caller(), edge.leg(trunk, 0)
    invite = caller.invite(edge[trunk].number)
    leg.respond(leg.wait("INVITE"), 486)
    caller.ack(invite, caller.wait(486))
    for agent in (caller, leg):
        agent.close()
        edge.agents.remove(agent)


def alerts(edge: Edge, *, are_over: bool = False) -> Iterator[dict[str, str]]:
    for line in edge.log().splitlines():
        entry = json.loads(line)
        if entry.get("alert") == "not_published" and entry["is_over"] == are_over:
            yield entry


@pytest.mark.parametrize(("damage", "field", "sentence"), [NO_MODE, NO_ROOM])
def test_a_damaged_trunk_goes_on_as_it_was_and_all_others_follow_the_store(edge: Edge, damage: str, field: str, sentence: str) -> None:
    write_by_hand(edge, f"UPDATE trunks SET {damage} WHERE name = 'acme'", "UPDATE trunks SET calls = 7 WHERE name = 'globex'")
    edge.wait_until(lambda: edge.trunk_status("globex")["limit"] == 7)
    takes_a_call(edge, "acme")
    takes_a_call(edge, "globex")
    assert edge.ask("status")["not_published"] == [
        {"kind": "trunk", "name": "acme", "field": field, "sentence": sentence, "is_in_force": True, "trunks": 0}]
    assert [(entry["level"], entry["subject"], entry["field"], sentence in entry["cause"]) for entry in alerts(edge)] == [("error", "acme", field, True)]
    assert f"acme can't be published: {field}: {sentence}" in " ".join(hasip(edge, "status", "--state-dir", str(edge.state_dir)).split())
    hasip(edge, "apply", str(edge.folder / "trunks.toml"), "--yes")
    edge.wait_until(lambda: edge.ask("status")["not_published"] == [] and edge.trunk_status("globex")["limit"] == 1000)
    takes_a_call(edge, "acme")
    assert [entry["subject"] for entry in alerts(edge, are_over=True)] == ["acme"]


@pytest.mark.parametrize(("damage", "field", "sentence"), [NO_MODE, NO_ROOM])
def test_a_node_starts_without_a_damaged_trunk_and_with_all_others(edge: Edge, damage: str, field: str, sentence: str) -> None:
    write_by_hand(edge, f"UPDATE trunks SET {damage} WHERE name = 'acme'")
    edge.kill()
    edge.applies = False
    edge.start()
    takes_a_call(edge, "globex")
    caller = edge.caller()
    caller.ack(caller.invite(edge["acme"].number), caller.wait(404))
    assert [(each["name"], each["field"], each["is_in_force"]) for each in edge.ask("status")["not_published"]] == [("acme", field, False)]
    assert [(entry["level"], entry["cause"]) for entry in alerts(edge)] == [("error", f"{field}: {sentence}")]


def test_a_damaged_core_goes_on_as_it_was_with_its_trunks(edge: Edge) -> None:
    write_by_hand(edge, "UPDATE cores SET allow = 'everybody'", "UPDATE trunks SET calls = 7 WHERE name = 'globex'")
    edge.wait_until(lambda: edge.trunk_status("globex")["limit"] == 7)
    takes_a_call(edge, "acme")
    takes_a_call(edge, "globex")
    assert [(each["kind"], each["name"], each["field"], each["is_in_force"]) for each in edge.ask("status")["not_published"]] == [("core", "pstn", "allow", True)]
    assert [entry["subject"] for entry in alerts(edge)] == ["core:pstn"]
