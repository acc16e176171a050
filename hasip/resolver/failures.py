"""Which places failed a moment ago: they are tried last for a while. The clock is passed. Source: RFC 3263 §4.3."""
import math
from collections.abc import Sequence

from hasip.resolver.place import Place

AVOID_S = 30.0


class Failures:
    """The places that failed, each until its time is over."""

    def __init__(self) -> None:
        self._until_s: dict[Place, float] = {}      # the soonest first: the time to avoid is the same for all

    def note(self, place: Place, now_s: float) -> bool:
        """Avoid a place from now on. True when it was not avoided before."""
        is_new = self._until_s.pop(place, -math.inf) <= now_s
        self._until_s[place] = now_s + AVOID_S
        return is_new

    def order(self, places: Sequence[Place], now_s: float) -> tuple[Place, ...]:
        """Return the places with the avoided ones last; the order is the same when all are."""
        return tuple(sorted(places, key=lambda place: self._until_s.get(place, -math.inf) > now_s))

    def next_end_at_s(self) -> float:
        """Return when the next place will be in order again; infinity when none is avoided."""
        return next(iter(self._until_s.values()), math.inf)

    def take_ended(self, now_s: float) -> list[Place]:
        """Forget and return the places whose time is over."""
        ended = [place for place, until_s in self._until_s.items() if until_s <= now_s]
        for place in ended:
            del self._until_s[place]
        return ended
