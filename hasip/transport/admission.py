"""How many connections may come from outside, in all and from one address."""
from collections import Counter

from hasip.transport.reasons import Reason


class Admission:
    """Counts connections from outside, from their acceptance until their socket is closed."""

    def __init__(self, count_max: int, per_source_max: int) -> None:
        self._count_max = count_max
        self._per_source_max = per_source_max
        self._by_source: Counter[str] = Counter()
        self._count = 0

    def refusal(self, address: str) -> Reason | None:
        """Return why no further connection is let in from an address, or None."""
        if self._count >= self._count_max:
            return Reason.INBOUND_FULL
        if self._by_source[address] >= self._per_source_max:
            return Reason.INBOUND_SOURCE_FULL
        return None

    def enter(self, address: str) -> None:
        """Count a connection in."""
        self._count += 1
        self._by_source[address] += 1

    def leave(self, address: str) -> None:
        """Count a connection out."""
        self._count -= 1
        self._by_source[address] -= 1
        if not self._by_source[address]:
            del self._by_source[address]
