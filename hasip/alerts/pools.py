"""A trunk's call pool is nearly full, or full. It is over only well below where it began, so that a pool at the edge is told once."""
from hasip.domain.alert import Alert, AlertEvent

HIGH_IS_OVER_PERCENT = 70           # it began at 80
FULL_IS_OVER_PERCENT = 95           # it began at 100

OVER_BELOW: dict[AlertEvent, int] = {"pool_high": HIGH_IS_OVER_PERCENT, "pool_full": FULL_IS_OVER_PERCENT}
LEVELS: tuple[AlertEvent, ...] = ("pool_high", "pool_full")


class Pools:
    """The pools that are told of."""

    def __init__(self) -> None:
        self._told: dict[str, set[AlertEvent]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._told

    def filled(self, trunk: str, level: AlertEvent, calls: int, limit: int, at_s: float) -> list[Alert]:
        """A pool reached a level. Returns what is new: a full pool is a high one too."""
        told = self._told.setdefault(trunk, set())
        fresh = [each for each in LEVELS[:LEVELS.index(level) + 1] if each not in told]
        told.update(fresh)
        return [pool_alert(each, trunk, calls, limit, False, at_s) for each in fresh]

    def look(self, trunk: str, calls: int, limit: int, at_s: float) -> list[Alert]:
        """Returns what is over, with so many calls; a full pool that got room first."""
        told = self._told.get(trunk, set())
        over = [each for each in reversed(LEVELS) if each in told and calls * 100 < limit * OVER_BELOW[each]]
        told.difference_update(over)
        if not told:
            self._told.pop(trunk, None)
        return [pool_alert(each, trunk, calls, limit, True, at_s) for each in over]

    def level(self, trunk: str) -> int:
        """Return how many of the two levels are told."""
        return len(self._told.get(trunk, ()))


def pool_alert(event: AlertEvent, trunk: str, calls: int, limit: int, is_over: bool, at_s: float) -> Alert:
    """Return what is told of a pool."""
    return Alert(event, trunk, is_over, at_s, {"calls": calls, "limit": limit, "percent": 100 * calls // limit if limit else 100})
