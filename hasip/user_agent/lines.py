"""How user agents are reached: at a UDP port, by a connection that they made to the router, or at a port that the router connects to."""
import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Protocol, cast

from hasip.transport.framing import Framer, KeepAlive

Address = tuple[str, int]
Receive = Callable[[bytes, Address], None]

BUFFER_BYTES = 4_000_000


def host_text(address: Address) -> str:
    """Return a host as a URI has it: IPv6 in brackets."""
    return f"[{address[0]}]" if ":" in address[0] else address[0]


def host_port(address: Address) -> str:
    """Return host and port as a URI has them."""
    return f"{host_text(address)}:{address[1]}"


class Line(Protocol):
    """A way to send and to be sent to."""

    transport: str
    address: Address

    async def open(self, receive: Receive) -> None:
        """Hand what comes to `receive` from now on."""

    def close(self) -> None:
        """Be out of reach."""

    def send(self, message: bytes, to: Address) -> None:
        """Send one message."""


class UdpLine(asyncio.DatagramProtocol):
    """A UDP port."""

    transport = "UDP"

    def __init__(self, address: str, port: int) -> None:
        self.address: Address = (address, port)
        self._socket: asyncio.DatagramTransport | None = None

    async def open(self, receive: Receive) -> None:
        """Bind the port. Errors: OSError."""
        self._receive = receive
        bound = socket.socket(socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET, socket.SOCK_DGRAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        bound.setblocking(False)
        try:
            bound.bind(self.address)
        except OSError:
            bound.close()
            raise
        self._socket, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=bound)

    def close(self) -> None:
        """Close the port: whoever sends here gets an ICMP error from now on."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def send(self, message: bytes, to: Address) -> None:
        """Send a datagram."""
        if self._socket:
            self._socket.sendto(message, to)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Hand a datagram on."""
        self._receive(data, addr)


class StreamLine(asyncio.Protocol):
    """A connection to the router, TLS where there is a context. Everything goes there, whatever address it is meant for."""

    def __init__(self, host: str, router: Address, context: ssl.SSLContext | None = None) -> None:
        self.transport = "TLS" if context else "TCP"
        self.address: Address = (host, 0)
        self._router = router
        self._context = context
        self._framer = Framer()
        self._connection: asyncio.Transport | None = None

    async def open(self, receive: Receive) -> None:
        """Connect, and see that the certificate is the router's. Errors: OSError."""
        self._receive = receive
        self._connection, _ = await asyncio.get_running_loop().create_connection(
            lambda: self, *self._router, ssl=self._context, server_hostname=self._router[0] if self._context else None, local_addr=self.address)
        self.address = self._connection.get_extra_info("sockname")[:2]

    def close(self) -> None:
        """Break the connection off."""
        if self._connection:
            self._connection.abort()
            self._connection = None

    def send(self, message: bytes, to: Address) -> None:
        """Send on the connection."""
        if self._connection:
            self._connection.write(message)

    def data_received(self, data: bytes) -> None:
        """Hand each message on that is complete."""
        for item in self._framer.feed(data):
            if not isinstance(item, KeepAlive):
                self._receive(item, self._router)


class ListeningLine:
    """A port that the router connects to, TLS where there is a context. Each answer goes by the connection its request came on."""

    def __init__(self, address: str, port: int, context: ssl.SSLContext | None = None) -> None:
        self.transport = "TLS" if context else "TCP"
        self.address: Address = (address, port)
        self._context = context
        self._server: asyncio.Server | None = None
        self.connections: dict[Address, asyncio.Transport] = {}         # by the router's end

    async def open(self, receive: Receive) -> None:
        """Listen. Errors: OSError."""
        self.receive = receive
        self._server = await asyncio.get_running_loop().create_server(lambda: AcceptedConnection(self), *self.address, ssl=self._context)

    def close(self) -> None:
        """Break every connection off, and listen no more."""
        if self._server:
            self._server.close()
            self._server = None
        for connection in self.connections.values():
            connection.abort()

    def send(self, message: bytes, to: Address) -> None:
        """Send on the connection that leads there, if it is still open."""
        if connection := self.connections.get(to):
            connection.write(message)


class AcceptedConnection(asyncio.Protocol):
    """One connection of a listening line."""

    def __init__(self, line: ListeningLine) -> None:
        self._line = line
        self._framer = Framer()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note where it leads."""
        self._connection = cast(asyncio.Transport, transport)
        self._source: Address = transport.get_extra_info("peername")[:2]
        self._line.connections[self._source] = self._connection

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._line.connections.pop(self._source, None)

    def data_received(self, data: bytes) -> None:
        """Hand each message on that is complete; a ping gets its pong (RFC 5626 §4.4.1)."""
        for item in self._framer.feed(data):
            if isinstance(item, KeepAlive):
                self._connection.write(b"\r\n")
            else:
                self._line.receive(item, self._source)
