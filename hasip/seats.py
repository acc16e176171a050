"""Seats: the places by which legs on a network interface are reached, each bound to it and to an address there. (Part of the composition root.)

A seat's index and port last as long as the state directory: calls that are up keep their way over a restart.
"""
import errno
from collections.abc import Callable
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv6Address

import structlog

from hasip.bridge.router import Router
from hasip.domain.node import OUTGOING_PORTS, Listener, Node, Transport
from hasip.network import Link
from hasip.state_file import read_state, write_state

PORTS_TRIED = 16
NOT_BOUND = -1
ANYWHERE = ("0.0.0.0", "::")

log = structlog.get_logger("hasip", area="network")


@dataclass(slots=True)
class Place:
    """One seat beside the node's own."""

    transport: Transport
    interface: str
    address: str
    port: int


class Seats:
    """The node's seats and those made for interfaces. Threads: the loop's."""

    def __init__(self, node: Node, router: Router, add_to_streams: Callable[[int, Listener], None],
                 renew_streams: Callable[[int], None]) -> None:
        self._own = node.seats                      # made once: each way that is looked for asks
        self._node = node
        self._router = router
        self._add_to_streams = add_to_streams
        self._renew_streams = renew_streams
        self._file = node.state_dir / "seats.json"
        self._places: list[Place] = []              # behind the node's own seats, in the data plane's order
        self._bound: dict[int, int] = {}            # index of a seat → of the interface its socket is bound to

    def restore(self) -> None:
        """Before anything is published: have the seats of the last run again, under the same index and port."""
        for entry in read_state(self._file):
            self._add(Place(**entry), is_bound=False)

    def find(self, transport: Transport, link: Link, source: IPv4Address | IPv6Address) -> int:
        """Return the seat on an interface with this source address, bound to the interface as it is now. Errors: OSError, ValueError for one too many."""
        index = self._own_seat(transport, link.name, source)
        if index is None:
            index = self._made_seat(transport, link.name, source)
        if index is None:
            index = self._open(transport, link.name, source)
        if self._bound.setdefault(index, link.index) != link.index:
            self._renew(transport, index)
        self._bound[index] = link.index
        return index

    def any_seat(self, transport: Transport, is_ipv6: bool) -> int | None:
        """Return the node's first seat that reaches such an address; None when it has none."""
        return next((index for index, seat in enumerate(self._own)
                     if seat.transport == transport and (":" in seat.address) == is_ipv6), None)

    def _own_seat(self, transport: Transport, interface: str, source: IPv4Address | IPv6Address) -> int | None:
        """Return a listener of the node file that is bound to the interface, and to this address or to all."""
        return next((index for index, seat in enumerate(self._own)
                     if seat.transport == transport and seat.interface == interface and seat.address in (str(source), ANYWHERE[source.version == 6])), None)

    def _made_seat(self, transport: Transport, interface: str, source: IPv4Address | IPv6Address) -> int | None:
        """Return a seat made before."""
        return next((len(self._own) + number for number, each in enumerate(self._places)
                     if (each.transport, each.interface, each.address) == (transport, interface, str(source))), None)

    def _renew(self, transport: Transport, index: int) -> None:
        """Bind a seat to the interface that has its name now. Errors: OSError."""
        if transport != "udp":
            self._renew_streams(index)
            return
        place = self._own[index] if index < len(self._own) else self._places[index - len(self._own)]
        self._router.renew_seat(index, place.address, self._router.ports[index], place.interface)

    def _open(self, transport: Transport, interface: str, source: IPv4Address | IPv6Address) -> int:
        """Make a seat on the port of the node's own listener, or the first free one after it."""
        first_port = next((seat.port for seat in self._node.listeners if seat.transport == transport and seat.port), OUTGOING_PORTS.get(transport, 5060))
        for port in range(first_port, first_port + PORTS_TRIED):
            try:
                index = self._add(Place(transport, interface, str(source), port), is_bound=True)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or port == first_port + PORTS_TRIED - 1:
                    raise
            else:
                break
        self._save()
        log.info("seat", index=index, transport=transport, interface=interface, address=str(source), port=self._places[-1].port)
        return index

    def _add(self, place: Place, is_bound: bool) -> int:
        if is_bound:
            index = self._router.add_seat(place.transport, place.address, place.port, place.interface)
        else:
            index = self._router.keep_seat(place.transport, place.address, place.port)
            self._bound[index] = NOT_BOUND
        self._places.append(place)
        if place.transport != "udp":
            host = f"[{place.address}]" if ":" in place.address else place.address
            self._add_to_streams(index, Listener(place.transport, place.address, place.port, place.interface, f"{host}:{place.port}", is_listening=False))
        return index

    def _save(self) -> None:
        write_state(self._file, [asdict(place) for place in self._places])
