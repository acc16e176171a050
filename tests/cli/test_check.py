"""`hasip check`, `hasip run` and `hasip status` on the command line: what they print, and how they end."""
import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).parent.parent / "data"


def hasip(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "hasip", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)


def test_check_accepts_the_examples_and_says_what_they_hold() -> None:
    done = hasip("check", DATA / "edge.toml", DATA / "trunks.toml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "ok: node edge-1, 1 listener, 1 worker" in done.stdout
    assert "ok: 3 trunks, 1 core, 4 numbers" in done.stdout


def test_check_prints_every_error_of_every_file_and_ends_with_1(tmp_path: Path) -> None:
    node, trunks = tmp_path / "edge.toml", tmp_path / "trunks.toml"
    node.write_text("[node]\nname = 1\n")
    trunks.write_text("[[trunk]]\nname = 1\n")
    done = hasip("check", node, DATA / "edge.toml", trunks)
    assert done.returncode == 1
    assert f"{node}: node.name: " in done.stderr and f"{node}: listen: no UDP listener" in done.stderr and f"{trunks}: " in done.stderr
    assert "ok: node edge-1" in done.stdout


def test_run_with_a_bad_file_ends_with_1_and_its_errors(tmp_path: Path) -> None:
    node = tmp_path / "edge.toml"
    node.write_text(f'[node]\nname = "n"\nstate_dir = "{tmp_path}/state"\nwerkers = 1\n[[listen]]\ntransport = "udp"\naddress = "127.0.0.1:0"\n')
    done = hasip("run", node, "--apply", DATA / "trunks.toml")
    assert done.returncode == 1
    assert f"{node}: node.werkers: unknown key: did you mean workers?" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_on_an_address_that_is_not_ours_names_it(tmp_path: Path) -> None:
    node = tmp_path / "edge.toml"
    node.write_text(f'[node]\nname = "n"\nstate_dir = "{tmp_path}/state"\n[[listen]]\ntransport = "udp"\naddress = "192.0.2.1:5060"\n')
    done = hasip("run", node, "--apply", DATA / "trunks.toml")
    assert done.returncode == 1
    assert "192.0.2.1:5060" in done.stderr and "Traceback" not in done.stderr


def test_status_without_a_node_says_so(tmp_path: Path) -> None:
    done = hasip("status", "--state-dir", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("no node is running on")


def test_help_lists_every_command() -> None:
    done = hasip("--help")
    assert done.returncode == 0
    for command in ("run", "check", "status", "calls", "reload", "drain", "bench"):
        assert command in done.stdout
