"""Accepts connections. uvloop's own servers make a transport, and begin TLS, before anybody can say no; here the caller sees the address first."""
import asyncio
import socket
from collections.abc import Callable

from hasip.transport.reasons import Counters, Reason
from hasip.transport.settings import Seat
from hasip.transport.sockets import listening_socket, numeric

ACCEPT_BATCH = 64           # of one listener, before others have their turn
OUT_OF_FILES_PAUSE_S = 1.0

Arrival = Callable[[Seat, socket.socket, str, int], None]


class Listener:
    """The listening socket of a seat. Owns: the socket; an accepted one belongs to who is told of it."""

    def __init__(self, seat: Seat, unacknowledged_ms: int, arrived: Arrival, counters: Counters) -> None:
        """Bind and listen. Errors: OSError."""
        self._seat = seat
        self._arrived = arrived
        self._counters = counters
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._socket = listening_socket(seat, unacknowledged_ms)
        self._loop.add_reader(self._socket, self._accept)

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._socket.getsockname()[1]
        return port

    def close(self) -> None:
        """Stop listening."""
        if self._pause:
            self._pause.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _accept(self) -> None:
        for _ in range(ACCEPT_BATCH):
            try:
                stream, (address, port, *_) = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:
                # The listener stays readable: without a pause it would take all the time there is.
                self._counters[Reason.INBOUND_OUT_OF_FILES] += 1
                self._loop.remove_reader(self._socket)
                self._pause = self._loop.call_later(OUT_OF_FILES_PAUSE_S, self._loop.add_reader, self._socket, self._accept)
                return
            stream.setblocking(False)
            self._arrived(self._seat, stream, numeric(address), port)
