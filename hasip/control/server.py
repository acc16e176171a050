"""The node's side of the control socket."""
import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Any, Self

Answer = Callable[..., Any]                         # or a coroutine function; the question's arguments come by name
Items = Callable[..., AsyncGenerator[Any, None]]    # an answer that goes on: item by item, until it ends or who asked is gone

SOCKET_NAME = "control.sock"


class AlreadyRunning(Exception):
    """Another node serves this state directory."""


class ControlServer:
    """Answers questions by name; a question that fails is answered with its error, and the node goes on."""

    def __init__(self, state_dir: Path, answers: Mapping[str, Answer], streams: Mapping[str, Items] | None = None) -> None:
        self._path = state_dir / SOCKET_NAME
        self._answers = answers
        self._streams = streams or {}
        self._server: asyncio.AbstractServer | None = None
        self._conversations: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        claim(self._path)
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._begin, self._path)
        finally:
            os.umask(mask)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        if self._conversations:
            await asyncio.wait(self._conversations)
            await asyncio.sleep(0)              # their connections are gone then
        self._path.unlink(missing_ok=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection, in a task of ours: it ends with the server."""
        conversation = asyncio.create_task(self._serve(reader, writer))
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's questions, until it goes."""
        try:
            with contextlib.suppress(ConnectionError):
                while line := await reader.readline():
                    answer = await self._answer(line)
                    if isinstance(answer, AsyncGenerator):
                        await follow(answer, reader, writer)
                        break
                    await write_line(writer, answer)
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()            # whoever does not read, does not keep us
            raise

    async def _answer(self, line: bytes) -> dict[str, Any] | AsyncGenerator[Any, None]:
        """Return {"ok": …} or {"error": …}, or what goes on."""
        try:
            question = json.loads(line)
            name, arguments = question["ask"], dict(question.get("arguments", {}))
            answer = self._streams[name] if name in self._streams else self._answers[name]
        except (ValueError, KeyError, TypeError, AttributeError):
            return {"error": f"the question must be one of {sorted((*self._answers, *self._streams))}, as {{\"ask\": NAME, \"arguments\": {{…}}}}"}
        try:
            found = answer(**arguments)
            if isinstance(found, AsyncGenerator):
                return found
            return {"ok": await found if asyncio.iscoroutine(found) else found}
        except Exception as error:  # noqa: BLE001 - the boundary: whatever goes wrong is told to who asked
            return {"error": f"{type(error).__name__}: {error}"}


async def follow(items: AsyncGenerator[Any, None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Write items as they come, a line each, until they end or who asked is gone, or says anything more."""
    telling, gone = asyncio.create_task(tell_items(items, writer)), asyncio.create_task(reader.read(1))
    try:
        await asyncio.wait((telling, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (telling, gone):
            task.cancel()
        await asyncio.wait((telling, gone))
        for task in (telling, gone):
            if not task.cancelled():
                task.exception()            # of a connection that broke: there is nobody to tell


async def tell_items(items: AsyncGenerator[Any, None], writer: asyncio.StreamWriter) -> None:
    """Write {"item": …} for each, and {"end": true}, or {"error": …}."""
    async with contextlib.aclosing(items):
        try:
            async for item in items:
                await write_line(writer, {"item": item})
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary, as above
            await write_line(writer, {"error": f"{type(error).__name__}: {error}"})
        else:
            await write_line(writer, {"end": True})


async def write_line(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    """Write one line, and wait while there is no room for it."""
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


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
