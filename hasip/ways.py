"""Ways out: by which seat a target is reached through an interface, and what is in the way now. (Part of the composition root.)

What was found is kept for as long as the link and the target's address are those it was found for, since each probe and each verdict asks; and after a
change of the link that leaves its addresses alone (a lost carrier, for all zones behind it at once), only the obstacle is looked for again.
"""
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hasip.domain.trunk import Target
from hasip.network import Address, Link, Links, obstacle, source_on
from hasip.seats import Seats


class Out(NamedTuple):
    """What a way is asked for: a target, by an interface, from an address of it (None: the one nearest to the target)."""

    target: Target
    interface: str
    source: Address | None


@dataclass(frozen=True, slots=True)
class Way:
    """The seat, None without one, and what is in the way now; nothing: it is free. A seat stays over a lost carrier."""

    seat: int | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A way, and what it was found for."""

    way: Way
    link: Link
    place: Target
    source: Address
    destination: Address


class Ways:
    """The ways out by interfaces. Threads: the loop's."""

    def __init__(self, links: Links, seats: Seats, locate: Callable[[Target], Sequence[Target]]) -> None:
        self._links = links
        self._seats = seats
        self._locate = locate
        self._found: dict[Out, Found] = {}

    def find(self, out: Out) -> Way:
        """Return the way as it is now; its seat is made, if need be."""
        link = self._links.current.get(out.interface)
        places = self._locate(out.target)
        if link is None or not places:
            return Way(None, "its name has no address" if link else f"interface {out.interface} does not exist")
        found = self._found.get(out)
        if found is not None and found.place == places[0]:
            if found.link is link:
                return found.way
            if (found.link.index, found.link.addresses) == (link.index, link.addresses):
                return self._keep(out, found.way.seat, link, found.place, found.source, found.destination)
        return self._find_anew(out, link, places[0])

    def forget_all_but(self, outs: Container[Out]) -> None:
        """Keep no others."""
        self._found = {out: found for out, found in self._found.items() if out in outs}

    def _find_anew(self, out: Out, link: Link, place: Target) -> Way:
        destination = place.ip
        if destination is None:
            return Way(None, "its name has no address")
        source = out.source or source_on(link, destination)
        if source is None:
            return Way(None, f"no IPv{destination.version} address is on {out.interface}")
        try:
            seat = self._seats.find(out.target.transport, link, source)
        except (OSError, ValueError) as error:          # asked again next time
            return Way(None, obstacle(link, out.interface, source, destination) or str(error))
        return self._keep(out, seat, link, place, source, destination)

    def _keep(self, out: Out, seat: int | None, link: Link, place: Target, source: Address, destination: Address) -> Way:
        way = Way(seat, obstacle(link, out.interface, source, destination))
        self._found[out] = Found(way, link, place, source, destination)
        return way
