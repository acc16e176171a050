"""Knows every connection: finds it by flow or by the place it leads to, and hears what becomes of it."""
import asyncio
import contextlib
from collections.abc import Iterator

from hasip.transport.admission import Admission
from hasip.transport.connection import Connection
from hasip.transport.failures import FailureLog
from hasip.transport.prewarming import Prewarmer
from hasip.transport.reasons import Reason
from hasip.transport.settings import Place


class Directory:
    """The connections that messages can be given to, and the sockets that are not closed yet. It is the connections' Watcher."""

    def __init__(self, admission: Admission, prewarmer: Prewarmer, failures: FailureLog) -> None:
        self._admission = admission
        self._prewarmer = prewarmer
        self._failures = failures
        self._by_flow: dict[int, Connection] = {}
        self._by_place: dict[Place, Connection] = {}
        self._sockets: set[Connection] = set()
        self._all_closed = asyncio.Event()

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._by_flow.values()))

    def by_flow(self, flow: int) -> Connection | None:
        """Return the connection with a flow number."""
        return self._by_flow.get(flow)

    def at(self, place: Place) -> Connection | None:
        """Return the connection that leads to a place, open or being made; of several the newest."""
        return self._by_place.get(place)

    def add(self, connection: Connection) -> None:
        """Enter a connection."""
        self._by_flow[connection.flow] = connection
        self._by_place[connection.place] = connection

    async def close(self, within_s: float) -> None:
        """End every connection; what is written may leave within the time."""
        for connection in self:
            connection.end(Reason.STOPPED)
        await self._wait_closed(within_s)
        for connection in list(self._sockets):
            connection.abort()
        await self._wait_closed(within_s)

    async def _wait_closed(self, within_s: float) -> None:
        if self._sockets:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_closed.wait(), within_s)

    # What connections tell

    def opened(self, connection: Connection) -> None:
        """Note an open connection; one from outside is entered only now."""
        self._all_closed.clear()
        self._sockets.add(connection)
        self._prewarmer.opened(connection.place)
        if connection.is_outgoing:
            self._failures.succeeded(connection)
        else:
            self.add(connection)

    def ended(self, connection: Connection) -> None:
        """Take a connection out, and have it again if it is wanted."""
        self._by_flow.pop(connection.flow, None)
        if self._by_place.get(connection.place) is connection:
            del self._by_place[connection.place]
        self._prewarmer.ended(connection.place)

    def lost(self, connection: Connection) -> None:
        """Note that a socket is closed."""
        self._sockets.discard(connection)
        if not connection.is_outgoing:
            self._admission.leave(connection.address)
        if not self._sockets:
            self._all_closed.set()

    def is_wanted(self, place: Place) -> bool:
        """True when a place is to have a connection."""
        return self._prewarmer.is_wanted(place)
