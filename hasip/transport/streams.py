"""TCP and TLS for the data plane: messages in, messages out, and requests back that could not be delivered.

Everything runs on the loop's thread, and nothing in the way of a message waits: what cannot be done at once is a connection's own affair. Source: RFC 3261
§18, RFC 5923 (reuse), RFC 5626 (flows, keep-alive), RFC 5922 (whose certificate it is).
"""
import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from hasip.transport.accepting import Listener
from hasip.transport.admission import Admission
from hasip.transport.connecting import ConnectError, connect, welcome
from hasip.transport.connection import Connection, ConnectionStatus, Receive, Surroundings
from hasip.transport.credentials import read_credentials
from hasip.transport.directory import Directory
from hasip.transport.failures import FailureLog
from hasip.transport.flows import FlowNumbers
from hasip.transport.prewarming import Prewarmer
from hasip.transport.reasons import Counters, Reason, fresh_counters
from hasip.transport.returns import GiveBack, Returns
from hasip.transport.settings import Place, Seat, StreamSettings
from hasip.transport.sockets import numeric

STOP_S = 1.0                # for what is written when we stop


class Streams:
    """The streams of a node: `async with` listens, and closes everything at its end.

    Owns: listeners, connections, tasks. Threads: the loop's; `receive` and `give_back` are called there, also from within `send`; and `unreachable`, with
    address and port, when no connection could be made.
    """

    def __init__(self, seats: Iterable[Seat], settings: StreamSettings, receive: Receive, give_back: GiveBack,
                 unreachable: Callable[[str, int], None] = lambda address, port: None) -> None:
        """Read the certificates, and open nothing yet. Errors: CredentialsError."""
        self.counters: Counters = fresh_counters()
        self._seats = {seat.index: seat for seat in seats}
        self._settings = settings
        self._receive = receive
        self._unreachable = unreachable
        self._returns = Returns(give_back, self.counters)
        self._credentials = read_credentials(self._seats.values(), settings)
        self._names: dict[tuple[str, int], str] = {}
        self._flows = FlowNumbers()
        self._admission = Admission(settings.connections_max, settings.connections_per_source_max)
        self._failures = FailureLog()
        self._prewarmer = Prewarmer(self._connection_to)
        self._directory = Directory(self._admission, self._prewarmer, self._failures)
        self._listeners: dict[int, Listener] = {}
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_running = False

    async def __aenter__(self) -> Self:
        """Listen. Errors: OSError, which names the seat."""
        self._loop = asyncio.get_running_loop()
        self._surroundings = Surroundings(self._loop, self._settings, self.counters, self._receive, self._returns, self._directory)
        try:
            for seat in self._seats.values():
                if seat.is_listening:
                    self._listeners[seat.index] = Listener(seat, self._settings.unacknowledged_ms, self._arrived, self.counters)
        except OSError:
            self._close_listeners()
            raise
        await self._group.__aenter__()
        self._is_running = True
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close everything; what is written may leave within a second, and nothing is given back any more."""
        self._is_running = False
        self._returns.stop()
        self._close_listeners()
        self._prewarmer.want(())
        await asyncio.sleep(0)      # every task has begun then, and owns its socket
        for task in self._tasks:
            task.cancel()
        await self._directory.close(STOP_S)
        # The group is told of a cancellation, which may be its own doing; any other error of the block is no task's, and stays as it is.
        is_cancelled = isinstance(error, asyncio.CancelledError)
        await self._group.__aexit__(*((kind, error, trace) if is_cancelled else (None, None, None)))

    @property
    def ports(self) -> dict[int, int]:
        """The port of every listening seat, by its index."""
        return {index: listener.port for index, listener in self._listeners.items()}

    def send(self, message: bytes, seat: int, address: str, port: int, flow: int) -> None:
        """Send on a flow or, with 0, on any connection to a far end, made if need be. Never waits; what cannot be delivered is given back."""
        connection = self._directory.by_flow(flow) if flow else self._connection_to((seat, address, port))
        if connection is None:
            self.counters[Reason.DEAD_FLOW] += 1
            self._returns.undeliverable(message)
        else:
            connection.send(message)

    def add_seat(self, seat: Seat) -> None:
        """Let connections be made from one more seat, which nobody listens on. Errors: CredentialsError."""
        self._credentials = read_credentials((*self._seats.values(), seat), self._settings)
        self._seats[seat.index] = seat

    def renew_seat(self, index: int) -> None:
        """A seat's interface was made anew: bind to the new one, and let go of connections that are bound to the old. Errors: OSError, KeyError."""
        if (listener := self._listeners.pop(index, None)) is not None:
            listener.close()
        if self._seats[index].is_listening:
            self._listeners[index] = Listener(self._seats[index], self._settings.unacknowledged_ms, self._arrived, self.counters)
        for connection in self._directory:
            if connection.seat.index == index:
                connection.end(Reason.INTERFACE_REPLACED, at_once=True)

    def set_names(self, names: Mapping[tuple[str, int], str]) -> None:
        """Say which host name is expected at (address, port) with TLS; elsewhere the address itself is. Errors: ValueError for an address that is none."""
        self._names = {(numeric(address), port): name for (address, port), name in names.items()}

    def prewarm(self, places: Iterable[Place]) -> None:
        """Keep connections open to these places, and to no others. Errors: ValueError for an address that is none, KeyError for an unknown seat."""
        self._prewarmer.want([(self._seats[seat].index, numeric(address), port) for seat, address, port in places])

    def reload(self) -> None:
        """Read the certificate files again, for connections to come. Errors: CredentialsError; nothing has changed then."""
        self._credentials = read_credentials(self._seats.values(), self._settings)

    def connections(self) -> list[ConnectionStatus]:
        """Return every connection, the oldest first."""
        return [connection.status() for connection in self._directory]

    # Outwards

    def _connection_to(self, place: Place) -> Connection | None:
        """Return the connection to a place, made if there is none that has proved to lead there; None when we do not run."""
        if not self._is_running:
            return None
        index, address, port = place
        seat = self._seats[index]
        host_name = self._names.get((address, port), address) if seat.transport == "tls" else ""
        connection = self._directory.at(place)
        if connection is not None and (not host_name or connection.is_proven(host_name)):
            return connection
        connection = Connection(self._surroundings, seat, address, port, self._flows.take(), is_outgoing=True, host_name=host_name)
        self._directory.add(connection)
        self._start(self._connect(connection))
        return connection

    async def _connect(self, connection: Connection) -> None:
        try:
            await connect(connection, self._credentials.outbound.get(connection.seat.index), self._settings)
        except ConnectError as error:
            self._failures.failed(connection, error, self._loop.time())
            self._unreachable(connection.address, connection.port)
            connection.end(error.reason)

    # Inwards

    def _arrived(self, seat: Seat, stream: socket.socket, address: str, port: int) -> None:
        """Let a connection from outside in, or close it."""
        if reason := self._admission.refusal(address):
            self.counters[reason] += 1
            stream.close()
            return
        self._admission.enter(address)
        connection = Connection(self._surroundings, seat, address, port, self._flows.take(), is_outgoing=False)
        self._start(self._welcome(connection, stream))

    async def _welcome(self, connection: Connection, stream: socket.socket) -> None:
        try:
            await welcome(connection, stream, self._credentials.inbound.get(connection.seat.index), self._settings)
        except ConnectError as error:
            self.counters[error.reason] += 1
        finally:
            if not connection.has_opened:
                self._admission.leave(connection.address)

    # Both

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _close_listeners(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        self._listeners.clear()
