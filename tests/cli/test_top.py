"""`hasip top`: one frame of it."""
from io import StringIO
from pathlib import Path

from rich.console import Console
from typer.testing import CliRunner

from hasip.cli import app
from hasip.cli.rates import Rates
from hasip.cli.top import frame
from tests.cli.node import STATUS, ZONE, hasip, status_with


def printed(status: dict[str, object], rates: Rates) -> str:
    text = StringIO()
    Console(width=200, file=text).print(frame(status, rates))
    return text.getvalue()


def test_one_frame_shows_trunks_zones_workers_and_the_means_since_the_start(tmp_path: Path) -> None:
    done = hasip(tmp_path, "top", "--once")
    assert (done.returncode, done.stderr) == (0, "")
    head = done.stdout.splitlines()[0]
    assert all(part in head for part in ("edge-1", "up 100 s", "calls 5", "attempts/s 19.0", "failovers/s 0.3"))
    assert all(part in done.stdout for part in ("3/30", "auto_failover", "10.1.0.1:5060", "down, drained", "link lost: carrier gone", "40 %", "10 %", "[fd00::1]:5060"))


def test_later_frame_shows_what_happened_since_the_one_before() -> None:
    later = status_with(uptime_s=102, draining=True, zones=[{**ZONE, "failovers": 8}])
    later["trunks"]["globex"]["legs"]["sg-a"]["failovers"] = 8
    text = printed(later, Rates(later, STATUS, 2.0))
    assert "failovers/s 1.5" in text and "draining" in text
    assert "answered a probe" not in text


def test_node_without_zones_has_no_table_of_them() -> None:
    status = status_with(zones=[])
    assert "Zones" not in printed(status, Rates(status))


def test_no_node_is_one_line_and_ends_with_1(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["top", "--once", "--state-dir", str(tmp_path)])
    assert done.exit_code == 1
    assert done.output == f"no node is running on {tmp_path} (No such file or directory): start one with `hasip run`\n"
