"""What people and their tokens may be called."""
import pytest

from hasip.people import name_problem


@pytest.mark.parametrize("name", ["a", "anna.maria@example.net", "Ünal Ç", "a/b", "x" * 63])
def test_a_name_can_be_read(name: str) -> None:
    assert name_problem(name) == ""


@pytest.mark.parametrize("name", ["", "x" * 64, "an\x00na", "an\nna", "\u202eanna", "an\u200bna", "\ud800"])
def test_a_name_that_is_empty_or_long_or_looks_like_another_is_none(name: str) -> None:
    assert name_problem(name) == "a name has 1 … 63 characters that can be printed"
