"""What is known of each watched target, how long it counts, and when to ask again. The clock is passed.

An answer outlives its time to live when no better one comes: a router without name servers still knows where its trunks were.
"""
import heapq
import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from hasip.domain.trunk import Target
from hasip.resolver.lookup import Finding
from hasip.resolver.place import Place
from hasip.resolver.records import Answer, Query

MIN_TTL_S = 5.0             # a time to live of 0 must not keep us asking
MAX_TTL_S = 86_400.0
NEGATIVE_TTL_S = 30.0       # no such name, or no address
STALE_RETRY_S = 30.0        # RFC 8767 §5
FAILED_RETRY_S = 5.0        # nothing known to serve meanwhile


class State(StrEnum):
    """How good what we know is."""

    UNKNOWN = "unknown"     # not asked yet
    FRESH = "fresh"
    STALE = "stale"         # the last good answer: asked again without success
    FAILED = "failed"       # asked without success, and never with


@dataclass(slots=True, eq=False)
class Entry:
    """What is known of one target."""

    target: Target
    state: State = State.UNKNOWN
    places: tuple[Place, ...] = ()
    answers: Mapping[Query, Answer] = field(default_factory=dict)
    trouble: str = ""
    expires_at_s: float = -math.inf
    ask_at_s: float = math.inf              # infinite while it is being asked

    @property
    def records(self) -> dict[Query, frozenset[object]]:
        """What DNS said, whatever the order."""
        return {query: answer.records for query, answer in self.answers.items()}

    def ttl_left_s(self, now_s: float) -> float:
        """Return how long its answer counts; 0 when it has none, or serves beyond its time."""
        return max(0.0, self.expires_at_s - now_s)


class Cache:
    """The entries of all watched targets, and the order in which they are due."""

    def __init__(self) -> None:
        self._entries: dict[Target, Entry] = {}
        self._unasked: set[Target] = set()
        self._schedule: list[tuple[float, int, Entry]] = []     # a heap; entries that were put elsewhere since are skipped
        self._serials = count()

    def watch(self, targets: AbstractSet[Target], now_s: float) -> None:
        """Keep these targets and no others; new ones are due at once."""
        for target in self._entries.keys() - targets:
            del self._entries[target]
        self._unasked &= targets
        for target in targets - self._entries.keys():
            entry = self._entries[target] = Entry(target)
            self._unasked.add(target)
            self._put(entry, now_s)

    def find(self, target: Target) -> Entry | None:
        """Return what is known of a target; None when it is not watched."""
        return self._entries.get(target)

    def entries(self) -> Iterable[Entry]:
        """Return all entries."""
        return self._entries.values()

    def is_watched(self, entry: Entry) -> bool:
        """True until its target is watched no longer, also when it is watched again later."""
        return self._entries.get(entry.target) is entry

    def was_asked(self) -> bool:
        """True when each target was asked at least once."""
        return not self._unasked

    def take_due(self, now_s: float) -> list[Entry]:
        """Return the entries to ask for; each comes once, until it is stored or failed."""
        due = []
        while self.next_due_at_s() <= now_s:
            entry = heapq.heappop(self._schedule)[2]
            entry.ask_at_s = math.inf
            due.append(entry)
        return due

    def next_due_at_s(self) -> float:
        """Return when the next entry is due; infinity when none is."""
        while self._schedule and not self._is_current(self._schedule[0]):
            heapq.heappop(self._schedule)
        return self._schedule[0][0] if self._schedule else math.inf

    def store(self, entry: Entry, finding: Finding, now_s: float) -> None:
        """Keep what was found."""
        entry.state = State.STALE if finding.is_stale else State.FRESH
        entry.places, entry.answers, entry.trouble = finding.located.places, finding.answers, finding.trouble
        lifetime_s = STALE_RETRY_S if finding.is_stale else lifetime_of(finding)
        if not finding.is_stale:
            entry.expires_at_s = now_s + lifetime_s
        self._asked(entry, now_s + lifetime_s)

    def fail(self, entry: Entry, trouble: str, now_s: float) -> None:
        """Keep what was known, and that nothing came instead."""
        entry.state = State.STALE if entry.state in (State.FRESH, State.STALE) else State.FAILED
        entry.trouble = trouble
        self._asked(entry, now_s + (STALE_RETRY_S if entry.state is State.STALE else FAILED_RETRY_S))

    def _asked(self, entry: Entry, ask_again_at_s: float) -> None:
        if self.is_watched(entry):
            self._unasked.discard(entry.target)
            self._put(entry, ask_again_at_s)

    def _put(self, entry: Entry, at_s: float) -> None:
        entry.ask_at_s = at_s
        heapq.heappush(self._schedule, (at_s, next(self._serials), entry))

    def _is_current(self, item: tuple[float, int, Entry]) -> bool:
        at_s, _, entry = item
        return self.is_watched(entry) and entry.ask_at_s == at_s


def lifetime_of(finding: Finding) -> float:
    """Return how long a new answer counts, in seconds."""
    if not finding.located.places:
        return NEGATIVE_TTL_S
    lifetime_s = min(max(finding.located.ttl_s, MIN_TTL_S), MAX_TTL_S)
    return min(lifetime_s, STALE_RETRY_S) if finding.trouble else lifetime_s
