"""The judge against a slow and obvious one (model.py), through whatever may happen to a zone. The clock is passed."""
import math

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hasip.health.judge import Judge
from hasip.health.rules import Rules
from hasip.health.states import State
from tests.health.model import Entry, verdict

RESULTS = ("alive", "probe failed", "asked for quiet")
RULES = Rules(jitter=0.125, hold_first_s=8, hold_max_s=64, calm_s=100, ramp_s=32)
WORDS = (*RESULTS, "nothing")

waits_s = st.integers(0, 40).map(lambda eighths: eighths / 8)       # exact in floating point, as are all figures here
chances = st.sampled_from([0.0, 0.5, 1.0])


class JudgeAndModel(RuleBasedStateMachine):
    """Whatever happens is told to a judge and written into a log."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = 0.5
        self.now_s = self.sent_s = 0.0
        self.log: list[Entry] = []
        self.is_link_lost = self.is_in_flight = self.is_drained = False
        self.quiet_until_s = 0.0

    @initialize(chance=chances)
    def begin(self, chance: float) -> None:
        self.chance = chance
        self.judge = Judge(RULES, lambda: self.chance, 0.0)
        self.condition = self.judge.condition

    def write(self, word: str, call_key: int = 0) -> None:
        self.log.append(Entry(self.now_s, word, call_key))

    def advance(self) -> bool:
        """Let the judge act at this moment, and hold it to the rules of probing."""
        if self.now_s >= self.sent_s + RULES.probe_result_max_s:
            self.is_in_flight = False
        if not self.judge.advance(self.now_s):
            return False
        assert not self.is_in_flight and not self.is_link_lost and self.now_s >= self.quiet_until_s
        self.is_in_flight, self.sent_s = True, self.now_s
        self.write("sent")
        return True

    def run_until(self, end_s: float, word: str = "nothing", takes_s: float = 0.0) -> None:
        """Let time pass, and each probe that is sent have one kind of result."""
        while self.judge.due_s <= end_s:
            self.now_s = max(self.now_s, self.judge.due_s)
            if self.advance() and word != "nothing":
                self.now_s += takes_s
                self.result(word)
        self.now_s = max(self.now_s, end_s)

    @rule(wait_s=waits_s, chance=chances)
    def time_passes(self, wait_s: float, chance: float) -> None:
        self.chance = chance
        self.run_until(self.now_s + wait_s)

    @rule(lasts_s=st.integers(1, 12) | st.integers(1, 150), word=st.sampled_from(WORDS), takes_s=st.sampled_from([0, 0.125, 2.0]))
    def far_end_behaves_one_way_for_a_while(self, lasts_s: int, word: str, takes_s: float) -> None:
        self.run_until(self.now_s + lasts_s, word, takes_s)

    @rule(lasts_s=st.integers(20, 150))
    def all_goes_well_for_a_while(self, lasts_s: int) -> None:
        if self.is_link_lost:
            self.something_rare_happens("back")
        self.run_until(self.now_s + lasts_s, "alive")

    @rule(lasts_s=st.integers(0, 400))
    def nobody_looks_for_a_while(self, lasts_s: int) -> None:
        self.now_s += lasts_s

    @rule(word=st.sampled_from(RESULTS))
    def result_comes_also_when_no_probe_is_in_flight(self, word: str) -> None:
        self.result(word)

    @rule()
    def call_is_refused(self) -> None:
        self.judge.call_refused(self.now_s)
        self.write("refused")

    @rule(call_key=st.integers(0, 1), again_after_s=st.integers(0, 31))
    def call_fails_and_is_sent_again(self, call_key: int, again_after_s: int) -> None:
        self.judge.call_failed(self.now_s, call_key)
        self.write("failed call", call_key)
        self.run_until(self.now_s + again_after_s, "asked for quiet" if again_after_s % 2 else "probe failed")
        self.judge.call_failed(self.now_s, call_key)
        self.write("failed call", call_key)

    @rule(word=st.sampled_from(["codes", "lost", "back", "drained", "undrained"]))
    def something_rare_happens(self, word: str) -> None:
        match word:
            case "codes":
                self.judge.calls_failed_by_codes(self.now_s)
            case "lost":
                self.judge.link_lost(self.now_s, "carrier gone")
                self.is_link_lost, self.is_in_flight = True, False
            case "back":
                self.judge.link_back(self.now_s)
                self.is_link_lost = False
            case _:
                (self.judge.drain if word == "drained" else self.judge.undrain)(self.now_s)
                self.is_drained = word == "drained"
        self.write(word)

    def result(self, word: str) -> None:
        """Tell of a probe's result."""
        is_expected = self.is_in_flight and self.now_s < self.sent_s + RULES.probe_result_max_s
        if word == "probe failed":
            self.judge.probe_failed(self.now_s, "silent")
        else:
            self.judge.probe_answered(self.now_s, 503 if word == "asked for quiet" else 200, 16 if word == "asked for quiet" else None)
        if is_expected and word == "asked for quiet":
            self.quiet_until_s = self.now_s + 16
        self.is_in_flight = False
        self.write(word)

    @invariant()
    def judge_and_model_agree(self) -> None:
        while self.advance():
            pass
        expected = verdict(self.log, RULES, self.now_s)
        share = self.judge.share_percent(self.now_s)
        assert self.judge.state is expected.state
        assert self.judge.hold_s(self.now_s) == expected.hold_s
        assert self.judge.is_drained is self.is_drained
        assert share == (0 if self.is_drained else int(expected.share_percent))

    @invariant()
    def share_is_one_and_down_has_none(self) -> None:
        share = self.judge.share_percent(self.now_s)
        assert 0 <= share <= 100
        assert share == 0 or not (self.judge.is_drained or self.judge.state is State.DOWN)

    @invariant()
    def something_is_due_later_unless_the_link_is_lost(self) -> None:
        assert self.judge.due_s > self.now_s
        assert (self.judge.due_s == math.inf) is self.is_link_lost

    @invariant()
    def every_change_has_a_cause_and_leads_on_from_the_one_before(self) -> None:
        for change in self.judge.take_changes():
            assert change.cause and change.before == self.condition != change.after
            self.condition = change.after
        assert self.condition == self.judge.condition
        assert self.judge.cause


TestJudgeAgainstModel = JudgeAndModel.TestCase
TestJudgeAgainstModel.settings = settings(max_examples=150, stateful_step_count=40)
