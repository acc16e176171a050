"""Far ends: servers and clients that do as a test says."""
import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Self, cast

from hasip.transport.framing import Framer, KeepAlive


class Peer:
    """One connection, seen from the far end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.port: int = writer.get_extra_info("sockname")[1]
        self._framer = Framer()
        self._items: list[bytes | KeepAlive] = []

    async def message(self) -> bytes | KeepAlive:
        """Return the next message, or ping."""
        while not self._items:
            received = await self.reader.read(65_536)
            assert received, "the connection was closed where a message was expected"
            self._items.extend(self._framer.feed(received))
        return self._items.pop(0)

    def write(self, octets: bytes) -> None:
        """Write."""
        self.writer.write(octets)

    def stop_reading(self) -> None:
        """Read nothing any more; the kernel takes little on its own."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        cast(asyncio.Transport, self.writer.transport).pause_reading()

    def reset(self) -> None:
        """Break the connection: RST instead of FIN."""
        stream = self.writer.get_extra_info("socket")
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.writer.transport.abort()

    async def until_closed(self) -> bytes:
        """Wait until the other side has closed, and return what came before."""
        rest = b""
        try:
            while received := await self.reader.read(65_536):
                rest += received
        except (ConnectionError, ssl.SSLError):
            pass
        return rest

    async def close(self) -> None:
        """Close."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass


class FarEnd:
    """A server whose connections wait in a queue."""

    def __init__(self) -> None:
        self.peers: asyncio.Queue[Peer] = asyncio.Queue()
        self._all: list[Peer] = []
        self.port = 0

    async def start(self, context: ssl.SSLContext | None, port: int) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Close the listener and every connection."""
        self._server.close()
        for peer in self._all:
            peer.writer.transport.abort()
            await peer.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        self._all.append(peer)
        self.peers.put_nowait(peer)


@asynccontextmanager
async def far_end(context: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[FarEnd]:
    """Run a server."""
    server = await FarEnd().start(context, port)
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def client(port: int, context: ssl.SSLContext | None = None, host_name: str | None = None) -> AsyncIterator[Peer]:
    """Connect to a port."""
    peer = Peer(*await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host_name))
    try:
        yield peer
    finally:
        await peer.close()


@contextmanager
def black_hole() -> Iterator[int]:
    """Yield a port where nobody answers: its listener's backlog is full, and further requests are dropped."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        try:
            yield port
        finally:
            for filler in fillers:
                filler.close()


@contextmanager
def unused_port() -> Iterator[int]:
    """Yield a port that refuses."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
