"""The running node as the portal knows it. (Part of the composition root.)"""
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any

from hasip.bridge.counters import calls_status, trunk_status
from hasip.bridge.router import Router
from hasip.domain.record import CallRecord
from hasip.domain.trunk import Provisioning, Trunk
from hasip.portal import NoSuchZone, NoTrial
from hasip.reach import Reach
from hasip.records.packing import unpack
from hasip.records.reading import not_written, octets_of
from hasip.trials import Trials, leg_names
from hasip.zones import UnknownZone, Zones

Facts = dict[str, Any]
IN_PROGRESS = "in progress"     # instead of a record's name: it has none yet
PER_TRUNK = ("trunks", "trunks_left_out", "zones")


class LiveNode:
    """What a node tells people, and lets them do. Threads: the loop's."""

    def __init__(self, name: str, router: Router, reach: Reach, zones: Zones, slots: Mapping[str, int], *, status: Callable[[int], Facts],
                 generation: Callable[[], int], follow: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._name = name
        self._router = router
        self._reach = reach
        self._zones = zones
        self._slots = slots
        self._status = status
        self._trunks: dict[str, Trunk] = {}
        self._trials = Trials(zones, lambda: self._slots, self._obstacle)
        self.generation = generation
        self.follow = follow

    def published(self, provisioning: Provisioning) -> None:
        """Tell of the world that was just published."""
        self._trunks = {trunk.name: trunk for trunk in provisioning.trunks}
        self._trials.published(self._trunks)

    def close(self) -> None:
        """End what would outlive the people who began it."""
        self._trials.close()

    def node(self) -> Facts:
        """Return what `hasip status --json` tells, without what it tells of each trunk."""
        status = self._status(0)
        return {**{key: value for key, value in status.items() if key not in PER_TRUNK}, "trunk_count": len(self._trunks)}

    def pool(self, trunk: str) -> Facts | None:
        """Return one trunk's pool and legs."""
        known = self._trunks.get(trunk)
        return trunk_status(self._router, known, self._slots[trunk], self._reach.open_flows()) if known else None

    def calls_of(self, trunks: Collection[str]) -> dict[str, int]:
        """Return how many calls each of these has."""
        return {trunk: self._router.trunk(self._slots[trunk])["calls"] for trunk in trunks if trunk in self._slots}

    def calls(self, trunk: str | None = None) -> list[Facts]:
        """Return who holds each slot, the oldest call first."""
        return [call for call in calls_status(self._router) if trunk is None or call["trunk"] == trunk]

    def moved_calls(self) -> list[CallRecord]:
        """Return the records, as they are so far, of calls that went on to another target."""
        return [unpack(record, self._name, IN_PROGRESS) for record in self._router.moved_calls()]

    def calls_so_far(self, call_id: str) -> list[CallRecord]:
        """Return the records, as they are so far, of calls in progress with a Call-ID; of those that moved on, a moment longer: until their records are written."""
        so_far = [unpack(record, self._name, IN_PROGRESS) for record in self._router.calls_so_far(octets_of(call_id))]
        return so_far + not_written((call for call in self.moved_calls() if call.call_id == call_id), so_far)

    def zones(self, owner: str | None = None) -> list[Facts]:
        """Return judged legs."""
        return self._zones.status() if owner is None else self._zones.status_of(owner)

    def zone_history(self) -> list[Facts]:
        """Return what happened to them, the oldest first."""
        return self._zones.history()

    def drain(self, zone: str) -> Facts:
        """Let a zone have no new calls. Errors: NoSuchZone."""
        return self._set_drained(self._zones.drain, zone)

    def undrain(self, zone: str) -> Facts:
        """Let a zone have calls again. Errors: NoSuchZone."""
        return self._set_drained(self._zones.undrain, zone)

    def begin_trial(self, trunk: str, seconds: int) -> Facts:
        """Begin a failover test. Errors: NoTrial."""
        if trunk not in self._trunks:
            raise NoTrial("calls do not go by this trunk yet: try again")
        return self._trials.begin(self._trunks[trunk], seconds)

    def end_trial(self, trunk: str) -> bool:
        """End a failover test; False where there is none."""
        return self._trials.end(trunk)

    def trial(self, trunk: str) -> Facts | None:
        """Return a failover test that goes on."""
        return self._trials.status(trunk)

    def _set_drained(self, change: Callable[[str], Facts], zone: str) -> Facts:
        try:
            return change(zone)
        except UnknownZone as error:
            raise NoSuchZone(str(error)) from None

    def _obstacle(self, trunk: Trunk, passed_by: tuple[int, ...]) -> str:
        """Return why none of a trunk's other legs would take a call now."""
        others = [name for leg, name in enumerate(leg_names(trunk)) if leg not in passed_by]
        down = {zone["name"] for zone in self._zones.status_of(trunk.name) if zone["is_drained"] or zone["state"] == "down"}
        legs = (self.pool(trunk.name) or {"legs": {}})["legs"]
        unregistered = {account.name for account in trunk.accounts
                        if account.authentication == "digest" and not any(each["is_reachable"] for each in legs[account.name]["bindings"])}
        fit = [name for name in others if name not in unregistered and f"{trunk.name}/{name}" not in down]
        return "" if fit else f"{' and '.join(others) or 'another leg'} could take no call now: it is not registered, down or drained"
