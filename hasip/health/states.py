"""The states of a zone, and what leads from one to another: a table, after h11's _state.py.

            DOUBTED              CONDEMNED              READMITTED
    UP ────────────────▶ SUSPECT ──────────▶ DOWN ────────────────────▶ RECOVERING ───▶ UP
       ◀────────────────                                                  │    ▲   RAMPED
            CLEARED         ▲ │                                  DOUBTED  │    │
                            │ └───────────────────────────────────────────┼────┘ RESUMED
                            └─────────────────────────────────────────────┘
    UP and RECOVERING are CONDEMNED without doubt before, where the evidence is enough at once.

A row that is missing can't happen; looking it up is an error.
"""
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What is thought of a zone."""

    UP = "up"
    SUSPECT = "suspect"             # it keeps its share, and is probed often
    DOWN = "down"
    RECOVERING = "recovering"       # its share grows


class Ruling(StrEnum):
    """What a judge finds."""

    DOUBTED = "doubted"             # a sign of failure
    CONDEMNED = "condemned"         # enough of them
    CLEARED = "cleared"             # a sign of life after a doubt
    RESUMED = "resumed"             # the same, and its share was still growing before
    READMITTED = "readmitted"       # enough signs of life, and the hold time is over
    RAMPED = "ramped"               # its share has grown to the full one


TRANSITIONS: dict[tuple[State, Ruling], State] = {
    (State.UP, Ruling.DOUBTED): State.SUSPECT,
    (State.UP, Ruling.CONDEMNED): State.DOWN,
    (State.SUSPECT, Ruling.CONDEMNED): State.DOWN,
    (State.SUSPECT, Ruling.CLEARED): State.UP,
    (State.SUSPECT, Ruling.RESUMED): State.RECOVERING,
    (State.DOWN, Ruling.READMITTED): State.RECOVERING,
    (State.RECOVERING, Ruling.DOUBTED): State.SUSPECT,
    (State.RECOVERING, Ruling.CONDEMNED): State.DOWN,
    (State.RECOVERING, Ruling.RAMPED): State.UP,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A zone's state, and whether an operator keeps new calls from it. Reads "up" or "up, drained"."""

    state: State
    is_drained: bool = False

    def __str__(self) -> str:
        return f"{self.state}, drained" if self.is_drained else str(self.state)


@dataclass(frozen=True, slots=True)
class Change:
    """A zone's condition became another."""

    at_s: float
    before: Condition
    after: Condition
    cause: str
