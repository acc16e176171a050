"""Who gets a new call: the order in which each mode tries the legs (HA modes, spec §2)."""
import itertools

import pytest

from hasip import _fastpath
from tests import _routing

FAILOVER_MODES = ["auto_failover", "2t", "4t", "2t4t"]
LEGS = [1, 2, 3, 4]


@pytest.mark.parametrize("legs", LEGS)
def test_only_primary_tries_the_first_leg_and_no_other(legs):
    assert _routing.order("only_primary", legs) == [0]


@pytest.mark.parametrize("mode", FAILOVER_MODES)
@pytest.mark.parametrize("legs", LEGS)
def test_failover_tries_the_legs_as_they_stand_in_the_configuration(mode, legs):
    assert _routing.order(mode, legs) == list(range(legs))


@pytest.mark.parametrize("mode", _routing.MODES)
def test_a_trunk_without_legs_has_nothing_to_try(mode):
    assert _routing.order(mode, 0) == []


@pytest.mark.parametrize("legs", LEGS)
def test_round_robin_alternates_strictly_and_makes_one_attempt(legs):
    board = _routing.Board(1)
    tried = [_routing.order("load_balancing", legs, board.advance(0)) for _ in range(1000)]
    assert tried == [[call % legs] for call in range(1000)]


@pytest.mark.parametrize("legs", LEGS)
def test_round_robin_alternates_strictly_where_the_cursor_wraps(legs):
    board = _routing.Board(1)
    board.set_cursor(0, 2**32 - 20)
    tried = [_routing.order("load_balancing", legs, board.advance(0))[0] for _ in range(60)]
    assert all(following == (leg + 1) % legs for leg, following in itertools.pairwise(tried)), tried


def test_a_far_end_failure_moves_a_call_on_in_the_failover_modes_alone():
    assert {mode for mode in _routing.MODES if _routing.fails_over(mode)} == set(FAILOVER_MODES)


def test_a_modes_number_is_its_place_in_the_control_planes_list():
    assert {mode: place for place, mode in enumerate(_fastpath.MODES)} == _routing.MODES


@pytest.mark.parametrize("legs", LEGS)
def test_the_selectors_for_everyone_choose_as_the_router_does(legs):
    round_robin = _fastpath.RoundRobin(legs)
    assert [round_robin.order() for _ in range(9)] == [_routing.order("load_balancing", legs, call) for call in range(9)]
    assert _fastpath.OnlyPrimary(legs).order() == _routing.order("only_primary", legs)
    assert _fastpath.Failover(legs).order() == _routing.order("auto_failover", legs)
