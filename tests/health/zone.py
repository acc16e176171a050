"""A judge at second 0 without chance, and short words for what happens to its zone."""
import math

from hasip.health.judge import Judge
from hasip.health.rules import Rules
from hasip.health.states import State

RULES = Rules()


def middle() -> float:
    """Chance that takes no side: the first probe is due after half an interval, and the others have no jitter."""
    return 0.5


def new_judge(rules: Rules = RULES) -> Judge:
    return Judge(rules, middle, 0.0)


def send(judge: Judge) -> float:
    """Let time pass until a probe is sent; return when."""
    while judge.due_s < math.inf:
        at_s = judge.due_s
        if judge.advance(at_s):
            return at_s
    raise AssertionError("no probe is ever due")


def answer(judge: Judge, status: int = 200, retry_after_s: float | None = None) -> float:
    """Let the next probe be answered as soon as it is sent; return when."""
    at_s = send(judge)
    judge.probe_answered(at_s, status, retry_after_s)
    return at_s


def fail(judge: Judge, cause: str = "silent") -> float:
    """Let the next probe fail as soon as it is sent; return when."""
    at_s = send(judge)
    judge.probe_failed(at_s, cause)
    return at_s


def down(rules: Rules = RULES) -> tuple[Judge, float]:
    """Return a judge whose zone has just gone down, and when."""
    judge = new_judge(rules)
    for _ in range(3):
        at_s = fail(judge)
    assert judge.state is State.DOWN
    return judge, at_s


def recovering(rules: Rules = RULES) -> tuple[Judge, float]:
    """Return a judge whose zone has just begun to recover, and when."""
    judge, at_s = down(rules)
    while judge.state is State.DOWN:
        at_s = answer(judge)
    assert judge.state is State.RECOVERING
    return judge, at_s


def bring_up(judge: Judge) -> float:
    """Answer probes until the zone is up; return since when."""
    while judge.state is not State.UP:
        answer(judge)
    return judge.since_s
