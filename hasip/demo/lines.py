"""How the people of the demo are reached: at a UDP port, or by a TLS connection that they made to the router."""
import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

from hasip.transport.framing import Framer, KeepAlive

Address = tuple[str, int]
Receive = Callable[[bytes, Address], None]

BUFFER_BYTES = 4_000_000
READ_BYTES = 65_536


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
        """Bind the port."""
        self._receive = receive
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        bound.bind(self.address)
        bound.setblocking(False)
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


class TlsLine(asyncio.Protocol):
    """A TLS connection to the router. Everything goes there, whatever address it is meant for."""

    transport = "TLS"

    def __init__(self, host: str, router: Address, context: ssl.SSLContext) -> None:
        self.address: Address = (host, 0)
        self._router = router
        self._context = context
        self._framer = Framer()
        self._connection: asyncio.Transport | None = None

    async def open(self, receive: Receive) -> None:
        """Connect, and see that the certificate is the router's. Errors: OSError."""
        self._receive = receive
        self._connection, _ = await asyncio.get_running_loop().create_connection(
            lambda: self, *self._router, ssl=self._context, server_hostname=self._router[0], local_addr=self.address)
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
