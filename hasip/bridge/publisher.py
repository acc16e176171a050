"""Publishes one world after another: what stays as it is is carried over from the last, not built again.

Building 100 000 trunks takes seconds of Python; carrying them over is a copy in the data plane's own tables.
"""
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from hasip.bridge.publish import Locate, SeatOf, SlotBook, add_cores, add_trunks, room_for
from hasip.bridge.router import CORE_LIMIT, Router
from hasip.domain.trunk import Core, Provisioning, Target, Trunk

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
        self._core_names: tuple[str, ...] = ()

    @property
    def slots(self) -> dict[str, int]:
        """Trunks' slots on the board, by name."""
        return self._slots.slots

    @property
    def core_slots(self) -> dict[str, int]:
        """Cores' slots on the board, by name."""
        return self._core_slots.slots

    def publish(self, provisioning: Provisioning, locate: Locate, seat_of: SeatOf) -> None:
        """Publish a world. Errors: ValueError, which says what there is no room for; the last world stays then."""
        self._slots.assign([trunk.name for trunk in provisioning.trunks], self._router.has_calls)
        self._core_slots.assign([core.name for core in provisioning.cores], self._router.has_calls)
        kept = self._kept(provisioning)
        others = without(provisioning.trunks, kept)
        snapshot = room_for(provisioning)
        core_indexes = add_cores(snapshot, provisioning.cores, self.core_slots, locate, seat_of)
        self._router.carry_over(snapshot, places_of(self._trunks, kept))
        add_trunks(snapshot, others, self.slots, core_indexes, locate, seat_of)
        self._router.publish(snapshot)
        self._trunks = kept + [Published(trunk, self.slots[trunk.name], is_fixed(trunk)) for trunk in others]
        self._core_names = names_of(provisioning.cores)

    def _kept(self, provisioning: Provisioning) -> list[Published]:
        """Return what is published now and stays as it is, in its order."""
        if names_of(provisioning.cores) != self._core_names:        # trunks know their core by its place
            return []
        wanted, slots = {trunk.name: trunk for trunk in provisioning.trunks}, self.slots
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
