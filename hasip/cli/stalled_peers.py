"""TLS peers that connect, ask, and never read an answer: what waits for them must delay nobody else."""
import contextlib
import select
import socket
import ssl
import time
from collections.abc import Iterator

from hasip.transport.contexts import client_context
from hasip.user_agent.lines import Address, host_port

REQUESTS = 1000                     # of each peer: more answers than the kernel takes for one that does not read, fewer than end a connection
RECEIVE_BUFFER_BYTES = 4096
SEGMENT_BYTES = 536                 # small ones, so that the router's kernel keeps little for us and the rest waits in the router
TIMEOUT_S = 20.0


class NotStalled(Exception):
    """The peers could not be brought to where they should be."""


class StalledPeers:
    """So many connections. Owns: their sockets."""

    def __init__(self, count: int, host: str, router: Address) -> None:
        """Connect, and ask. Errors: NotStalled."""
        self._context = client_context(verify=False)
        self._host = host
        self._router = router
        self._streams: list[ssl.SSLSocket] = []
        try:
            for _ in range(count):
                self._streams.append(self._connect())
            for stream in self._streams:
                stream.sendall(b"".join(self._request(stream, number) for number in range(REQUESTS)))
            if count:
                self._wait_until_answered()
        except OSError as error:
            self.close()
            raise NotStalled(f"stalled peers at {host_port(router)}: {error}") from None

    def count_open(self) -> int:
        """Return how many connections the router has not closed."""
        looked_at = select.poll()
        for stream in self._streams:
            looked_at.register(stream, 0)
        return len(self._streams) - sum(bool(event & (select.POLLHUP | select.POLLERR)) for _, event in looked_at.poll(0))

    def close(self) -> None:
        """Break the connections off."""
        for stream in self._streams:
            stream.close()

    def _connect(self) -> ssl.SSLSocket:
        stream = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        stream.settimeout(TIMEOUT_S)
        try:
            stream.bind((self._host, 0))
            stream.connect(self._router)
            return self._context.wrap_socket(stream, server_hostname=self._router[0])
        except OSError:
            stream.close()
            raise

    def _request(self, stream: ssl.SSLSocket, number: int) -> bytes:
        """Return an OPTIONS to the router itself (RFC 3261 §11)."""
        here, router = host_port(stream.getsockname()), host_port(self._router)
        return (f"OPTIONS sip:{router} SIP/2.0\r\nVia: SIP/2.0/TLS {here};branch=z9hG4bKstalled-{number}-{time.monotonic_ns()};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:stalled@{here}>;tag={number}\r\nTo: <sip:{router}>\r\nCall-ID: {number}@{here}\r\n"
                f"CSeq: {number + 1} OPTIONS\r\nContent-Length: 0\r\n\r\n").encode()

    def _wait_until_answered(self) -> None:
        """Ask as one more peer, who does read: what was asked before has been dealt with then. Errors: OSError."""
        with self._connect() as reader:
            reader.sendall(self._request(reader, 0))
            if not reader.recv(65_536).startswith(b"SIP/2.0 "):
                raise ConnectionError("no answer to OPTIONS")


@contextlib.contextmanager
def stalled_peers(count: int, host: str, router: Address) -> Iterator[StalledPeers]:
    """Have so many stalled peers for as long as the block lasts. Errors: NotStalled."""
    peers = StalledPeers(count, host, router)
    try:
        yield peers
    finally:
        peers.close()
