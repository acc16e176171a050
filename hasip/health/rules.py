"""What zones are judged by. Units: seconds."""
from dataclasses import dataclass

from hasip.health.states import State


@dataclass(frozen=True, slots=True)
class Rules:
    """How often to probe, and how much evidence is enough."""

    interval_s: float = 10.0                # between probes while up or recovering
    suspect_interval_s: float = 1.0
    down_interval_s: float = 5.0
    jitter: float = 0.1                     # of each interval, either way: zones do not stay in step
    failures_to_down: int = 3               # probes in a row
    successes_to_up: int = 3                # probes in a row
    ramp_s: float = 30.0                    # from recovery to the full share
    ramp_from_percent: int = 10
    hold_first_s: float = 10.0              # the least time down; doubles with each relapse
    hold_max_s: float = 300.0
    calm_s: float = 300.0                   # of being up without a doubt: the next time down is a first one again
    retry_after_max_s: float = 60.0         # how far a far end may put off its next probe
    probe_result_max_s: float = 5.0         # a probe whose result does not come counts as failed
    passive_window_s: float = 30.0          # how far apart two failures may lie and still count together

    def interval_in(self, state: State) -> float:
        """Return how far the probes of a zone are apart."""
        if state is State.SUSPECT:
            return self.suspect_interval_s
        return self.down_interval_s if state is State.DOWN else self.interval_s
