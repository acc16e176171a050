"""What happens now, as far as somebody reaches; and what may be done about it."""
from collections.abc import Collection, Mapping

from hasip.domain.person import Person
from hasip.domain.record import CallRecord
from hasip.portal.live import Facts, Live, NoSuchZone, NoTrial
from hasip.portal.refusals import NotFound, NotPossible
from hasip.portal.rights import Action, demand, no_trunk, trunks_in_reach
from hasip.store import Store, write_note

TRIAL_S_MAX = 300


class LiveState:
    """A running node, for people. Errors of every method: Refusal; of what is written, those of Store."""

    def __init__(self, store: Store, live: Live) -> None:
        self._store = store
        self._live = live

    def pool(self, person: Person, trunk: str) -> Facts:
        """Return mode, calls, limit, refused, per leg figures and bindings, and a failover test that goes on."""
        demand(person, Action.SEE_LIVE_STATE, trunk)
        found = self._live.pool(trunk)
        if found is None:
            raise no_trunk(trunk)
        return {**found, "failover_test": self._live.trial(trunk)}

    def calls_of(self, person: Person, trunks: Collection[str]) -> Mapping[str, int]:
        """Return how many calls each of these trunks has, of those in reach."""
        reach = trunks_in_reach(person, Action.SEE_LIVE_STATE)
        return self._live.calls_of([trunk for trunk in trunks if reach is None or trunk in reach])

    def calls(self, person: Person, trunk: str | None = None) -> list[Facts]:
        """Return who holds each slot, the oldest call first; of a trunk, or of all in reach."""
        demand(person, Action.SEE_LIVE_STATE, trunk)
        reach = trunks_in_reach(person, Action.SEE_LIVE_STATE)
        return [call for call in self._live.calls(trunk) if reach is None or call["trunk"] in reach]

    def moved_calls(self, person: Person, trunk: str | None = None) -> list[CallRecord]:
        """Return the records, as they are so far, of calls that went on to another target; of a trunk, or of all in reach."""
        demand(person, Action.SEE_RECORDS, trunk)
        reach = trunks_in_reach(person, Action.SEE_RECORDS)
        return [call for call in self._live.moved_calls() if (reach is None or call.trunk in reach) and (trunk is None or call.trunk == trunk)]

    def calls_so_far(self, person: Person, call_id: str) -> list[CallRecord]:
        """Return the records, as they are so far, of calls in progress with a Call-ID; of all in reach."""
        reach = trunks_in_reach(person, Action.SEE_RECORDS)
        return [call for call in self._live.calls_so_far(call_id) if reach is None or call.trunk in reach]

    def zones(self, person: Person, trunk: str | None = None) -> list[Facts]:
        """Return judged legs; of a trunk, or of all in reach. Operators see those of cores too."""
        demand(person, Action.SEE_LIVE_STATE, trunk)
        reach = trunks_in_reach(person, Action.SEE_LIVE_STATE)
        return [zone for zone in self._live.zones(trunk) if reach is None or zone["owner"] in reach]

    def zone_history(self, person: Person, trunk: str | None = None) -> list[Facts]:
        """Return what happened to zones, the oldest first; of a trunk, or of all in reach."""
        demand(person, Action.SEE_LIVE_STATE, trunk)
        reach = trunks_in_reach(person, Action.SEE_LIVE_STATE)
        return [event for event in self._live.zone_history()
                if (reach is None or owner_of(event) in reach) and (trunk is None or owner_of(event) == trunk)]

    def node(self, person: Person) -> Facts:
        """Return the node that is asked."""
        demand(person, Action.SEE_NODES)
        return self._live.node()

    async def set_drained(self, person: Person, zone: str, is_drained: bool) -> Facts:
        """Let a zone have no new calls, or have them again."""
        demand(person, Action.DRAIN_ZONES)
        try:
            done = self._live.drain(zone) if is_drained else self._live.undrain(zone)
        except NoSuchZone as error:
            raise NotFound(str(error)) from None
        await write_note(self._store, who=person.name, action="drained" if is_drained else "undrained", subject="zone", name=zone)
        return done

    async def test_failover(self, person: Person, trunk: str, seconds: int) -> Facts:
        """Let new calls of a trunk pass its first leg by for so long, TRIAL_S_MAX at the most; it ends by itself."""
        demand(person, Action.TEST_FAILOVER, trunk)
        if self._live.pool(trunk) is None:
            raise no_trunk(trunk)
        if not 1 <= seconds <= TRIAL_S_MAX:
            raise NotPossible(f"{seconds} s: a failover test lasts 1 … {TRIAL_S_MAX} s")
        try:
            begun = self._live.begin_trial(trunk, seconds)
        except NoTrial as error:
            raise NotPossible(str(error)) from None
        await write_note(self._store, who=person.name, action="failover test begun", subject="trunk", name=trunk, new={"seconds": seconds})
        return begun

    async def end_failover_test(self, person: Person, trunk: str) -> None:
        """End a failover test before its time."""
        demand(person, Action.TEST_FAILOVER, trunk)
        if not self._live.end_trial(trunk):
            raise NotFound("no failover test goes on")
        await write_note(self._store, who=person.name, action="failover test ended", subject="trunk", name=trunk)


def owner_of(event: Facts) -> str:
    """Return whose zone an event is of: "globex/sg-a" is globex's."""
    return str(event["zone"]).rpartition("/")[0]
