"""When a session is over."""
import pytest

from hasip.domain.person import Session
from hasip.people import SessionRules

RULES = SessionRules(idle_s=100, longest_s=1000, see_s=10)


@pytest.mark.parametrize(("begun_s", "seen_s", "is_over"), [(5000, 5000, False), (5000, 4901, False), (5000, 4900, True), (4001, 5000, False), (4000, 5000, True)])
def test_a_session_ends_when_it_was_not_used_or_has_lasted_long_enough(begun_s: int, seen_s: int, is_over: bool) -> None:
    session = Session("anna", begun_s, seen_s, "192.0.2.1")
    assert RULES.is_over(session, 5000) is is_over
    assert is_over is (seen_s <= RULES.over_before_s(5000) or begun_s <= RULES.begun_before_s(5000))


def test_use_is_noted_now_and_then() -> None:
    session = Session("anna", 0, 100, "192.0.2.1")
    assert not RULES.is_to_be_noted(session, 109) and RULES.is_to_be_noted(session, 110)
