"""The table of states, whole."""
from hasip.health.states import TRANSITIONS, Condition, Ruling, State


def test_every_state_can_be_reached_and_left() -> None:
    assert {before for before, _ in TRANSITIONS} == set(State) == set(TRANSITIONS.values())


def test_every_ruling_has_its_row() -> None:
    assert {ruling for _, ruling in TRANSITIONS} == set(Ruling)


def test_every_row_leads_to_another_state() -> None:
    assert all(before is not after for (before, _), after in TRANSITIONS.items())


def test_what_is_down_comes_up_by_recovery_alone() -> None:
    assert [(ruling, after) for (before, ruling), after in TRANSITIONS.items() if before is State.DOWN] == [(Ruling.READMITTED, State.RECOVERING)]


def test_condition_reads_as_words() -> None:
    assert (str(Condition(State.UP)), str(Condition(State.DOWN, is_drained=True))) == ("up", "down, drained")
