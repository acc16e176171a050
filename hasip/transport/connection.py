"""One stream to one far end, from the decision to have it until its socket is closed."""
import asyncio
import random
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, cast

from hasip.transport.framing import Framer, FramingError, KeepAlive, MessageTooLarge
from hasip.transport.identity import certificate_names
from hasip.transport.reasons import Counters, Reason
from hasip.transport.returns import Returns
from hasip.transport.settings import Place, Seat, StreamSettings
from hasip.transport.unanswered import Unanswered, is_response

Receive = Callable[[bytes, int, str, int, int], None]

PING = b"\r\n\r\n"
PONG = b"\r\n"
PONG_APART_S = 1.0          # two CRLFs further apart than this are two pongs and no ping
LINGER_S = 2.0              # what is still to be written when we close may take so long
KEEP_ALIVE_SPREAD = 0.2


class Watcher(Protocol):
    """Who is told of a connection's life."""

    def opened(self, connection: "Connection") -> None:
        """Hear that messages can pass."""

    def ended(self, connection: "Connection") -> None:
        """Hear that no further message must be given to it. Comes once, also when it never opened."""

    def lost(self, connection: "Connection") -> None:
        """Hear that its socket is closed. Comes once, if it opened."""

    def is_wanted(self, place: Place) -> bool:
        """True when a connection to a place is to stay though nothing passes."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all connections share."""

    loop: asyncio.AbstractEventLoop
    settings: StreamSettings
    counters: Counters
    receive: Receive
    returns: Returns
    watcher: Watcher


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """What status shows of a connection."""

    flow: int
    seat: int
    transport: Literal["tcp", "tls"]
    address: str
    port: int
    direction: Literal["in", "out"]
    is_open: bool           # False: being connected
    since: float            # time.time()
    name: str               # in the far end's certificate, if that was verified
    unanswered: int         # requests that no response has come for


