"""Problems stand beside their fields."""
from hasip.console.beside import beside_fields

PLACES = {"numbers": ("numbers",), 'zone "a"': ("first", "second"), "target[1]: address": ("target-4-address",)}


def test_a_problem_of_a_list_is_beside_the_lists_field() -> None:
    assert beside_fields([("numbers[3]", "is no number")], PLACES) == {"numbers": "is no number"}


def test_a_place_that_has_an_index_of_its_own_is_taken_as_it_is() -> None:
    assert beside_fields([("target[1]: address", "is no address")], PLACES) == {"target-4-address": "is no address"}


def test_several_problems_of_a_field_are_told_together_and_each_once() -> None:
    assert beside_fields([("numbers[0]", "one"), ("numbers[1]", "two"), ("numbers[2]", "one")], PLACES) == {"numbers": "one; two"}


def test_the_same_problem_of_two_fields_that_are_named_alike_is_told_beside_both() -> None:
    assert beside_fields([('zone "a"', "is empty"), ('zone "a"', "is empty"), ('zone "a"', "is empty")], PLACES) == {"first": "is empty", "second": "is empty"}


def test_what_is_about_no_field_is_told_on_top_with_its_place() -> None:
    assert beside_fields([("add_ons", "is missing"), ("", "it cannot be")], PLACES) == {"": "add_ons: is missing; it cannot be"}
