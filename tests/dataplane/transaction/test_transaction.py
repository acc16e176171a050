"""The response context: which final response is the best one (§16.7), and whether a rule lets a call move on."""
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _transaction

FINALS = range(300, 700)
STATUSES = st.sampled_from(FINALS)


def rank_rfc3261_16_7(status):
    """The order of §16.7 step 6: any 6xx, then the lowest class, and in 4xx those that tell the caller how to ask again."""
    return (0 if status >= 600 else status // 100, status not in (401, 407, 415, 420, 484))


def test_the_best_response_by_rfc3261_16_7_step_6():
    for candidate, best in itertools.product(FINALS, FINALS):
        assert _transaction.is_better(candidate, best) == (rank_rfc3261_16_7(candidate) < rank_rfc3261_16_7(best)), (candidate, best)


@pytest.mark.parametrize("status", [302, 404, 408, 503, 603])
def test_anything_is_better_than_nothing(status):
    assert _transaction.is_better(status, 0)


@pytest.mark.parametrize(("responses", "best"), [
    ([486, 603], 603), ([603, 302], 603), ([503, 480], 480), ([404, 302], 302), ([404, 407], 407), ([407, 404], 407), ([486, 404], 486), ([404, 486], 404),
    ([604, 603], 604), ([401, 407], 401), ([500, 503, 404], 404)])
def test_of_several_responses_one_is_chosen_rfc3261_16_7_step_6(responses, best):
    chosen = 0
    for status in responses:
        chosen = status if _transaction.is_better(status, chosen) else chosen
    assert chosen == best


@pytest.mark.parametrize("status", [408, 480])
@pytest.mark.parametrize(("policy", "has_progress", "has_early_media", "allows"), [
    ("always", False, False, True), ("always", True, False, True), ("always", True, True, True),
    ("no_early_media", False, False, True), ("no_early_media", True, False, True), ("no_early_media", True, True, False),
    ("never", False, False, True), ("never", True, False, False), ("never", True, True, False)])
def test_ringing_keeps_a_call_where_it_is_when_the_rule_says_so(policy, has_progress, has_early_media, allows, status):
    assert _transaction.progress_allows(policy, has_progress, has_early_media, status) == allows


@pytest.mark.parametrize("policy", _transaction.PROGRESS_POLICIES)
def test_ringing_says_nothing_about_any_other_status(policy):
    assert all(_transaction.progress_allows(policy, True, True, status) for status in FINALS if status not in (408, 480))


@given(st.sets(STATUSES, max_size=20))
def test_exactly_the_codes_of_the_rule_move_a_call_on(codes):
    assert {status for status in range(1000) if _transaction.moves_on(codes, status)} == codes


def test_599_is_not_500_and_699_has_its_place():
    assert not _transaction.moves_on({500}, 599) and _transaction.moves_on({599}, 599)
    assert _transaction.moves_on({699}, 699) and not _transaction.moves_on(set(FINALS), 700)


@pytest.mark.parametrize("status", [0, 100, 180, 200, 299, 700, 65535])
def test_what_is_no_failure_moves_nothing_on(status):
    assert not _transaction.moves_on(set(FINALS), status)
