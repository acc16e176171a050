"""A SIP agent on TCP or TLS: connections instead of a socket, the same words. (RFC 3261 §18)"""
import contextlib
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

from tests.patience import PATIENCE_S

from .agent import Agent
from .message import Address, Message

RESET = b"\1\0\0\0\0\0\0\0"             # SO_LINGER with no time: RST instead of FIN


class Connection:
    """One connection to the edge, or from it."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.peer: Address = stream.getpeername()[:2]
        self.local: Address = stream.getsockname()[:2]
        self.is_closed = False          # by the far end
        self.line_ends_count = 0        # pings and pongs (RFC 5626 §3.5.1)
        self._received = b""
        stream.setblocking(False)

    def read(self) -> list[bytes]:
        """Return the messages that are complete."""
        while not self.is_closed:
            try:
                octets = self.stream.recv(65_536)
            except (BlockingIOError, ssl.SSLWantReadError):
                break
            except OSError:             # reset, or TLS broken off
                octets = b""
            self.is_closed = not octets
            self._received += octets
        return list(self._cut())

    def write(self, octets: bytes) -> None:
        """Write all of it."""
        self.stream.settimeout(PATIENCE_S)
        self.stream.sendall(octets)
        self.stream.setblocking(False)

    def reset(self) -> None:
        """Break the connection."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.stream.close()

    def _cut(self) -> Iterator[bytes]:
        while True:
            while self._received.startswith(b"\r\n"):
                self.line_ends_count += 1
                self._received = self._received[2:]
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            found = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
            length = int(found.group(1)) if found else 0
            if len(rest) < length:
                return
            self._received = rest[length:]
            yield head + end + rest[:length]


class StreamAgent(Agent):
    """A caller, or with `is_listening` a far end. `calling` and `serving` make it TLS: contexts of connections to and from the edge."""

    def __init__(self, address: str, port: int, edge: Address, *, calling: ssl.SSLContext | None = None, serving: ssl.SSLContext | None = None,
                 is_listening: bool = False) -> None:
        self.transport = "TLS" if calling or serving else "TCP"
        self.calling = calling
        self.serving = serving
        self.is_listening = is_listening
        self.connections: list[Connection] = []
        self.refused_count = 0          # handshakes that came to nothing
        super().__init__(address, port, edge)

    def open(self, address: str, port: int) -> Address:
        """Listen, or connect to the edge; return where we are."""
        if not self.is_listening:
            self.host = address
            return self.connect(self.edge).local
        self.socket = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET, backlog=64)
        self.socket.setblocking(False)
        self.host, bound_port = self.socket.getsockname()[:2]
        return self.host, bound_port

    def close(self) -> None:
        for connection in self.connections:
            connection.stream.close()
        if self.is_listening:
            self.socket.close()

    def sockets(self) -> list[socket.socket]:
        """Return what becomes readable when something arrives."""
        return [*([self.socket] if self.is_listening else []), *(each.stream for each in self.open_connections())]

    def open_connections(self) -> list[Connection]:
        """Return the connections that neither side has closed."""
        return [each for each in self.connections if not each.is_closed and each.stream.fileno() >= 0]

    # ---------------------------------------------------------------------------------------- connections

    def connect(self, to: Address) -> Connection:
        """Connect to the edge."""
        stream = socket.create_connection(to, timeout=PATIENCE_S, source_address=(self.host, 0))
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.calling:
            stream = self.calling.wrap_socket(stream, server_hostname=to[0])
        self.connections.append(Connection(stream))
        return self.connections[-1]

    def accept(self) -> None:
        """Let in whoever waits to be let in."""
        while self.is_listening:
            try:
                stream = self.socket.accept()[0]
            except BlockingIOError:
                return
            try:
                if self.serving:
                    stream.settimeout(PATIENCE_S)
                    stream = self.serving.wrap_socket(stream, server_side=True)
                    stream.settimeout(PATIENCE_S)
                self.connections.append(Connection(stream))
            except OSError:
                self.refused_count += 1
                stream.close()

    def wait_until(self, holds: Callable[[], bool], timeout: float = PATIENCE_S) -> None:
        """Take in what arrives until the claim holds. Errors: AssertionError after `timeout`."""
        deadline = time.monotonic() + timeout
        self.drain()
        while not holds():
            left = deadline - time.monotonic()
            assert left > 0, f"{self.sent_by} waited {timeout} s in vain"
            select.select(self.sockets(), [], [], left)
            self.drain()

    @contextlib.contextmanager
    def attended(self, answer: bytes = b"") -> Iterator[None]:
        """Accept, and say `answer`, beside the test: a far end whose handshake fails while the test waits elsewhere."""
        done = threading.Event()

        def attend() -> None:
            while not done.is_set():
                select.select([self.socket], [], [], 0.02)
                known_count = len(self.connections)
                self.accept()
                for connection in self.connections[known_count:] if answer else []:
                    connection.write(answer)

        attendant = threading.Thread(target=attend)
        attendant.start()
        try:
            yield
        finally:
            done.set()
            attendant.join()

    # ---------------------------------------------------------------------------------------- messages

    def drain(self) -> list[Message]:
        """Take in what has arrived, and return what is there and was not waited for yet."""
        self.accept()
        for connection in self.open_connections():
            self.inbox += [Message(raw, connection.peer) for raw in connection.read()]
        return self.inbox

    def send(self, message: bytes, to: Address | None = None) -> Message:
        """Send bytes, by default to the edge, on the connection there is or a new one, and return them as a message."""
        wanted = to or self.edge
        connection = next((each for each in self.open_connections() if each.peer == wanted), None) or self.connect(wanted)
        connection.write(message)
        return Message(message, self.address)
