"""All zones of a node: which are to be probed now, which stand otherwise than before, and what happened to them. No I/O, as in judge.py.

A zone's name is all that others need to keep: what comes late for a zone that is gone is ignored. Threads: one.
"""
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import replace
from typing import Concatenate, ParamSpec

from hasip.health.judge import Judge
from hasip.health.report import Event, Report, Standing
from hasip.health.rules import Rules
from hasip.health.states import State
from hasip.health.wheel import Wheel

Arguments = ParamSpec("Arguments")

RAMP_STEP_S = 1.0                           # how often a growing share is told anew


class Watch:
    """A judge for each zone, on one wheel. `history` has the latest events, the oldest first."""

    def __init__(self, rules: Rules, random: Callable[[], float], history_max: int = 1000) -> None:
        self.history: deque[Event] = deque(maxlen=history_max)
        self._rules = rules
        self._random = random
        self._wheel: Wheel[str] = Wheel(0.0)
        self._facts: dict[str, Hashable] = {}
        self._judges: dict[str, Judge] = {}
        self._told: dict[str, Standing] = {}                # as last taken
        self._untold: dict[str, None] = {}                  # names whose standing may be another by now, in order

    def __iter__(self) -> Iterator[str]:
        return iter(self._judges)

    def __len__(self) -> int:
        return len(self._judges)

    @property
    def next_due_s(self) -> float:
        """When to call advance next; infinity without zones."""
        return self._wheel.next_due_s

    def set_zones(self, zones: Mapping[str, Hashable], now_s: float) -> None:
        """Watch these zones and no others. What has the same facts as before keeps its judge; what has others begins anew, and stays drained."""
        for name in self._judges.keys() - zones.keys():
            self._forget(name)
        for name, facts in zones.items():
            if name not in self._judges or self._facts[name] != facts:
                self._begin(name, facts, now_s)

    def note(self, name: str, happened: Callable[Concatenate[Judge, float, Arguments], None], now_s: float,
             *arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        """Tell a zone's judge what happened: `watch.note("globex/sg-a", Judge.probe_failed, now_s, "silent")`."""
        if judge := self._judges.get(name):
            happened(judge, now_s, *arguments, **named)
            self._look_at(name, judge, now_s)

    def advance(self, now_s: float) -> list[str]:
        """Let time pass. Returns the zones to probe now."""
        to_probe = []
        for name in self._wheel.pop_due(now_s):
            judge = self._judges[name]
            if judge.advance(now_s):
                to_probe.append(name)
            self._look_at(name, judge, now_s)
        return to_probe

    def take_changed(self, now_s: float) -> dict[str, Standing]:
        """Return the standings that are others than when last taken; those of new zones too."""
        changed = {}
        for name in self._untold:
            standing = standing_of(self._judges[name], now_s)
            if self._told.get(name) != standing:
                changed[name] = self._told[name] = standing
        self._untold.clear()
        return changed

    def report(self, name: str, now_s: float) -> Report | None:
        """Return all that is known of a zone; None when it is not watched."""
        judge = self._judges.get(name)
        if judge is None:
            return None
        return Report(judge.state, judge.since_s, judge.cause, judge.share_percent(now_s), judge.is_drained, judge.is_silent,
                      judge.hold_s(now_s), replace(judge.probes))

    def _begin(self, name: str, facts: Hashable, now_s: float) -> None:
        before = self._judges.get(name)
        judge = Judge(self._rules, self._random, now_s, is_drained=before is not None and before.is_drained)
        self._facts[name], self._judges[name] = facts, judge
        self._told.pop(name, None)
        self._look_at(name, judge, now_s)

    def _forget(self, name: str) -> None:
        self._wheel.disarm(name)
        del self._facts[name], self._judges[name]
        self._told.pop(name, None)
        self._untold.pop(name, None)

    def _look_at(self, name: str, judge: Judge, now_s: float) -> None:
        """Write down what changed, and when to look again."""
        self.history.extend(Event(each.at_s, name, each.before, each.after, each.cause) for each in judge.take_changes())
        self._untold[name] = None
        self._wheel.arm(name, min(judge.due_s, now_s + RAMP_STEP_S) if judge.state is State.RECOVERING else judge.due_s)


def standing_of(judge: Judge, now_s: float) -> Standing:
    """Return what the choice of a zone goes by."""
    return Standing(judge.share_percent(now_s), judge.is_drained, judge.state is State.DOWN, judge.is_silent)
