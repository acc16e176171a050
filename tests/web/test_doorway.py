"""Connections are taken in up to a number, whether they have spoken TLS yet or not."""
import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hasip.web import doorway, serving
from tests.patience import PATIENCE_S

Runner = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def in_loop(request: pytest.FixtureRequest) -> Runner:
    """What runs a coroutine in a loop: the tests' or the node's."""
    runner: Runner = request.param
    return runner


async def hello(request: Request) -> Response:
    return PlainTextResponse(request.url.scheme)


APPLICATION = Starlette(routes=[Route("/", hello)])


class House:
    """A server with or without TLS, and those who come."""

    def __init__(self, folder: Path, *, is_by_tls: bool) -> None:
        self.context: ssl.SSLContext | None = None
        self.files: dict[str, str] = {}
        self.port = 0
        if is_by_tls:
            authority = trustme.CA()
            issued = authority.issue_cert("127.0.0.1")
            issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
            issued.private_key_pem.write_to_path(str(folder / "key.pem"))
            self.files = {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
            self.context = ssl.create_default_context()
            authority.configure_trust(self.context)

    async def answer(self) -> bytes:
        """Return what is said to somebody who asks; nothing to who is not let in."""
        with contextlib.suppress(ConnectionError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.context)
            with contextlib.closing(writer):
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return await reader.read()
        return b""

    async def until_answered(self) -> bytes:
        """Ask until there is an answer: a server has to see first that somebody has gone."""
        async with asyncio.timeout(PATIENCE_S):
            while not (said := await self.answer()):
                await asyncio.sleep(0.01)
        return said


@pytest.mark.parametrize("is_by_tls", [False, True])
def test_there_are_only_so_many_connections_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_by_tls: bool, in_loop: Runner) -> None:
    monkeypatch.setattr(doorway, "CONNECTIONS_MAX", 2)
    house = House(tmp_path, is_by_tls=is_by_tls)

    async def run() -> None:
        async with serving(APPLICATION, "127.0.0.1", 0, **house.files) as house.port:
            silent = [await asyncio.open_connection("127.0.0.1", house.port) for _ in range(2)]
            assert await house.answer() == b""
            silent[0][1].close()
            assert (await house.until_answered()).endswith(b"https" if is_by_tls else b"http")
            silent[1][1].close()

    in_loop(run())


def test_a_handshake_that_does_not_come_to_its_end_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_loop: Runner) -> None:
    monkeypatch.setattr(doorway, "HANDSHAKE_S", 0.05)
    house = House(tmp_path, is_by_tls=True)

    async def run() -> bytes:
        async with serving(APPLICATION, "127.0.0.1", 0, **house.files) as house.port:
            reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
            async with asyncio.timeout(PATIENCE_S):
                said = await reader.read()
            writer.close()
            return said + (await house.answer())[-5:]

    assert in_loop(run()) == b"https"


def test_a_machine_that_has_no_descriptor_left_is_asked_again(monkeypatch: pytest.MonkeyPatch, in_loop: Runner) -> None:
    monkeypatch.setattr(doorway, "OUT_OF_FILES_PAUSE_S", 0)

    class Listener(socket.socket):
        refusals = 3

        def accept(self) -> tuple[socket.socket, object]:
            if self.refusals:
                self.refusals -= 1
                raise OSError(24, "Too many open files")
            return super().accept()

    async def run() -> int:
        arrived = asyncio.Event()

        class Guest(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                transport.close()
                arrived.set()

        listener = Listener()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        async with doorway.Doorway(listener, None, Guest, set()).opened(), asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            await arrived.wait()
            writer.close()
        return listener.refusals

    assert in_loop(run()) == 0
