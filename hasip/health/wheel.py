"""A timing wheel (Varghese and Lauck, 1987) for thousands of zones: one level, and timers that are further away than a turn go round.

Arming, re-arming and disarming are O(1), which a heap with its dead entries is not: each probe of each zone moves a timer. Exact: the places only
say where to look, the moment itself decides. `hasip/dataplane/base/wheel.pxd` is its sister for calls, in C.
"""
import math
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

PLACES = 1024                               # at 50 ms a tick a turn takes 51 s, longer than any interval between probes


class Wheel(Generic[Key]):
    """One timer a key."""

    def __init__(self, now_s: float, tick_s: float = 0.05) -> None:
        self._tick_s = tick_s
        self._tick = self._tick_of(now_s)                   # what lies before it has fired
        self._places: list[dict[Key, float]] = [{} for _ in range(PLACES)]
        self._place_of: dict[Key, dict[Key, float]] = {}

    def __len__(self) -> int:
        return len(self._place_of)

    def arm(self, key: Key, due_s: float) -> None:
        """Let a key be due at a moment, instead of when it was due. Never, at infinity."""
        self.disarm(key)
        if due_s < math.inf:
            place = self._places[max(self._tick_of(due_s), self._tick) % PLACES]
            place[key] = due_s
            self._place_of[key] = place

    def disarm(self, key: Key) -> None:
        """Let a key not be due."""
        place = self._place_of.pop(key, None)
        if place is not None:
            del place[key]

    def pop_due(self, now_s: float) -> list[Key]:
        """Return the keys that are due, the earliest first, and disarm them."""
        tick = max(self._tick_of(now_s), self._tick)
        due = []
        for each in range(self._tick, min(tick, self._tick + PLACES - 1) + 1):
            due += [(due_s, key) for key, due_s in self._places[each % PLACES].items() if due_s <= now_s]
        self._tick = tick
        for _, key in due:
            self.disarm(key)
        return [key for _, key in sorted(due, key=lambda item: item[0])]

    @property
    def next_due_s(self) -> float:
        """When the next key is due; infinity when none is armed."""
        if not self._place_of:
            return math.inf
        for tick in range(self._tick, self._tick + PLACES):
            this_turn = [due_s for due_s in self._places[tick % PLACES].values() if self._tick_of(due_s) <= tick]
            if this_turn:
                return min(this_turn)
        return min(min(place.values()) for place in self._places if place)

    def _tick_of(self, at_s: float) -> int:
        return int(at_s // self._tick_s)
