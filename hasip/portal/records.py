"""Records of calls, as far as somebody reaches: found, told, exported; and what became of a trunk over time."""
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from hasip.bridge.counters import REASONS
from hasip.domain.person import AuditEntry, Person
from hasip.domain.record import CallRecord, Failover, RecordQuery, failovers_of
from hasip.portal.audit import Audit
from hasip.portal.live import Facts
from hasip.portal.live_state import LiveState
from hasip.portal.refusals import NotFit, NotFound
from hasip.portal.rights import Action, demand, trunks_in_reach
from hasip.records.explain import explain
from hasip.records.reading import Page, Rows, fits, found, not_written, of_call, page

SIZE_MAX = 200
MOVED_MAX = 2000                # calls that moved on, of which is told at once: the latest


@dataclass(frozen=True, slots=True)
class Told:
    """A record, and what it says in sentences."""

    record: CallRecord
    sentences: list[str]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What became of a trunk, each the newest first."""

    failovers: list[Failover]
    zone_events: list[Facts]
    changes: tuple[AuditEntry, ...]
    is_whole: bool                      # False: more calls moved on, and these are the latest


class Records:
    """The records of one store, for people. Errors of every method: Refusal, and those of Store."""

    def __init__(self, rows: Rows, live_state: LiveState, audit: Audit) -> None:
        self._rows = rows
        self._live_state = live_state
        self._audit = audit

    async def page(self, person: Person, query: RecordQuery, *, trunk: str | None = None, after: str = "", size: int = 50) -> Page:
        """Return records, the newest first: of a trunk, or of all in reach. `after`: the `next` of the page before."""
        try:
            return await page(self._rows, within(person, query, trunk), after, min(size, SIZE_MAX))
        except ValueError:
            raise NotFit([("after", f'"{after}" begins no page: send what the page before it told')]) from None

    def all(self, person: Person, query: RecordQuery, trunk: str | None = None) -> AsyncIterator[CallRecord]:
        """Return every such record, one after the other."""
        return found(self._rows, within(person, query, trunk))

    async def moved(self, person: Person, query: RecordQuery, trunk: str | None = None) -> tuple[list[CallRecord], bool]:
        """Return records of calls that went on to another target, the latest; those in progress too, as they are so far. And whether these are all."""
        query = within(person, replace(query, moved_only=True), trunk)
        written = (await page(self._rows, query, size=MOVED_MAX + 1)).records
        so_far = [record for record in self._live_state.moved_calls(person, trunk) if fits(record, query)]
        records = not_written(so_far, written) + list(written)
        return records[:MOVED_MAX], len(records) <= MOVED_MAX

    async def of_call(self, person: Person, call_id: str) -> list[Told]:
        """Return what is told of a Call-ID, the oldest first, a call in progress too. Errors: NotFound where nothing is, or nothing of this person's."""
        reach = trunks_in_reach(person, Action.SEE_RECORDS)
        so_far = self._live_state.calls_so_far(person, call_id)
        records = await of_call(self._rows, call_id, None if reach is None else tuple(reach))
        records += not_written(so_far, records)
        if not records:
            raise NotFound(f'no record of a call "{call_id}"')
        return [Told(record, explain(record, lambda reason: REASONS.get(reason, reason))) for record in records]

    async def timeline(self, person: Person, trunk: str, since_ms: int, until_ms: int) -> Timeline:
        """Return what became of a trunk: calls that moved on, zones that went and came, changes that were made."""
        records, is_whole = await self.moved(person, RecordQuery(since_ms=since_ms, until_ms=until_ms), trunk)
        moves = sorted((move for record in records for move in failovers_of(record)), key=lambda move: move.at_ms, reverse=True)
        events = [event for event in self._live_state.zone_history(person, trunk) if since_ms <= event["at"] * 1000 <= until_ms]
        return Timeline(moves, events[::-1], await self._audit.between(person, trunk, since_ms / 1000, until_ms / 1000), is_whole)


def within(person: Person, query: RecordQuery, trunk: str | None) -> RecordQuery:
    """Return a query that finds nothing beyond somebody's reach. Errors: NotFound for a foreign trunk."""
    demand(person, Action.SEE_RECORDS, trunk)
    reach = trunks_in_reach(person, Action.SEE_RECORDS)
    return replace(query, trunks=(trunk,) if trunk is not None else None if reach is None else tuple(sorted(reach)))
