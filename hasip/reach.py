"""How targets are reached that are no UDP address: streams for TCP and TLS, the resolver for names. (Part of the composition root.)"""
import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import structlog

from hasip.background import beside
from hasip.bridge.exchange import Exchange
from hasip.bridge.publish import ANY_SEAT
from hasip.bridge.router import Router
from hasip.domain.node import Listener, Node, way_out
from hasip.domain.trunk import Provisioning, Target, Zone
from hasip.resolver import Resolver
from hasip.transport import Seat, Streams, StreamSettings

NAMES_AT_START_S = 4.0          # how long the start waits for names to be looked up
PREWARMED_MAX = 1000            # connections that are kept open ahead of calls

log = structlog.get_logger("hasip", area="transport")


class Reach:
    """Streams and names of one node. Owns: connections, the resolver's task. Threads: the loop's."""

    def __init__(self, node: Node, router: Router) -> None:
        """Read the certificates. Errors: CredentialsError."""
        self._node = node
        self._changed = asyncio.Event()
        self._targets: list[Target] = []                # of the world to come, or that there is: those that are no UDP address;
        self._zones: list[Zone] = []                    # …and zones like that
        self._exchange = Exchange(router)
        self._resolver = Resolver(node.dns_servers or None, self._changed.set)
        self._streams = Streams(
            [stream_seat(index, seat) for index, seat in enumerate(node.seats) if seat.transport != "udp"],
            StreamSettings(ca=node.tls.ca, verify=node.tls.verify, certificate=node.tls.certificate, key=node.tls.key),
            self._exchange.receive, self._exchange.give_back, self._resolver.note_failure)

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator["Reach"]:
        """Listen, and keep names fresh, until the block ends. Errors: OSError, which names the listener."""
        async with self._streams, beside(self._resolver.run()):
            self._exchange.open(self._streams.send)
            try:
                yield self
            finally:
                self._exchange.close()

    async def learn(self, provisioning: Provisioning) -> None:
        """Look up the names of targets before they are published for the first time; a resolver that is away holds nothing up for long."""
        self.watch(provisioning)
        if any(target.ip is None for target in self._every_target()):
            await self._resolver.settle(NAMES_AT_START_S)

    def watch(self, *worlds: Provisioning) -> None:
        """Keep the names of these worlds' targets fresh, and no others."""
        self._targets = [target for world in worlds for target in world.targets if target.transport != "udp" or target.ip is None]
        self._zones = [zone for world in worlds for zone in world.zones if zone.target.transport != "udp" or zone.target.ip is None]
        self._resolver.watch((target.host, target.port, target.transport) for target in self._every_target() if target.ip is None)

    def locate(self, target: Target) -> Sequence[Target]:
        """Return where a target is, by address, in the order to try."""
        if target.ip is not None:
            return (target,)
        return [Target(place.address, place.port, target.transport) for place in self._resolver.places(target.host, target.port, target.transport)]

    def prepare(self, seat_of: Callable[[Zone], int | None]) -> None:
        """Have connections ready for TCP and TLS targets, and know which name a certificate has to show. seat_of: the way to a zone, ANY_SEAT or none."""
        streamed = [target for target in self._every_target() if target.transport != "udp"]
        self._streams.set_names({(place.host, place.port): target.host for target in streamed if target.ip is None for place in self.locate(target)})
        places = dict.fromkeys(place for target in self._targets if target.transport != "udp" for place in self._stream_places(target))
        for zone in self._zones:
            if zone.target.transport != "udp" and (seat := seat_of(zone)) is not None:
                places |= dict.fromkeys(self._stream_places(zone.target, seat))
        if len(places) > PREWARMED_MAX:
            log.warning("connections to some targets are only made when they are called", prewarmed=PREWARMED_MAX, targets=len(places))
        self._streams.prewarm(list(places)[:PREWARMED_MAX])

    async def names_changed(self) -> None:
        """Wait until a name leads somewhere else than before."""
        await self._changed.wait()
        self._changed.clear()

    def reload(self) -> None:
        """Read the certificates again, for connections to come. Errors: CredentialsError; the old ones stay then."""
        self._streams.reload()

    def open_flows(self) -> set[int]:
        """Return the connections there are, by flow."""
        return {connection.flow for connection in self._streams.connections()}

    def status(self) -> dict[str, Any]:
        """Return what `hasip status` says of streams and names."""
        connections = self._streams.connections()
        return {
            "connections": {transport: sum(each.transport == transport for each in connections) for transport in ("tcp", "tls")},
            "streams": {str(reason): count for reason, count in self._streams.counters.items() if count} | (
                {"ring_full": self._exchange.dropped} if self._exchange.dropped else {}),
            "names": self._resolver.status(),
        }

    def add_seat(self, index: int, seat: Listener) -> None:
        """Let connections be made from one more place."""
        self._streams.add_seat(stream_seat(index, seat))

    def renew_seat(self, index: int) -> None:
        """Let a seat's connections be made by the interface that has its name now. Errors: OSError."""
        self._streams.renew_seat(index)

    def _every_target(self) -> Iterator[Target]:
        """Yield what is no UDP address, zones too."""
        yield from self._targets
        yield from (zone.target for zone in self._zones)

    def _stream_places(self, target: Target, seat: int = ANY_SEAT) -> Iterator[tuple[int, str, int]]:
        for place in self.locate(target):
            if seat != ANY_SEAT:
                yield seat, place.host, place.port
                continue
            if (index := way_out(self._node.seats, target.transport, ":" in place.host)) is not None:
                yield index, place.host, place.port


def stream_seat(index: int, listener: Listener) -> Seat:
    """Return a listener as the transport's."""
    assert listener.transport != "udp"
    return Seat(index, listener.transport, listener.address, listener.port, listener.interface, listener.certificate, listener.key,
                listener.client_ca, listener.is_listening)
