"""A web server inside somebody else's loop: it begins and ends with its block, and leaves signals alone."""
import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hasip.web import serving
from hasip.web.patience import PatientProtocol
from tests.patience import PATIENCE_S


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


def application(**settings: object) -> Starlette:
    return Starlette(routes=[Route("/", hello)], **settings)      # type: ignore[arg-type]


async def get(address: str, port: int, path: str = "/") -> bytes:
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_it_answers_until_the_block_ends(address: str) -> None:
    async def run() -> int:
        async with serving(application(), address, 0) as port:
            assert (await get(address, port)).endswith(b"hello")
        with pytest.raises(ConnectionRefusedError):
            await get(address, port)
        return port

    assert asyncio.run(run())


def test_signals_stay_the_loops() -> None:
    async def run() -> None:
        told = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
        before = signal.getsignal(signal.SIGINT)
        async with serving(application(), "127.0.0.1", 0) as port:
            assert signal.getsignal(signal.SIGINT) is before
            signal.raise_signal(signal.SIGTERM)
            await asyncio.wait_for(told.wait(), PATIENCE_S)
            assert (await get("127.0.0.1", port)).endswith(b"hello")        # it is not the server that stops

    asyncio.run(run())


def test_an_address_that_is_taken_is_named() -> None:
    async def run(port: int) -> None:
        with pytest.raises(OSError, match=f"in use: HTTP on 127.0.0.1:{port}"):
            async with serving(application(), "127.0.0.1", port):
                pass

    with socket.create_server(("127.0.0.1", 0)) as taken:
        asyncio.run(run(taken.getsockname()[1]))


def test_an_application_that_does_not_start_is_an_error() -> None:
    @contextlib.asynccontextmanager
    async def failing(_: Starlette) -> AsyncIterator[None]:
        raise ValueError("no")
        yield

    async def run() -> None:
        with pytest.raises(RuntimeError, match="did not start"):
            async with serving(application(lifespan=failing), "127.0.0.1", 0):
                pass

    asyncio.run(run())


def test_a_client_that_says_nothing_does_not_hold_up_the_end() -> None:
    async def run() -> None:
        async with serving(application(), "127.0.0.1", 0) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HT")
        writer.close()

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


def test_an_error_of_the_block_comes_out_as_it_is() -> None:
    async def run() -> None:
        with pytest.raises(KeyError):
            async with serving(application(), "127.0.0.1", 0):
                raise KeyError

    asyncio.run(run())


WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
PART = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"


@pytest.mark.parametrize(("part", "ending"), [(b"", b""), (b"GET / HT", b""), (PART, b""), (WHOLE + PART, b"all of it")])
def test_a_request_that_does_not_come_to_its_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, part: bytes, ending: bytes) -> None:
    monkeypatch.setattr(PatientProtocol, "request_s", 0.05)

    async def reading(request: Request) -> Response:
        await request.body()
        return PlainTextResponse("all of it")

    async def run() -> None:
        async with serving(Starlette(routes=[Route("/", reading, methods=["GET", "POST"])]), "127.0.0.1", 0) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(part)
            with contextlib.suppress(ConnectionResetError):
                assert (await asyncio.wait_for(reader.read(), PATIENCE_S)).endswith(ending)
            writer.close()
            assert (await get("127.0.0.1", port)).endswith(b"all of it")

    asyncio.run(run())


def test_an_answer_may_take_longer_than_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientProtocol, "request_s", 0.01)

    async def slow(_: Request) -> Response:
        await asyncio.sleep(0.1)            # the answer's own time: what is tested is that nobody cuts it short
        return PlainTextResponse("at last")

    async def run() -> None:
        async with serving(Starlette(routes=[Route("/", slow)]), "127.0.0.1", 0) as port:
            assert (await get("127.0.0.1", port)).endswith(b"at last")

    asyncio.run(run())
