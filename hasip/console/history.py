"""What became of a trunk's calls, from their records: the failovers of a span of time, and what they did today."""
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hasip.console.timeline import Move
from hasip.console.words import cause_text
from hasip.domain.person import Person
from hasip.domain.record import CallRecord, RecordQuery
from hasip.portal import Portal

TODAY_MAX = 1000                # calls that are counted one by one, the latest
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
    """The past of trunks, for people. Errors of every method: Refusal, and those of Store."""

    def __init__(self, portal: Portal) -> None:
        self._records = portal.records
        self._counted: dict[str, tuple[float, Today]] = {}      # by trunk: when, and what

    async def failovers(self, person: Person, trunk: str, since_s: float, until_s: float) -> tuple[list[Move], bool]:
        """Return a trunk's calls that moved on, those in progress too; and whether these are all, or only the latest."""
        records, is_all = await self._records.moved(person, RecordQuery(since_ms=int(since_s * 1000), until_ms=int(until_s * 1000)), trunk)
        return [move for record in records for move in moves_of(record)], is_all

    async def today(self, person: Person, trunk: str) -> Today:
        """Return what a trunk's calls did today. Whoever asks has seen the trunk."""
        now_s = time.time()
        known = self._counted.get(trunk)
        if known is None or now_s - known[0] > KEPT_S:
            self._counted = {name: each for name, each in self._counted.items() if now_s - each[0] <= KEPT_S}
            records = await self._latest(person, trunk, RecordQuery(since_ms=int(now_s // DAY_S * DAY_S * 1000)), TODAY_MAX + 1)
            self._counted[trunk] = known = now_s, today_of(records[:TODAY_MAX], is_all=len(records) <= TODAY_MAX)
        return known[1]

    async def story(self, person: Person, trunk: str, call_id: str) -> list[str]:
        """Return in sentences why a call of this trunk went where it went. Errors: NotFound."""
        return [sentence for told in await self._records.of_call(person, call_id) if told.record.trunk == trunk for sentence in told.sentences]

    async def _latest(self, person: Person, trunk: str, query: RecordQuery, count: int) -> list[CallRecord]:
        records: list[CallRecord] = []
        async for record in self._records.all(person, query, trunk):
            records.append(record)
            if len(records) == count:
                break
        return records


def moves_of(record: CallRecord) -> Iterator[Move]:
    """Yield a call's moves, as the timeline draws them."""
    for failed, after in pairwise(record.attempts):
        yield Move(after.began_ms / 1000, record.call_id, failed.leg, after.leg, cause_text(failed.result, failed.status), after.began_ms - failed.began_ms,
                       record.number, record.is_answered)


def today_of(records: Sequence[CallRecord], *, is_all: bool) -> Today:
    """Return what these calls did: those that went to the trunk."""
    calls = [record for record in records if record.direction == "to trunk" and record.attempts]
    reached = Counter(record.attempts[-1].leg for record in calls)
    return Today(len(calls), sum(record.failovers > 0 for record in calls), tuple(reached.most_common()), is_all)
