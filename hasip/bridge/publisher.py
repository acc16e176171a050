"""Publishes one world after another: what stays as it is is carried over from the last, not built again.

Building 100 000 trunks takes seconds of Python; carrying them over is a copy in the data plane's own tables.
"""
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from hasip.bridge.offer import Offer, Outcome
from hasip.bridge.publish import Locate, SeatOf, SlotBook, add_cores, add_trunks, room_for
from hasip.bridge.router import CORE_LIMIT, Router
from hasip.domain.trunk import Core, Fault, Provisioning, Target, Trunk

NOT_CARRIED = 0xFFFFFFFF


class Published(NamedTuple):
    """A trunk in the world that is published now."""

    trunk: Trunk
    slot: int
    is_fixed: bool                  # its targets are addresses that any listener reaches: what others learn does not change it


class Publisher:
    """The worlds of one node, and the board slots of their trunks and cores. Threads: the loop's."""

    def __init__(self, router: Router, trunk_capacity: int) -> None:
        self._router = router
        self._slots = SlotBook(range(trunk_capacity - 1))           # the last one is for calls whose trunk is gone
        self._core_slots = SlotBook(range(trunk_capacity, trunk_capacity + CORE_LIMIT))
        self._trunks: list[Published] = []                          # in the order they lie there
        self._cores: Sequence[Core] = ()

    @property
    def slots(self) -> dict[str, int]:
        """Trunks' slots on the board, by name."""
        return self._slots.slots

    @property
    def core_slots(self) -> dict[str, int]:
        """Cores' slots on the board, by name."""
        return self._core_slots.slots

    def publish(self, provisioning: Provisioning, locate: Locate, seat_of: SeatOf) -> Outcome:
        """Publish a world; a core or trunk that can't be published keeps no other from it. Errors: ValueError where there is no room; the last world stays then."""
        offer = Offer(provisioning, self._cores, [published.trunk for published in self._trunks])
        while faults := self._try(offer, locate, seat_of):
            offer.refuse(faults)
        return offer.outcome()

    def _try(self, offer: Offer, locate: Locate, seat_of: SeatOf) -> list[Fault]:
        """Publish a world, if all of it can be. Returns why not."""
        cores, offered, stand_ins = offer.cores, offer.offered, offer.stand_ins
        self._slots.assign([trunk.name for trunk in (*offered, *stand_ins)], self._router.has_calls)
        self._core_slots.assign([core.name for core in cores], self._router.has_calls)
        kept = self._kept(cores, offered)
        others = without(offered, kept)
        snapshot = room_for(Provisioning(tuple(cores), (*offered, *stand_ins)))
        core_indexes, faults = add_cores(snapshot, cores, self.core_slots, locate, seat_of)
        if faults:
            return faults
        self._router.carry_over(snapshot, places_of(self._trunks, kept))
        faults = (add_trunks(snapshot, others, self.slots, core_indexes, locate, seat_of)
                  or add_trunks(snapshot, stand_ins, self.slots, core_indexes, locate, seat_of))
        if faults:
            return faults
        self._router.publish(snapshot)
        self._trunks = kept + [Published(trunk, self.slots[trunk.name], is_fixed(trunk)) for trunk in (*others, *stand_ins)]
        self._cores = cores
        return []

    def _kept(self, cores: Sequence[Core], trunks: Sequence[Trunk]) -> list[Published]:
        """Return what is published now and stays as it is, in its order."""
        if names_of(cores) != names_of(self._cores):                # trunks know their core by its place
            return []
        wanted, slots = {trunk.name: trunk for trunk in trunks}, self.slots
        return [published for published in self._trunks if published.is_fixed and wanted.get(published.trunk.name) is published.trunk
                and slots[published.trunk.name] == published.slot]


def without(trunks: Sequence[Trunk], kept: Sequence[Published]) -> list[Trunk]:
    """Return the trunks that are none of those kept."""
    names = {published.trunk.name for published in kept}
    return [trunk for trunk in trunks if trunk.name not in names]


def places_of(published: Sequence[Published], kept: Sequence[Published]) -> bytes:
    """Return the place each published trunk gets, as the data plane takes it: those kept move together."""
    places = array("I")
    left = iter(enumerate(kept))
    place, following = next(left, (0, None))
    for each in published:
        if each is following:
            places.append(place)
            place, following = next(left, (0, None))
        else:
            places.append(NOT_CARRIED)
    return places.tobytes()


def names_of(cores: Sequence[Core]) -> tuple[str, ...]:
    """Return cores' names, in order."""
    return tuple(core.name for core in cores)


def is_fixed(trunk: Trunk) -> bool:
    """True when a trunk's places follow from its own words: addresses, and no interface."""
    targets: list[Target] = [account.target for account in trunk.accounts if account.target]
    for region in trunk.regions:
        for zone in region.zones:
            if zone.interface:
                return False
            targets.append(zone.target)
    return all(target.ip is not None for target in targets)
