"""`hasip apply` and `hasip export` on the command line: what they print, and how they end."""
import contextlib
import os
import pty
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

TRUNKS = (Path(__file__).parent.parent / "data" / "trunks.toml").read_text()
PASSWORDS = ("c0rrect-horse-battery", "st4ple-paper-clip")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "edge.toml").write_text(f'[node]\nname = "n"\nstate_dir = "{tmp_path}/state"\n[[listen]]\ntransport = "udp"\naddress = "127.0.0.1:5060"\n')
    (tmp_path / "trunks.toml").write_text(TRUNKS)
    return tmp_path


def hasip(verb: str, folder: Path, *arguments: str, answer: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command on this folder's store; with an answer, on a terminal where that is typed."""
    files = [str(folder / "trunks.toml")] if verb == "apply" else []
    command = [sys.executable, "-m", "hasip", verb, *files, "-n", str(folder / "edge.toml"), *arguments]
    if answer is None:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f"{answer}\n".encode())
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def test_apply_shows_the_difference_and_applies_it(folder: Path) -> None:
    first = hasip("apply", folder, "--yes")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines() == [
        'added    core "pstn"', 'added    trunk "acme"', 'added    trunk "globex"', 'added    trunk "initech"', "4 added, 0 changed, 0 removed", "applied: generation 1"]
    (folder / "trunks.toml").write_text(TRUNKS.replace('"auto_failover" ', '"only_primary" '))
    second = hasip("apply", folder, "--yes")
    assert second.stdout.splitlines() == [
        'changed  trunk "acme"', '           mode: "auto_failover" → "only_primary"', "0 added, 1 changed, 0 removed", "applied: generation 2"]


def test_apply_of_what_is_there_changes_nothing_and_ends_with_0(folder: Path) -> None:
    hasip("apply", folder, "--yes")
    done = hasip("apply", folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing to change\n", "")


def test_apply_of_an_export_changes_nothing(folder: Path) -> None:
    hasip("apply", folder, "--yes")
    exported = hasip("export", folder)
    assert exported.returncode == 0 and not any(password in exported.stdout for password in PASSWORDS)
    (folder / "trunks.toml").write_text(exported.stdout)
    assert hasip("apply", folder).stdout == "nothing to change\n"
    assert hasip("export", folder).stdout == exported.stdout


def test_a_trunk_that_cannot_be_read_is_not_exported_without_a_word_and_apply_writes_it_anew(folder: Path) -> None:
    hasip("apply", folder, "--yes")
    with contextlib.closing(sqlite3.connect(folder / "state" / "hasip.db")) as connection, connection:
        connection.execute("UPDATE trunks SET mode = 'sometimes' WHERE name = 'acme'")
    refused = hasip("export", folder)
    assert (refused.returncode, refused.stdout) == (1, "") and "trunk \"acme\": mode: 'sometimes' is none of only_primary" in refused.stderr
    assert hasip("apply", folder, "--yes").stdout.splitlines() == [
        'changed  trunk "acme"', "           mode: (unreadable) → (written anew)", "0 added, 1 changed, 0 removed", "applied: generation 2"]
    assert hasip("export", folder).returncode == 0


@pytest.mark.parametrize(("answer", "returncode"), [("y", 0), ("n", 1)])
def test_apply_asks(folder: Path, answer: str, returncode: int) -> None:
    done = hasip("apply", folder, answer=answer)
    assert done.returncode == returncode and "apply?" in done.stdout
    assert ("not applied" in done.stderr) == bool(returncode)
    assert ("acme" in hasip("export", folder).stdout) == (answer == "y")


def test_apply_does_not_go_on_where_nobody_can_be_asked(folder: Path) -> None:
    done = hasip("apply", folder)
    assert done.returncode == 1 and 'added    trunk "acme"' in done.stdout and "--yes" in done.stderr
    assert hasip("export", folder).stdout == ""


def test_a_changed_password_is_a_change_that_is_not_shown(folder: Path) -> None:
    hasip("apply", folder, "--yes")
    (folder / "trunks.toml").write_text(TRUNKS.replace(PASSWORDS[0], "an0ther-one"))
    done = hasip("apply", folder, "--yes")
    assert "primary.ha1_sha256: (hidden) → (hidden)" in done.stdout
    assert not any(secret in done.stdout + done.stderr for secret in (*PASSWORDS, "an0ther-one"))
    stored = b"".join(file.read_bytes() for file in (folder / "state").iterdir())
    assert not any(secret.encode() in stored for secret in (*PASSWORDS, "an0ther-one"))


def test_a_bad_file_is_refused_whole_with_every_error(folder: Path) -> None:
    hasip("apply", folder, "--yes")
    (folder / "trunks.toml").write_text(TRUNKS.replace("calls = 30", "calls = 31").replace('"load_balancing"', '"fair"').replace('"2t4t"', '"2t"'))
    done = hasip("apply", folder, "--yes")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert 'trunk "initech": mode: ' in done.stderr and 'trunk "globex": region: ' in done.stderr
    assert "calls = 30\n" in hasip("export", folder).stdout


def test_more_trunks_than_the_node_has_room_for_are_refused(folder: Path) -> None:
    node = folder / "edge.toml"
    node.write_text(node.read_text().replace('name = "n"', 'name = "n"\ntrunk_capacity = 3'))
    done = hasip("apply", folder, "--yes")
    assert done.returncode == 1 and "3 trunks: trunk_capacity in" in done.stderr and "room for 2" in done.stderr


def test_a_store_that_is_away_is_named_without_its_password(folder: Path) -> None:
    node = folder / "edge.toml"
    node.write_text(node.read_text() + f'[store]\nurl = "postgresql://hasip:s3cret@/hasip?host={folder}"\n')
    done = hasip("export", folder)
    assert done.returncode == 1 and done.stderr.startswith("postgresql://hasip:***@/hasip is away: ") and "Traceback" not in done.stderr


@pytest.mark.parametrize("url", ["mysql://db/hasip", "postgresql://hasip:s3cret@db", "sqlite:///hasip.db", "hasip.db"])
def test_a_url_that_is_no_store_is_refused_and_not_shown(folder: Path, url: str) -> None:
    node = folder / "edge.toml"
    node.write_text(node.read_text() + f'[store]\nurl = "{url}"\n')
    done = hasip("export", folder)
    assert done.returncode == 1 and f"{node}: store.url: " in done.stderr and "s3cret" not in done.stderr
