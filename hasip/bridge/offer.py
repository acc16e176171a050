"""A world on offer to the data plane. What can't be published goes on as it is in force; what is not in force, or can't go on, is left out."""
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from hasip.domain.trunk import Core, Fault, Provisioning, Trunk


class Outcome(NamedTuple):
    """What became of an offer."""

    served: Provisioning
    faults: tuple[Fault, ...]           # of those that are not served as they were offered


class Offer:
    """The cores and trunks that are to be published, each as it was offered or as it is in force."""

    def __init__(self, provisioning: Provisioning, cores_in_force: Iterable[Core], trunks_in_force: Iterable[Trunk]) -> None:
        self._provisioning = provisioning
        self._cores_in_force, self._trunks_in_force = cores_in_force, trunks_in_force
        self._cores = {core.name: core for core in provisioning.cores}
        self._trunks = {trunk.name: trunk for trunk in provisioning.trunks}
        self._stand_ins: dict[str, Trunk] = {}
        self._faults: dict[tuple[str, str], Fault] = {}
        self.refuse(provisioning.unreadable)

    @property
    def cores(self) -> list[Core]:
        """The cores, by name: trunks that are carried over know theirs by its place."""
        return sorted(self._cores.values(), key=lambda core: core.name)

    @property
    def offered(self) -> list[Trunk]:
        """The trunks as they were offered."""
        return list(self._trunks.values())

    @property
    def stand_ins(self) -> list[Trunk]:
        """The trunks that go on as they are in force. A number that another has got meanwhile is the other's: they come last."""
        return list(self._stand_ins.values())

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Offer these as they are in force; those that were offered so already, not at all."""
        refused = {(fault.table, fault.name): fault for fault in faults}
        fresh = refused.keys() - self._faults.keys()
        self._faults |= {each: refused[each] for each in refused if each in fresh}      # the first fault of each is the one to repair
        for table, name in refused:
            for peers in (self._cores,) if table == "core" else (self._trunks, self._stand_ins):
                peers.pop(name, None)
        if fresh:
            self._cores |= {core.name: core for core in self._cores_in_force if ("core", core.name) in fresh}
            self._stand_ins |= {trunk.name: trunk for trunk in self._trunks_in_force if ("trunk", trunk.name) in fresh}

    def outcome(self) -> Outcome:
        """Return what is served, and what is not as it was offered, once all of it could be published."""
        if not self._faults:
            return Outcome(self._provisioning, ())
        trunks = sorted((self._trunks | self._stand_ins).values(), key=lambda trunk: trunk.name)
        return Outcome(replace(self._provisioning, cores=tuple(self.cores), trunks=tuple(trunks)), tuple(self._faults.values()))
