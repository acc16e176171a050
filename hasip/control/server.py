"""The node's side of the control socket."""
import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

Answer = Callable[..., Any]      # or a coroutine function; the question's arguments come by name

SOCKET_NAME = "control.sock"


class AlreadyRunning(Exception):
    """Another node serves this state directory."""


class ControlServer:
    """Answers questions by name; a question that fails is answered with its error, and the node goes on."""

    def __init__(self, state_dir: Path, answers: Mapping[str, Answer]) -> None:
        self._path = state_dir / SOCKET_NAME
        self._answers = answers
        self._server: asyncio.AbstractServer | None = None

    async def __aenter__(self) -> Self:
        claim(self._path)
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path)
        finally:
            os.umask(mask)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's questions, until it goes."""
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        """Return {"ok": …} or {"error": …}."""
        try:
            question = json.loads(line)
            answer, arguments = self._answers[question["ask"]], dict(question.get("arguments", {}))
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"error": f"the question must be one of {sorted(self._answers)}, as {{\"ask\": NAME, \"arguments\": {{…}}}}"}
        try:
            found = answer(**arguments)
            return {"ok": await found if asyncio.iscoroutine(found) else found}
        except Exception as error:  # noqa: BLE001 - the boundary: whatever goes wrong is told to who asked
            return {"error": f"{type(error).__name__}: {error}"}


def claim(path: Path) -> None:
    """Remove a socket that nobody serves. Errors: AlreadyRunning when somebody does."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise AlreadyRunning(f"a node is running already on {path.parent}: stop it, or give this one another state_dir")
