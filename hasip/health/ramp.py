"""How a zone's share grows after it has recovered, so that what has just come back is not run over."""
import math

from hasip.health.rules import Rules


class Ramp:
    """A straight line from a small share to the full one. It stands still while frozen, and is over until it is started."""

    def __init__(self, rules: Rules) -> None:
        self._from_percent = rules.ramp_from_percent
        self._length_s = rules.ramp_s
        self._grown_s = rules.ramp_s                # how much of its length was done when it last moved or stopped
        self._moves_since_s: float | None = None    # None: frozen or over

    @property
    def is_over(self) -> bool:
        """True when the share is the full one."""
        return self._grown_s >= self._length_s

    @property
    def ends_s(self) -> float:
        """When it is over; infinity while it does not move."""
        return math.inf if self._moves_since_s is None else self._moves_since_s + self._length_s - self._grown_s

    def share_percent(self, now_s: float) -> int:
        """Return the share, 0 … 100."""
        grown_s = self._grown_at(now_s)
        if grown_s >= self._length_s or now_s >= self.ends_s:
            return 100
        return int(self._from_percent + (100 - self._from_percent) * grown_s / self._length_s)

    def start(self, now_s: float) -> None:
        """Grow from the beginning."""
        self._grown_s, self._moves_since_s = 0.0, now_s

    def freeze(self, now_s: float) -> None:
        """Stay where it is."""
        self._grown_s, self._moves_since_s = self._grown_at(now_s), None

    def resume(self, now_s: float) -> None:
        """Grow on from where it was frozen."""
        self._moves_since_s = now_s

    def finish(self) -> None:
        """Be over."""
        self._grown_s, self._moves_since_s = self._length_s, None

    def _grown_at(self, now_s: float) -> float:
        return self._grown_s if self._moves_since_s is None else self._grown_s + now_s - self._moves_since_s
