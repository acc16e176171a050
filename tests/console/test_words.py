"""People's words for what the data plane counts."""
import pytest

from hasip.console.words import BASIC_MODES, CAUSES, MODES, STATUS_PHRASES, cause_text, counted, duration_text, gap_text
from hasip.domain.trunk import FAILOVER_CODES, Mode


def test_every_mode_has_its_words():
    assert set(MODES) == {mode.value for mode in Mode}
    assert set(BASIC_MODES) == {mode.value for mode in Mode if mode.is_basic}


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (185, "3 min 5 s"), (7800, "2 h 10 min"), (356_400, "4 d 3 h")])
def test_a_span_of_time_is_told_in_two_units_at_most(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(("gap_ms", "text"), [(0.2, "under 1 ms"), (22.4, "22 ms"), (2003, "2.0 s")])
def test_a_gap_is_told_as_a_caller_feels_it(gap_ms, text):
    assert gap_text(gap_ms) == text


def test_one_call_is_a_call_and_several_are_calls():
    assert counted(1, "call") == "1 call"
    assert counted(1200, "call") == "1\u202f200 calls"


def test_every_code_that_moves_a_call_has_its_phrase():
    assert set(STATUS_PHRASES) == FAILOVER_CODES
    assert cause_text("refused", 503) == "answered 503 Service Unavailable"
    assert cause_text("refused", 486) == "answered 486"
    assert cause_text("silent", 0) == CAUSES["silent"]