class Connection(asyncio.Protocol):
    """A connection: waits until it is made, carries messages, and gives back what it could not deliver.

    Owns: its transport from connection_made on, its timers, its waiting and unanswered messages. Threads: the loop's.
    """

    def __init__(self, surroundings: Surroundings, seat: Seat, address: str, port: int, flow: int, *, is_outgoing: bool, host_name: str = "") -> None:
        self.seat = seat
        self.address = address
        self.port = port
        self.flow = flow
        self.is_outgoing = is_outgoing
        self.host_name = host_name          # what an outgoing TLS connection's certificate is verified against
        self._around = surroundings
        self._since = time.time()
        self._transport: asyncio.Transport | None = None
        self._has_opened = False
        self._is_ended = False
        self._names: tuple[str, ...] = ()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._framer = Framer()
        self._unanswered = Unanswered(surroundings.settings.unanswered_max_count)
        self._last_traffic_s = self._last_received_s = self._message_since_s = surroundings.loop.time()
        self._timers: dict[Callable[[], None], asyncio.TimerHandle] = {}

    @property
    def place(self) -> Place:
        """Where it leads."""
        return self.seat.index, self.address, self.port

    @property
    def has_opened(self) -> bool:
        """True once it was open, also after its end."""
        return self._has_opened

    @property
    def is_open(self) -> bool:
        """True while messages can pass."""
        return self._transport is not None and not self._is_ended

    def is_proven(self, host_name: str) -> bool:
        """True when the far end has proved to be a host, by the certificate this connection was made with. Source: RFC 5923 §9.2."""
        return host_name == self.host_name if self.is_outgoing else host_name.lower() in self._names

    def status(self) -> ConnectionStatus:
        """Return what status shows."""
        return ConnectionStatus(self.flow, self.seat.index, self.seat.transport, self.address, self.port, "out" if self.is_outgoing else "in",
                                self.is_open, self._since, self._names[0] if self._names else "", len(self._unanswered))

    # Sending

    def send(self, message: bytes) -> None:
        """Send a message, or let it wait for the connection. What cannot be delivered is given back, now or later."""
        if self._is_ended:
            self._around.counters[Reason.DEAD_FLOW] += 1
            self._around.returns.undeliverable(message)
        elif self._transport is None:
            self._wait(message)
        else:
            self._transmit(message)

    def _wait(self, message: bytes) -> None:
        if self._waiting_bytes + len(message) > self._around.settings.waiting_max_bytes:
            self._around.counters[Reason.WAITING_FULL] += 1
            self._around.returns.undeliverable(message)
            return
        self._waiting.append(message)
        self._waiting_bytes += len(message)

    def _transmit(self, message: bytes) -> None:
        self._last_traffic_s = self._around.loop.time()
        if not is_response(message):
            self._unanswered.remember(message, self._last_traffic_s)
        self._write(message)

    def _write(self, octets: bytes) -> None:
        """Write, and end a connection whose far end does not read: what waits for it would grow without limit."""
        assert self._transport is not None
        self._transport.write(octets)
        if self._transport.get_write_buffer_size() > self._around.settings.backlog_max_bytes:
            self.end(Reason.BACKLOG, at_once=True)

    # The life of the stream, as the loop tells it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: TCP is connected and, with TLS, the handshake done."""
        stream = cast(asyncio.Transport, transport)
        if self._is_ended:
            stream.abort()
            return
        self._transport = stream
        self._has_opened = True
        self._names = certificate_names(stream.get_extra_info("peercert"))
        self._last_traffic_s = self._last_received_s = self._around.loop.time()
        self._around.watcher.opened(self)
        self._set_timer(self._watch_idle, self._around.settings.idle_s)
        if self.is_outgoing and self._around.settings.keep_alive:
            self._set_timer(self._ping, self._keep_alive_s())
        while self._waiting and not self._is_ended:
            self._transmit(self._waiting.popleft())

    def data_received(self, data: bytes) -> None:
        """Take what came in apart, and pass the messages on."""
        if self._is_ended:
            return
        now_s = self._around.loop.time()
        if now_s - self._last_received_s > PONG_APART_S:
            self._framer.forget_line_end()
        self._last_received_s = now_s
        if not self._framer.is_inside_message:
            self._message_since_s = now_s
        try:
            self._take(data)
        except FramingError as error:
            self.end(Reason.OVERSIZED if isinstance(error, MessageTooLarge) else Reason.MALFORMED, at_once=True)
            return
        if self._framer.is_inside_message and not self._is_ended and self._watch_message not in self._timers:
            self._set_timer(self._watch_message, self._around.settings.message_timeout_s)

    def _take(self, received: bytes) -> None:
        """Act on what is complete. Errors: FramingError."""
        pings_count = 0
        for item in self._framer.feed(received):
            self._last_traffic_s = self._message_since_s = self._last_received_s
            if isinstance(item, KeepAlive):
                pings_count += 1
            else:
                self._receive(item)
            if self._is_ended:
                return
        if pings_count:
            self._write(PONG * pings_count)     # in one go: a read full of pings must not cost as many system calls

    def _receive(self, message: bytes) -> None:
        if is_response(message):
            self._unanswered.settle(message)
        self._around.receive(message, self.seat.index, self.address, self.port, self.flow)

    def eof_received(self) -> None:
        """End: a far end that says no more can answer nothing."""
        self.end(Reason.CLOSED_BY_FAR_END)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        if not self._is_ended:
            self.end(reason_lost(exc), at_once=True)
        self._cancel_timers()
        if self._transport is not None:
            self._transport = None
            self._around.watcher.lost(self)

    def end(self, reason: Reason, *, at_once: bool = False) -> None:
        """Take no more messages, give back the undelivered, and close; what is written still leaves, unless it must end at once."""
        if self._is_ended:
            return
        self._is_ended = True
        self._around.counters[reason] += 1
        self._cancel_timers()
        # First out of every table, then giving back: whoever gets a request back may send it again within the call.
        self._around.watcher.ended(self)
        if self._transport is not None:
            self._close(self._transport, at_once)
        for message in [*self._unanswered.take(self._around.loop.time()), *self._waiting]:
            self._around.returns.undeliverable(message)
        self._waiting.clear()

    def abandon(self) -> None:
        """Let go of a transport that tells nothing any more: uvloop closes it without a word when who made it is cancelled as it opens."""
        if self._transport is not None:
            self.connection_lost(None)

    def abort(self) -> None:
        """Close at once, if it is not closed yet."""
        if self._transport is not None:
            self._transport.abort()

    def _close(self, transport: asyncio.Transport, at_once: bool) -> None:
        if at_once:
            transport.abort()
        else:
            transport.close()
            self._set_timer(transport.abort, LINGER_S)

    # Timers

    def _watch_idle(self) -> None:
        """End when nothing has passed for too long; else look again when that could be."""
        left_s = self._last_traffic_s + self._around.settings.idle_s - self._around.loop.time()
        if left_s > 0:
            self._set_timer(self._watch_idle, left_s)
        elif self.is_outgoing and self._around.watcher.is_wanted(self.place):
            self._set_timer(self._watch_idle, self._around.settings.idle_s)
        else:
            self.end(Reason.IDLE)

    def _watch_message(self) -> None:
        """End when a message takes too long to come in. One timer serves for many messages: it is not cancelled when one ends."""
        left_s = self._message_since_s + self._around.settings.message_timeout_s - self._around.loop.time()
        if not self._framer.is_inside_message:
            del self._timers[self._watch_message]
        elif left_s > 0:
            self._set_timer(self._watch_message, left_s)
        else:
            self.end(Reason.SLOW_MESSAGE, at_once=True)

    def _ping(self) -> None:
        """Keep the way open. A ping is no traffic: a connection that only pings is idle."""
        self._set_timer(self._ping, self._keep_alive_s())
        self._write(PING)

    def _keep_alive_s(self) -> float:
        return self._around.settings.keep_alive_s * random.uniform(1 - KEEP_ALIVE_SPREAD, 1 + KEEP_ALIVE_SPREAD)

    def _set_timer(self, action: Callable[[], None], delay_s: float) -> None:
        self._timers[action] = self._around.loop.call_later(delay_s, action)

    def _cancel_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()


def reason_lost(error: Exception | None) -> Reason:
    """Return why a connection was lost, by what the loop says."""
    if error is None:
        return Reason.CLOSED_BY_FAR_END
    return Reason.TLS_BROKEN if isinstance(error, ssl.SSLError) else Reason.RESET
