"""What an operator does to a running node: reload, drain, kill. No call, slot or cursor is lost."""
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

from .agent import Agent, Dialog, callee_dialog, caller_dialog, is_final_of_invite
from .conftest import Node
from .edge import Edge, Trunk
from .message import Message
from .sipp import Sipp


@pytest.fixture
def edge(node: Node) -> Edge:
    return node(Trunk("held"), Trunk("shared", "load_balancing"), workers=2)


def establish(edge: Edge, trunk: str) -> tuple[Agent, Agent, Dialog, Dialog]:
    """Place a call that is up; return caller, far end, and both sides of the dialog."""
    caller, far_end = edge.caller(), edge.leg(trunk, 0)
    invite = caller.invite(edge[trunk].number)
    arrived = far_end.wait("INVITE")
    answered = far_end.respond(arrived, 200)
    ok = caller.wait(200)
    caller.ack(invite, ok)
    far_end.wait("ACK")
    return caller, far_end, caller_dialog(invite, ok, edge.address), callee_dialog(arrived, answered, edge.address)


def hang_up(one: Agent, dialog: Dialog, other: Agent) -> None:
    """Send BYE from one side, and see it answered by the other."""
    one.send_in_dialog("BYE", dialog)
    other.respond(other.wait("BYE"), 200)
    assert one.wait(200).method == "BYE"


# ---------------------------------------------------------------------------------------- reload


def test_reload_keeps_calls_and_their_slots_when_the_limit_is_lowered(edge: Edge) -> None:
    caller, far_end, dialog, _ = establish(edge, "held")
    _, _, other, _ = establish_second(edge, caller, far_end)
    edge.trunks["held"] = replace(edge["held"], calls=1)
    edge.reload()
    assert edge.trunk_status("held")["limit"] == 1
    assert edge.calls("held") == 2
    refused = caller.invite(edge["held"].number)
    caller.ack(refused, caller.wait(486))
    hang_up(caller, dialog, far_end)
    hang_up(caller, other, far_end)
    assert edge.calls("held") == 0


def establish_second(edge: Edge, caller: Agent, far_end: Agent) -> tuple[Message, Message, Dialog, Dialog]:
    invite = caller.invite(edge["held"].number)
    arrived = far_end.wait("INVITE")
    answered = far_end.respond(arrived, 200)
    ok = caller.wait(200)
    caller.ack(invite, ok)
    far_end.wait("ACK")
    return invite, ok, caller_dialog(invite, ok, edge.address), callee_dialog(arrived, answered, edge.address)


def test_reload_that_removes_a_trunk_leaves_its_call_alone(edge: Edge) -> None:
    caller, far_end, dialog, _ = establish(edge, "held")
    number = edge["held"].number
    del edge.trunks["held"]
    edge.reload()
    refused = caller.invite(number)
    caller.ack(refused, caller.wait(404))
    hang_up(caller, dialog, far_end)
    assert edge.ask("status")["calls"] == 0


def test_reload_does_not_move_the_cursor_of_load_balancing(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("shared", 0), edge.leg("shared", 1)]
    for expected in (0, 1, 0, 1, 0):
        edge.reload()
        invite = caller.invite(edge["shared"].number)
        legs[expected].respond(legs[expected].wait("INVITE"), 404)
        caller.ack(invite, caller.wait(404))
    assert [leg.count("INVITE") for leg in legs] == [0, 0]


def test_reload_of_a_mode_takes_the_next_call_and_no_earlier(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("held", 0), edge.leg("held", 1)]
    invite = caller.invite(edge["held"].number)
    arrived = legs[0].wait("INVITE")
    edge.trunks["held"] = replace(edge["held"], mode="only_primary")
    edge.reload()
    legs[0].respond(arrived, 503)
    legs[1].respond(legs[1].wait("INVITE"), 404)            # admitted under auto_failover: the rules it began with
    caller.ack(invite, caller.wait(404))
    invite = caller.invite(edge["held"].number)
    legs[0].respond(legs[0].wait("INVITE", call_id=invite.call_id), 502)
    caller.ack(invite, caller.wait(502))
    assert legs[1].count("INVITE") == 0


