"""What became of a trunk's calls: the failovers of a span of time, today's figures, and the story of one call. Whether somebody may see it, the portal's rights say."""
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from hasip.bridge.counters import REASONS
from hasip.console.timeline import Failover
from hasip.console.words import cause_text
from hasip.domain.person import Person
from hasip.domain.record import CallRecord, RecordQuery
from hasip.portal.rights import Action, demand
from hasip.records.explain import explain
from hasip.records.reading import Rows, of_call, page

MOVED_MAX = 2000                # calls a timeline tells of
TODAY_MAX = 1000                # calls that are counted one by one
KEPT_S = 10.0                   # a count is good for so long
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Today:
    """What a trunk's calls did since midnight, UTC."""

    calls: int
    moved: int                  # went on to another site
    reached: tuple[tuple[str, int], ...]        # leg, how many ended up there
    is_all: bool                # False: there were more, and the latest were counted


class History:
    """The records of calls, for people. Errors of every method: Refusal, and those of the store."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._counted: dict[str, tuple[float, Today]] = {}

    async def failovers(self, person: Person, trunk: str, since_s: float, until_s: float) -> list[Failover]:
        """Return a trunk's calls that moved on, the newest first."""
        demand(person, Action.SEE_RECORDS, trunk)
        query = RecordQuery(trunks=(trunk,), since_ms=int(since_s * 1000), until_ms=int(until_s * 1000), moved_only=True)
        return [failover for record in (await page(self._rows, query, size=MOVED_MAX)).records for failover in moves_of(record)]

    async def today(self, person: Person, trunk: str) -> Today:
        """Return what a trunk's calls did today."""
        demand(person, Action.SEE_RECORDS, trunk)
        now_s = time.time()
        known = self._counted.get(trunk)
        if known is None or now_s - known[0] > KEPT_S:
            query = RecordQuery(trunks=(trunk,), since_ms=int(now_s // DAY_S * DAY_S * 1000))
            found = await page(self._rows, query, size=TODAY_MAX)
            self._counted[trunk] = known = now_s, today_of(found.records, is_all=not found.next)
        return known[1]

    async def story(self, person: Person, trunk: str, call_id: str) -> list[str]:
        """Return in sentences why a call of this trunk went where it went; empty for one that is not known."""
        demand(person, Action.SEE_RECORDS, trunk)
        return [sentence for record in await of_call(self._rows, call_id, (trunk,)) for sentence in explain(record, lambda symbol: REASONS.get(symbol, symbol))]


def moves_of(record: CallRecord) -> Iterator[Failover]:
    """Yield a call's moves, as the timeline draws them."""
    for failed, after in pairwise(record.attempts):
        yield Failover(after.began_ms / 1000, record.call_id, failed.leg, after.leg, cause_text(failed.result, failed.status), after.began_ms - failed.began_ms,
                       record.number, record.is_answered)


def today_of(records: tuple[CallRecord, ...], *, is_all: bool) -> Today:
    """Return what these calls did: those that went to the trunk."""
    calls = [record for record in records if record.direction == "to trunk" and record.attempts]
    reached = Counter(record.attempts[-1].leg for record in calls)
    return Today(len(calls), sum(record.failovers > 0 for record in calls), tuple(reached.most_common()), is_all)
