"""The command line's side of the control socket."""
import json
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hasip.control.server import SOCKET_NAME

ANSWER_TIMEOUT_S = 30.0


class NoNode(Exception):
    """No running node could be reached, or more than one could be meant."""


def ask(state_dir: Path, question: str, arguments: Mapping[str, Any] | None = None) -> Any:
    """Return a node's answer to a question about its arguments. Errors: NoNode when none is there, RuntimeError with its words when it can't answer."""
    with asked(state_dir, question, arguments) as connection, connection.makefile("rb") as stream:
        line = stream.readline()
    if not line:
        raise NoNode(f"the node on {state_dir} went away before it answered")
    answer = json.loads(line)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["ok"]


def follow(state_dir: Path, question: str, arguments: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """Yield a node's answer to a question that goes on, item by item, until its end. Errors: as those of ask()."""
    with asked(state_dir, question, arguments) as connection, connection.makefile("rb") as stream:
        connection.settimeout(None)
        for line in stream:
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(answer["error"])
            if "item" not in answer:
                return
            yield answer["item"]
    raise NoNode(f"the node on {state_dir} went away")


@contextmanager
def asked(state_dir: Path, question: str, arguments: Mapping[str, Any] | None) -> Iterator[socket.socket]:
    """Ask, and have the connection that the answer comes by. Errors: NoNode."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_TIMEOUT_S)
        try:
            connection.connect(str(state_dir / SOCKET_NAME))
        except OSError as error:
            raise NoNode(f"no node is running on {state_dir} ({error.strerror}): start one with `hasip run`") from error
        connection.sendall(json.dumps({"ask": question, "arguments": dict(arguments or {})}).encode() + b"\n")
        yield connection


def find_state_dir() -> Path:
    """Return the state directory of the one running node: HASIP_STATE_DIR, /run/hasip, or /tmp/hasip-*. Errors: NoNode."""
    if named := os.environ.get("HASIP_STATE_DIR"):
        return Path(named)
    candidates = [Path("/run/hasip"), *sorted(Path(tempfile.gettempdir()).glob("hasip-*"))]
    found = [path for path in candidates if (path / SOCKET_NAME).exists()]
    if not found:
        raise NoNode("no running node found: name one with --node edge.toml or --state-dir DIR")
    if len(found) > 1:
        raise NoNode(f"several nodes found ({', '.join(map(str, found))}): name one with --node edge.toml or --state-dir DIR")
    return found[0]
