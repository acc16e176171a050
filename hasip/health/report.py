"""What a watch tells: standings for those who route, events and reports for those who look."""
from dataclasses import dataclass

from hasip.health.probes import Probes
from hasip.health.states import Condition, State


@dataclass(frozen=True, slots=True)
class Standing:
    """What the choice of a zone goes by."""

    share_percent: int
    is_drained: bool
    is_down: bool
    is_silent: bool = False                 # down, and not for what it answered: it may be reached by another way only


@dataclass(frozen=True, slots=True)
class Event:
    """A zone's condition became another: a line of history."""

    at_s: float
    zone: str
    before: Condition
    after: Condition
    cause: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known of a zone."""

    state: State
    since_s: float
    cause: str
    share_percent: int
    is_drained: bool
    is_silent: bool
    hold_s: float                           # how long it had to stay down the last time; 0: it is calm
    probes: Probes                          # a copy
