"""A slow and obvious judge: it keeps all that was ever heard, and works the state out from the beginning each time.

It has no counters: whatever it wants to know, it looks for in the log. The clock of its entries is the only one.
"""
from dataclasses import dataclass

from hasip.health.rules import Rules
from hasip.health.states import State

PROBE_RESULTS = ("alive", "probe failed", "asked for quiet")


@dataclass(frozen=True)
class Entry:
    at_s: float
    word: str                               # "sent", "refused", "failed call", "codes", "lost", "back", "drained", "undrained", or a probe's result
    call_key: int = 0


@dataclass(frozen=True)
class Verdict:
    state: State
    share_percent: float
    hold_s: float


def completed(log: list[Entry], rules: Rules, now_s: float) -> list[Entry]:
    """Return the log with the failures of probes whose result did not come, and without what came for no probe."""
    whole: list[Entry] = []
    in_flight_s: float | None = None
    for entry in [*log, Entry(now_s, "now")]:
        if in_flight_s is not None and entry.at_s >= in_flight_s + rules.probe_result_max_s:
            whole.append(Entry(in_flight_s + rules.probe_result_max_s, "probe failed"))
            in_flight_s = None
        if entry.word in PROBE_RESULTS and in_flight_s is None:
            continue
        if entry.word == "sent":
            in_flight_s = entry.at_s
        elif entry.word in (*PROBE_RESULTS, "lost"):
            in_flight_s = None
        whole.append(entry)
    return whole


def row_of(entries: list[Entry], word: str, other: tuple[str, ...]) -> int:
    """Return how many entries of a word there are after the last of the others."""
    words = [entry.word for entry in entries]
    start = max((index + 1 for index, each in enumerate(words) if each in other), default=0)
    return words[start:].count(word)


def condemns(heard: list[Entry], rules: Rules) -> bool:
    """True when the last of what was heard, with what came before, is enough to be down."""
    last = heard[-1]
    start = max((index + 1 for index, entry in enumerate(heard) if entry.word == "alive"), default=0)
    recent = [entry for entry in heard[start:] if last.at_s - entry.at_s <= rules.passive_window_s]
    if last.word in ("lost", "codes", "asked for quiet"):
        return True
    if last.word in ("probe failed", "refused"):
        words = {entry.word for entry in recent}
        if "refused" in words and words & {"probe failed", "asked for quiet"}:
            return True
    if last.word == "failed call":
        latest_failed = [entry.call_key for entry in recent if entry.word == "failed call"]
        return len(set(latest_failed)) > 1
    return last.word == "probe failed" and row_of(heard, "probe failed", ("alive", "asked for quiet")) \
        + row_of(heard, "asked for quiet", ("alive",)) >= rules.failures_to_down


def verdict(log: list[Entry], rules: Rules, now_s: float) -> Verdict:
    """Work out the state from the beginning."""
    whole = completed(log, rules, now_s)
    visits: list[tuple[float, State]] = [(0.0, State.UP)]
    grown_s, grows_since_s = rules.ramp_s, 0.0
    hold_s = 0.0
    for index, entry in enumerate(whole):
        state = visits[-1][1]
        if state is State.RECOVERING and entry.at_s >= grows_since_s + rules.ramp_s - grown_s:
            visits.append((grows_since_s + rules.ramp_s - grown_s, State.UP))
            grown_s, state = rules.ramp_s, State.UP
        since_s = visits[-1][0]
        if state is State.UP and entry.at_s - since_s >= rules.calm_s:
            hold_s = 0.0
        if entry.word in ("sent", "now", "back", "drained", "undrained"):
            continue
        heard = whole[:index + 1]
        if entry.word == "alive":
            if state is State.SUSPECT:
                grows_since_s = entry.at_s
                visits.append((entry.at_s, State.UP if grown_s == rules.ramp_s else State.RECOVERING))
            elif state is State.DOWN:
                answers = row_of([each for each in heard if each.at_s >= since_s], "alive", ("probe failed", "asked for quiet", "lost"))
                if answers >= rules.successes_to_up and entry.at_s - since_s >= hold_s:
                    grown_s, grows_since_s = 0.0, entry.at_s
                    visits.append((entry.at_s, State.RECOVERING))
        elif state is State.DOWN:
            continue
        elif condemns(heard, rules):
            visits.append((entry.at_s, State.DOWN))
            grown_s = rules.ramp_s
            hold_s = min(2 * hold_s, rules.hold_max_s) or rules.hold_first_s
        elif state is not State.SUSPECT:
            if state is State.RECOVERING:
                grown_s += entry.at_s - grows_since_s
            visits.append((entry.at_s, State.SUSPECT))
    state = visits[-1][1]
    if state is State.RECOVERING:
        grown_s += now_s - grows_since_s
    share = 0.0 if state is State.DOWN else rules.ramp_from_percent + (100 - rules.ramp_from_percent) * grown_s / rules.ramp_s
    return Verdict(state, share, hold_s)
