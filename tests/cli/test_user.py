"""`hasip user`: who may use the API and the console."""
import json
import subprocess
import sys
from pathlib import Path

import pytest

PASSWORD = "correct horse battery"


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """The node file of a store with one trunk."""
    file = tmp_path / "edge.toml"
    file.write_text(f'[node]\nname = "n"\nstate_dir = "{tmp_path}/state"\n[[listen]]\ntransport = "udp"\naddress = "127.0.0.1:0"\n')
    trunks = tmp_path / "trunks.toml"
    trunks.write_text('[[core]]\nname = "pstn"\nallow = ["10.0.0.0/8"]\n[[trunk]]\nname = "acme"\ncalls = 1\nnumbers = ["+1"]\n'
                      '[trunk.primary]\nauthentication = "digest"\nusername = "u"\npassword = "p"\n')
    assert hasip("apply", str(trunks), "--yes", node=file)[0] == 0
    return file


def hasip(*arguments: str, node: Path, entered: str = PASSWORD) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", "hasip", *arguments, "--node", str(node)], input=entered + "\n", capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def users(node: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(hasip("user", "list", "--json", node=node)[1])
    return found


def test_people_come_change_and_go(node: Path) -> None:
    assert hasip("user", "add", "root", "--role", "operator", node=node) == (0, "added: operator root")
    assert hasip("user", "add", "anna", "--trunk", "acme", node=node) == (0, "added: customer anna, acme")
    assert users(node) == [{"name": "anna", "role": "customer", "trunks": ["acme"]}, {"name": "root", "role": "operator", "trunks": []}]
    code, token = hasip("user", "token", "anna", "backup", "--days", "30", node=node)
    assert code == 0 and token.startswith("hasip_")
    assert hasip("user", "token", "anna", "backup", "--remove", node=node) == (0, "removed: backup of anna")
    assert hasip("user", "password", "anna", node=node)[0] == 0
    assert hasip("user", "trunks", "anna", node=node) == (0, "anna: no trunks")
    assert hasip("user", "remove", "anna", node=node) == (0, "removed: anna")
    assert [each["name"] for each in users(node)] == ["root"]


@pytest.mark.parametrize(("arguments", "entered", "said"), [
    (("add", "anna", "--role", "king"), PASSWORD, "no role"), (("add", "anna"), "short", "at least 10"), (("add", "anna", "--trunk", "none"), PASSWORD, "no trunk none"),
    (("add", "root", "--role", "operator", "--trunk", "acme"), PASSWORD, "leave --trunk out"), (("add", "x" * 64), PASSWORD, "63 characters"),
    (("remove", "nobody"), "", 'no user "nobody"'), (("password", "nobody"), PASSWORD, "no user"), (("token", "nobody", "t"), "", "no user"),
    (("token", "nobody", ""), "", "63 characters"), (("token", "nobody", "t", "--remove"), "", "no token")])
def test_what_does_not_go_is_said_in_a_line_and_changes_nothing(node: Path, arguments: tuple[str, ...], entered: str, said: str) -> None:
    code, told = hasip("user", *arguments, node=node, entered=entered)
    assert code == 1 and said in told and "Traceback" not in told
