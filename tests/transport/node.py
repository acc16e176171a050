"""Streams with somebody who listens to them."""
import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from hasip.transport import Seat, Streams, StreamSettings
from tests.patience import until

TCP = Seat(0, "tcp", "127.0.0.1", 0)
QUIET = StreamSettings(keep_alive=False)


@dataclass(frozen=True, slots=True)
class Received:
    """A message that came in, with where from."""

    message: bytes
    seat: int
    address: str
    port: int
    flow: int


class Node:
    """Running streams: what they received, and what they gave back, can be awaited."""

    def __init__(self, seats: tuple[Seat, ...], settings: StreamSettings, names: Mapping[tuple[str, int], str]) -> None:
        self.received: asyncio.Queue[Received] = asyncio.Queue()
        self.given_back: asyncio.Queue[bytes] = asyncio.Queue()
        self.unreachable: list[tuple[str, int]] = []
        self.streams = Streams(seats, settings, self._receive, self.given_back.put_nowait, lambda *place: self.unreachable.append(place))
        self.streams.set_names(names)

    @property
    def port(self) -> int:
        """The port of the first seat."""
        return self.streams.ports[0]

    def send(self, message: bytes, port: int, *, seat: int = 0, flow: int = 0) -> None:
        """Send to a port of this machine."""
        self.streams.send(message, seat, "127.0.0.1", port, flow)

    def counted(self) -> dict[str, int]:
        """Return the counters that are not 0."""
        return {reason: count for reason, count in self.streams.counters.items() if count}

    async def until(self, reason: str, count: int = 1) -> None:
        """Wait until something was counted."""
        await until(lambda: self.streams.counters[reason] >= count)

    async def until_connections(self, count: int) -> None:
        """Wait until so many connections are open."""
        await until(lambda: sum(connection.is_open for connection in self.streams.connections()) == count)

    def _receive(self, message: bytes, seat: int, address: str, port: int, flow: int) -> None:
        self.received.put_nowait(Received(message, seat, address, port, flow))


@asynccontextmanager
async def node(*seats: Seat, settings: StreamSettings = QUIET, names: Mapping[tuple[str, int], str] | None = None) -> AsyncIterator[Node]:
    """Run streams; one TCP seat if none is given."""
    running = Node(seats or (TCP,), settings, names or {})
    async with running.streams:
        yield running
