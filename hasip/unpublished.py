"""Cores and trunks that can't be published as the store has them: why, in the words of the trunks file. (Part of the composition root.)"""
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from hasip.bridge.offer import Outcome
from hasip.config.problems import place_of, sentence_of
from hasip.config.trunk_rules import core_leg_problems, leg_problems
from hasip.config.trunks_file import KNOWN_KEYS, CoreTable, TrunkTable
from hasip.config.trunks_writer import core_table, trunk_table
from hasip.domain.trunk import Core, Fault, Provisioning, Trunk

NOTHING = Provisioning()


@dataclass(frozen=True, slots=True)
class Unpublished:
    """One core or trunk."""

    fault: Fault
    is_in_force: bool               # as it was before
    trunks: int = 0                 # of a core that is not: those that are not served with it

    @property
    def subject(self) -> str:
        """How it is named where cores and trunks may be."""
        return f"core:{self.fault.name}" if self.fault.table == "core" else self.fault.name

    @property
    def cause(self) -> str:
        """What is wrong and what would be right, with its place."""
        return f"{self.fault.place}: {self.fault.sentence}" if self.fault.place else self.fault.sentence

    @property
    def instead(self) -> str:
        """What happens to its calls."""
        if self.is_in_force:
            return "its calls go on by what was in force before"
        return "it is not served" + (f", nor are its trunks, {self.trunks}" if self.trunks else "")

    def status(self) -> dict[str, Any]:
        """Return what `hasip status --json` says of it."""
        return {"kind": self.fault.table, "name": self.fault.name, "field": self.fault.place, "sentence": self.fault.sentence, "is_in_force": self.is_in_force,
                "trunks": self.trunks}


def unpublished(provisioning: Provisioning, outcome: Outcome) -> list[Unpublished]:
    """Return what is not as the store has it. The trunks of a core that is not served are counted there, for it is the core that wants repair."""
    if not outcome.faults:
        return []
    served = {("core", core.name) for core in outcome.served.cores} | {("trunk", trunk.name) for trunk in outcome.served.trunks}
    peers: dict[tuple[str, str], Core | Trunk] = {("trunk", trunk.name): trunk for trunk in provisioning.trunks}
    peers |= {("core", core.name): core for core in provisioning.cores}
    missing = {fault.name for fault in outcome.faults if fault.table == "core"} - {core.name for core in outcome.served.cores}
    homes = {fault.name: trunk.core for fault in outcome.faults if fault.place == "core" and isinstance(trunk := peers.get((fault.table, fault.name)), Trunk)}
    counts = Counter(homes.values())
    found = []
    for fault in outcome.faults:
        key = (fault.table, fault.name)
        if fault.table == "core" or homes.get(fault.name) not in missing:
            found.append(Unpublished(explained(fault, peers.get(key)), key in served, counts[fault.name] if fault.table == "core" else 0))
    return found


def may_stay(served: Provisioning, provisioning: Provisioning, before: Sequence[Unpublished]) -> Provisioning:
    """Return what of the running world may stay in force beside another: their targets are wanted until that is known."""
    faults = {(fault.table, fault.name) for fault in (*provisioning.unreadable, *(each.fault for each in before))}
    if not faults:
        return NOTHING
    return Provisioning(tuple(core for core in served.cores if ("core", core.name) in faults), tuple(trunk for trunk in served.trunks if ("trunk", trunk.name) in faults))


def explained(fault: Fault, peer: Core | Trunk | None) -> Fault:
    """Return a fault as a trunks file with it would be refused; where the file's rules find nothing, in the data plane's own words."""
    if fault.place or peer is None:
        return fault
    table, model = (core_table(peer), CoreTable) if isinstance(peer, Core) else (trunk_table(peer), TrunkTable)
    try:
        model.model_validate(table)
    except ValidationError as error:
        entry = error.errors(include_url=False)[0]
        return replace(fault, place=place_of(entry["loc"], table), sentence=sentence_of(entry, KNOWN_KEYS))
    found = next(core_leg_problems(peer) if isinstance(peer, Core) else leg_problems(peer), None)
    return fault if found is None else replace(fault, place=found[0].removeprefix(f'{fault.table} "{fault.name}": '), sentence=found[1])
