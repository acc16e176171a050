"""`hasip zone` beside a node that only answers: what it prints, and how it ends."""
import json
from pathlib import Path

from tests.cli.node import HISTORY, STATUS, hasip


def test_list_shows_state_share_probe_and_why(tmp_path: Path) -> None:
    done = hasip(tmp_path, "zone", "list")
    assert (done.returncode, done.stderr) == (0, "")
    up, down, recovering = (line for line in done.stdout.splitlines() if "sg-" in line or "core:" in line)
    assert all(part in up for part in ("globex/sg-a", "udp:10.0.0.1:5060 by eth1", "100 %", "200 in 1.3 ms", "2023-11-14 22:13:20", "answered a probe"))
    assert all(part in down for part in ("down, drained", "0 %", "no answer", "link lost: carrier gone"))
    assert all(part in recovering for part in ("recovering", "40 %", "none yet")) and " by " not in recovering


def test_list_as_json_is_what_the_node_says(tmp_path: Path) -> None:
    assert json.loads(hasip(tmp_path, "zone", "list", "--json").stdout) == STATUS["zones"]


def test_history_shows_each_event_and_why(tmp_path: Path) -> None:
    done = hasip(tmp_path, "zone", "history")
    assert "2 events" in done.stdout
    assert all(part in done.stdout for part in ("22:13:21", "down, drained", "drained on request", "link lost: carrier gone"))
    assert json.loads(hasip(tmp_path, "zone", "history", "--json").stdout) == HISTORY


def test_drain_and_undrain_name_the_zone(tmp_path: Path) -> None:
    assert hasip(tmp_path, "zone", "drain", "globex/sg-a").stdout == "drained: globex/sg-a\n"
    assert hasip(tmp_path, "zone", "undrain", "globex/sg-a").stdout == "undrained: globex/sg-a\n"


def test_unknown_zone_is_one_line_and_ends_with_1(tmp_path: Path) -> None:
    done = hasip(tmp_path, "zone", "drain", "globex/sg-x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "UnknownZone: no zone globex/sg-x: did you mean globex/sg-a?\n"


def test_what_goes_into_a_pipe_is_cut_nowhere(tmp_path: Path) -> None:
    done = hasip(tmp_path, "zone", "list", environment={})
    assert done.returncode == 0 and "…" not in done.stdout
    assert any(all(part in line for part in ("globex/sg-b", "udp:10.0.0.1:5060 by eth1", "link lost: carrier gone")) for line in done.stdout.splitlines())
