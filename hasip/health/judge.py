"""Is a zone up? A judge hears what became of its probes and calls, and of its link. No I/O: the clock is an argument, and so is chance.

Down takes evidence: probes that fail in a row, a refused call with a failed probe, two calls that failed, the far end's own word (503 with Retry-After),
or a lost link. Up again takes answers in a row and a hold time that grows with each relapse; the share of calls then grows slowly.
"""
from collections.abc import Callable

from hasip.health.evidence import Evidence
from hasip.health.probes import Probes
from hasip.health.ramp import Ramp
from hasip.health.rules import Rules
from hasip.health.schedule import Schedule
from hasip.health.states import TRANSITIONS, Change, Condition, Ruling, State

SERVICE_UNAVAILABLE = 503


class Judge:
    """The judge of one zone. `now_s` never goes back. Results that come without a probe in flight belong to one given up, and are ignored."""

    def __init__(self, rules: Rules, random: Callable[[], float], now_s: float, *, is_drained: bool = False) -> None:
        self.state = State.UP
        self.since_s = now_s
        self.is_drained = is_drained
        self.probes = Probes()
        self._rules = rules
        self._cause = "new: taken to be up until a probe or a call says otherwise"
        self._link_trouble = ""
        self._is_unheard = False                    # calls failed without a sign of life, and no probe was answered since
        self._failures = self._successes = 0        # probes in a row
        self._hold_s = 0.0
        self._evidence = Evidence(rules.passive_window_s)
        self._schedule = Schedule(rules, random, now_s)
        self._ramp = Ramp(rules)
        self._changes: list[Change] = []

    @property
    def condition(self) -> Condition:
        """The state, and whether it is drained."""
        return Condition(self.state, self.is_drained)

    @property
    def cause(self) -> str:
        """Why it is in this state."""
        return self._link_trouble or self._cause

    @property
    def is_silent(self) -> bool:
        """True while it is down and nothing comes from it: its link is lost, or its last probe, or calls since then, had no response."""
        return self.state is State.DOWN and (bool(self._link_trouble) or self._is_unheard or (self.probes.at_s is not None and self.probes.status is None))

    @property
    def due_s(self) -> float:
        """When to call advance next, unless something is heard before."""
        return min(self._schedule.due_s, self._ramp.ends_s)

    def share_percent(self, now_s: float) -> int:
        """Return how much of its part of new calls it is to get, 0 … 100."""
        return 0 if self.is_drained or self.state is State.DOWN else self._ramp.share_percent(now_s)

    def hold_s(self, now_s: float) -> float:
        """Return how long it had to stay down the last time; 0 when it was never down, or has been up calmly since."""
        return 0.0 if self.state is State.UP and now_s - self.since_s >= self._rules.calm_s else self._hold_s

    def take_changes(self) -> list[Change]:
        """Return the changes since last asked, the oldest first."""
        changes, self._changes = self._changes, []
        return changes

    def advance(self, now_s: float) -> bool:
        """Let time pass. True: send a probe now."""
        self._let_pass(now_s)
        if not self._schedule.send_if_due(now_s):
            return False
        self.probes.sent_count += 1
        return True

    def probe_answered(self, now_s: float, status: int, retry_after_s: float | None = None, round_trip_ms: float | None = None) -> None:
        """Note a probe's final response. All are signs of life except 503, also a 408: the far end's own one is meant, silence is a failure."""
        self._let_pass(now_s)
        if not self._schedule.end():
            return
        self.probes.note_result(now_s, status, round_trip_ms)
        self._is_unheard = False
        if status != SERVICE_UNAVAILABLE:
            self._live(now_s)
        elif not retry_after_s:                     # Retry-After: 0 asks for no pause, and says no more than a bare 503
            self._fail(now_s, "answered 503")
        else:
            quiet_s = min(retry_after_s, self._rules.retry_after_max_s)
            self._schedule.keep_quiet(now_s + quiet_s)
            self._fail(now_s, f"answered 503, Retry-After {retry_after_s:g} s", is_enough=True)

    def probe_failed(self, now_s: float, cause: str) -> None:
        """Note that a probe had no response: silent, refused, unreachable …"""
        self._let_pass(now_s)
        if self._schedule.end():
            self.probes.note_result(now_s)
            self._fail(now_s, cause)

    def call_refused(self, now_s: float) -> None:
        """Note that a call's attempt was refused: by ICMP, a reset, or our own kernel. With a failed probe that is enough."""
        self._let_pass(now_s)
        if self._evidence.note_refused_call(now_s):
            self._condemn(now_s, "a probe failed and a call was refused")
        else:
            self._doubt(now_s, "a call was refused")

    def call_failed(self, now_s: float, call_key: int) -> None:
        """Note that a call's attempt failed, and that nothing was heard of the zone since it was sent. Two calls are enough."""
        self._let_pass(now_s)
        if self._evidence.note_failed_call(now_s, call_key):
            self._is_unheard = True
            self._condemn(now_s, "two calls failed, with no sign of life between")
        else:
            self._doubt(now_s, "a call failed, with no sign of life since it was sent")

    def calls_failed_by_codes(self, now_s: float) -> None:
        """Note that calls ended in failure codes: so many in a row, to so many numbers, that it is not the numbers."""
        self._let_pass(now_s)
        self._condemn(now_s, "calls to several numbers ended in failure codes, one after the other")

    def link_lost(self, now_s: float, cause: str) -> None:
        """Note that nothing can reach the zone from here: carrier, address, route or interface gone. Nothing is probed until it is back."""
        self._let_pass(now_s)
        self._schedule.pause()
        self._link_trouble = f"link lost: {cause}"
        self._successes = 0
        self._condemn(now_s, self._link_trouble)

    def link_back(self, now_s: float) -> None:
        """Note that the link is there again. Probes decide, the first one at once."""
        self._let_pass(now_s)
        if self._schedule.is_paused:
            self._schedule.resume(now_s)
            self._link_trouble = ""

    def drain(self, now_s: float) -> None:
        """Keep new calls from the zone, whatever its state."""
        self._set_drained(now_s, True, "drained on request")

    def undrain(self, now_s: float) -> None:
        """Let it have calls again, as its state allows."""
        self._set_drained(now_s, False, "undrained on request")

    def _let_pass(self, now_s: float) -> None:
        """Let happen what time alone brings, in its order and at its moment."""
        if self._ramp.ends_s <= min(now_s, self._schedule.overdue_s):
            ended_s = self._ramp.ends_s
            self._ramp.finish()
            self._change(ended_s, Ruling.RAMPED, "its share has grown to 100 %")
        if self._schedule.overdue_s <= now_s:
            overdue_s = self._schedule.overdue_s
            self._schedule.end()
            self.probes.note_result(overdue_s)
            self._fail(overdue_s, f"no result within {self._rules.probe_result_max_s:g} s")

    def _live(self, now_s: float) -> None:
        """Take a sign of life."""
        self._evidence.wipe_out()
        self._failures = 0
        self._successes += 1
        if self.state is State.SUSPECT:
            self._clear(now_s)
        elif self.state is State.DOWN and self._successes >= self._rules.successes_to_up and now_s - self.since_s >= self._hold_s:
            self._ramp.start(now_s)
            self._change(now_s, Ruling.READMITTED, f"answered {self._successes} probes in a row, after {now_s - self.since_s:.0f} s down")
        self._schedule.probe_every(self._rules.interval_in(self.state), now_s)

    def _clear(self, now_s: float) -> None:
        """Put it back to where it was before the doubt."""
        if self._ramp.is_over:
            self._change(now_s, Ruling.CLEARED, "answered a probe")
        else:
            self._ramp.resume(now_s)
            self._change(now_s, Ruling.RESUMED, "answered a probe")

    def _fail(self, at_s: float, cause: str, *, is_enough: bool = False) -> None:
        """Take a probe's failure."""
        self.probes.failed_count += 1
        self._failures += 1
        self._successes = 0
        self._schedule.probe_every(self._rules.interval_in(self.state), at_s)
        if self._evidence.note_failed_probe(at_s):
            self._condemn(at_s, f"a call was refused and a probe failed: {cause}")
        elif self._failures >= self._rules.failures_to_down:
            self._condemn(at_s, f"{self._failures} probes failed in a row, the last: {cause}")
        elif is_enough:
            self._condemn(at_s, f"a probe failed: {cause}")
        else:
            self._doubt(at_s, f"a probe failed: {cause}")

    def _doubt(self, at_s: float, cause: str) -> None:
        """Suspect it, and ask it at once."""
        if self.state in (State.UP, State.RECOVERING):
            self._ramp.freeze(at_s)
            self._change(at_s, Ruling.DOUBTED, cause)
            self._schedule.probe_at_once(at_s)

    def _condemn(self, at_s: float, cause: str) -> None:
        """Take it to be down, longer each time that it has not been up calmly before."""
        if self.state is not State.DOWN:
            self._change(at_s, Ruling.CONDEMNED, cause)
            self._ramp.finish()
            self._successes = 0
            self._hold_s = min(2 * self._hold_s, self._rules.hold_max_s) if self._hold_s else self._rules.hold_first_s
            self._schedule.probe_every(self._rules.interval_in(self.state), at_s)

    def _change(self, at_s: float, ruling: Ruling, cause: str) -> None:
        before = self.condition
        self._hold_s = self.hold_s(at_s)            # what has been up calmly begins with the first hold time again
        self.state, self.since_s, self._cause = TRANSITIONS[self.state, ruling], at_s, cause
        self._changes.append(Change(at_s, before, self.condition, cause))

    def _set_drained(self, now_s: float, is_drained: bool, cause: str) -> None:
        self._let_pass(now_s)
        if self.is_drained is not is_drained:
            before, self.is_drained = self.condition, is_drained
            self._changes.append(Change(now_s, before, self.condition, cause))