def test_bad_file_is_refused_as_a_whole_and_the_log_names_file_and_key(edge: Edge) -> None:
    caller, far_end, dialog, _ = establish(edge, "held")
    trunks = edge.folder / "trunks.toml"
    trunks.write_text(trunks.read_text().replace('mode = "auto_failover"', 'mode = "auto"'))
    done = subprocess.run([sys.executable, "-m", "hasip", "reload", "--state-dir", str(edge.state_dir)], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    assert str(trunks) in done.stderr and "mode" in done.stderr and "auto_failover" in done.stderr
    assert edge.trunk_status("held")["mode"] == "auto_failover"
    hang_up(caller, dialog, far_end)


def test_reloads_in_mid_traffic_lose_no_call(edge: Edge, sipp: Sipp) -> None:
    far_end = sipp.start("uas", edge["held"].legs[0], calls=2000)
    caller = sipp.start("uac", (edge.core_address, 5060), "-r", "400", "-key", "number", edge["held"].number, remote=edge.address, calls=2000)
    for _ in range(8):
        edge.reload()
    results = [caller.result(), far_end.result()]
    assert [(each.successful, each.failed) for each in results] == [(2000, 0)] * 2, results
    edge.settle()
    assert edge.calls("held") == 0


# ---------------------------------------------------------------------------------------- drain


def test_drain_refuses_new_calls_serves_the_old_and_ends_with_the_last(edge: Edge) -> None:
    caller, far_end, dialog, _ = establish(edge, "held")
    edge.signal(signal.SIGTERM)
    edge.wait_until(lambda: edge.ask("status")["draining"])
    refused = caller.invite(edge["held"].number)
    caller.ack(refused, caller.wait(503))
    hang_up(caller, dialog, far_end)
    assert edge.process and edge.process.wait(10) == 0
    assert "Traceback" not in edge.log()
    edge.process = None


def test_drain_ends_after_drain_s_though_a_call_is_up(node: Node) -> None:
    edge = node(Trunk("held"), node_settings={"drain_s": 1})
    establish(edge, "held")
    edge.signal(signal.SIGTERM)
    assert edge.process and edge.process.wait(10) == 0
    edge.process = None


def test_sigterm_as_soon_as_it_answers_is_a_clean_end(tmp_path: Path) -> None:
    edge = Edge(tmp_path, [Trunk("held")], workers=8)
    for _ in range(3):
        edge.start()
        edge.signal(signal.SIGTERM)
        assert edge.process and edge.process.wait(10) == 0, edge.log()
        edge.process = None


# ---------------------------------------------------------------------------------------- kill -9


@pytest.mark.parametrize("side", ["caller", "far end"])
def test_call_outlives_kill_and_its_bye_frees_the_slot(edge: Edge, side: str) -> None:
    caller, far_end, dialog, far_dialog = establish(edge, "held")
    edge.kill()
    edge.start()
    assert edge.calls("held") == 1
    [call] = edge.ask("calls")
    assert (call["call_id"], call["trunk"], call["leg_name"], call["state"]) == (dialog.call_id, "held", "primary", "established")
    if side == "caller":
        hang_up(caller, dialog, far_end)
    else:
        hang_up(far_end, far_dialog, caller)
    assert edge.calls("held") == 0


def test_call_that_was_not_answered_does_not_outlive_kill(edge: Edge) -> None:
    caller, far_end = edge.caller(), edge.leg("held", 0)
    caller.invite(edge["held"].number)
    far_end.respond(far_end.wait("INVITE"), 180)
    caller.wait(180)
    edge.kill()
    edge.start()
    assert edge.calls("held") == 0


def test_adopted_calls_count_against_the_limit(node: Node) -> None:
    edge = node(Trunk("held", calls=1))
    caller, far_end, dialog, _ = establish(edge, "held")
    edge.kill()
    edge.start()
    refused = caller.invite(edge["held"].number)
    caller.ack(refused, caller.wait(486))
    hang_up(caller, dialog, far_end)
    invite = caller.invite(edge["held"].number)
    far_end.respond(far_end.wait("INVITE"), 404)
    caller.ack(invite, caller.wait(is_final_of_invite))
    assert edge.calls("held") == 0


def test_calls_of_two_workers_are_adopted_by_one(edge: Edge) -> None:
    sides = [establish(edge, "held")]
    far_end = sides[0][1]
    for _ in range(7):
        caller = edge.caller()
        _, _, dialog, far_dialog = establish_second(edge, caller, far_end)
        sides.append((caller, far_end, dialog, far_dialog))
    edge.kill()
    edge.workers = 1
    edge.start()
    assert edge.calls("held") == 8
    for caller, _, dialog, _ in sides:
        hang_up(caller, dialog, far_end)
    assert edge.calls("held") == 0


# ---------------------------------------------------------------------------------------- two at once, and what they say


def test_second_node_on_the_same_state_dir_is_refused_and_says_so(edge: Edge) -> None:
    done = subprocess.run([sys.executable, "-m", "hasip", "run", str(edge.folder / "edge.toml"), "--apply", str(edge.folder / "trunks.toml")],
                          capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    assert str(edge.state_dir) in done.stderr
    assert edge.answers(timeout=PATIENCE_S)


def test_calls_name_who_holds_each_slot(edge: Edge) -> None:
    caller, far_end, dialog, _ = establish(edge, "held")
    [call] = edge.ask("calls")
    assert call["call_id"] == dialog.call_id and call["number"] == edge["held"].number
    assert call["duration_s"] >= 0
    done = subprocess.run([sys.executable, "-m", "hasip", "calls", "--state-dir", str(edge.state_dir)], capture_output=True, text=True, check=True,
                          timeout=30, env={**os.environ, "COLUMNS": "200"})
    assert "1 call" in done.stdout and "primary" in done.stdout
    hang_up(caller, dialog, far_end)


def test_status_has_what_the_contract_names(edge: Edge) -> None:
    status = edge.ask("status")
    assert status["node"] == "edge-test"
    assert set(status["trunks"]) == {"held", "shared"}
    assert set(status["trunks"]["held"]) >= {"mode", "calls", "limit", "legs"}
    assert list(status["trunks"]["held"]["legs"]) == ["primary", "secondary"]
    assert isinstance(status["reasons"], dict)
    assert len(status["workers"]) == 2
    assert json.dumps(status)
