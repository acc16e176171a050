"""When a zone is probed: one probe in flight at a time, none while its link is lost or its far end asked for quiet."""
import math
from collections.abc import Callable

from hasip.health.rules import Rules


class Schedule:
    """The probes of one zone. Its first is spread over the first interval, so that a node's zones do not all begin at once."""

    def __init__(self, rules: Rules, random: Callable[[], float], now_s: float) -> None:
        self._rules = rules
        self._random = random
        self._next_s = now_s + random() * rules.interval_s
        self._quiet_until_s = self._sent_s = -math.inf
        self._is_paused = False
        self.overdue_s = math.inf           # when the probe in flight counts as failed; infinite while none is

    @property
    def due_s(self) -> float:
        """When something is to be done next: a probe to be sent, or given up."""
        if self.is_in_flight:
            return self.overdue_s
        return math.inf if self._is_paused else max(self._next_s, self._quiet_until_s)

    @property
    def is_in_flight(self) -> bool:
        """True from the sending of a probe to its result."""
        return self.overdue_s < math.inf

    @property
    def is_paused(self) -> bool:
        """True while the link is lost."""
        return self._is_paused

    def send_if_due(self, now_s: float) -> bool:
        """Take a probe to be sent now. False: it is not time."""
        if self.is_in_flight or now_s < self.due_s:
            return False
        self._sent_s, self.overdue_s = now_s, now_s + self._rules.probe_result_max_s
        return True

    def end(self) -> bool:
        """Take the probe in flight to have its result. False: none was, so that the result is of one given up before."""
        was_in_flight = self.is_in_flight
        self.overdue_s = math.inf
        return was_in_flight

    def probe_every(self, interval_s: float, now_s: float) -> None:
        """Let the next probe leave an interval after the last, and not in the past."""
        jitter = self._rules.jitter * (2 * self._random() - 1)
        self._next_s = max(self._sent_s + interval_s * (1 + jitter), now_s)

    def probe_at_once(self, now_s: float) -> None:
        """Let the next probe leave now."""
        self._next_s = now_s

    def keep_quiet(self, until_s: float) -> None:
        """Send nothing before a moment."""
        self._quiet_until_s = until_s

    def pause(self) -> None:
        """Give up the probe in flight, and send no other."""
        self.overdue_s, self._is_paused = math.inf, True

    def resume(self, now_s: float) -> None:
        """Probe again, from now on."""
        self._next_s, self._is_paused = now_s, False
