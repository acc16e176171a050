"""Who gets a new call: the order in which each mode tries the legs (HA modes, spec §2)."""
import itertools
from collections import Counter
from collections.abc import Collection, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hasip
from hasip import _fastpath
from tests import _routing_world

FAILOVER_MODES = ["auto_failover", "2t", "4t", "2t4t"]
LEGS = [1, 2, 3, 4]
CURSOR_TURN = 4294967292


@pytest.mark.parametrize("legs", LEGS)
def test_only_primary_tries_the_first_leg_and_no_other(legs):
    assert _routing_world.order("only_primary", legs) == [0]


@pytest.mark.parametrize("mode", FAILOVER_MODES)
@pytest.mark.parametrize("legs", LEGS)
def test_failover_tries_the_legs_as_they_stand_in_the_configuration(mode, legs):
    assert _routing_world.order(mode, legs) == list(range(legs))


@pytest.mark.parametrize("mode", _routing_world.MODES)
def test_a_trunk_without_legs_has_nothing_to_try(mode):
    assert _routing_world.order(mode, 0) == []


@pytest.mark.parametrize("legs", LEGS)
def test_round_robin_alternates_strictly_and_makes_one_attempt(legs):
    board = _routing_world.Board(1)
    tried = [_routing_world.order("load_balancing", legs, board.advance(0)) for _ in range(1000)]
    assert tried == [[call % legs] for call in range(1000)]


@pytest.mark.parametrize("legs", LEGS)
def test_round_robin_alternates_strictly_where_the_cursor_wraps(legs):
    board = _routing_world.Board(1)
    board.set_cursor(0, 2**32 - 20)
    tried = [_routing_world.order("load_balancing", legs, board.advance(0))[0] for _ in range(60)]
    assert all(following == (leg + 1) % legs for leg, following in itertools.pairwise(tried)), tried


def test_a_far_end_failure_moves_a_call_on_in_the_failover_modes_alone():
    assert {mode for mode in _routing_world.MODES if _routing_world.fails_over(mode)} == set(FAILOVER_MODES)


def test_a_modes_number_is_its_place_in_the_control_planes_list():
    assert {mode: place for place, mode in enumerate(_fastpath.MODES)} == _routing_world.MODES


@pytest.mark.parametrize("legs", LEGS)
def test_the_selectors_for_everyone_choose_as_the_router_does(legs):
    round_robin = _fastpath.RoundRobin(legs)
    assert [round_robin.order() for _ in range(9)] == [_routing_world.order("load_balancing", legs, call) for call in range(9)]
    assert _fastpath.OnlyPrimary(legs).order() == _routing_world.order("only_primary", legs)
    assert _fastpath.Failover(legs).order() == _routing_world.order("auto_failover", legs)


# ---------------------------------------------------------------------------------------- zones of regions

DOWN = 100
TURNS = 200                 # in which each of two zones has a hundred turns of its own
WORLDS = {"2t": (0, 0), "4t": (0, 1), "2t4t": (0, 0, 1, 1)}

world_of_zones = st.sampled_from([(0,), (0, 0), (0, 1), (0, 0, 1), (0, 1, 1), (0, 0, 1, 1), (0, 1, 2, 3), (0, 0, 0, 1), (0, 0, 0, 0)])


class Model:
    """Who gets a call, as the spec says it: slow, and nothing else."""

    def __init__(self, regions: tuple[int, ...], *, priority: bool) -> None:
        self.regions, self.priority, self.turn = regions, priority, -1

    def order(self, withheld: Sequence[int], drained: Collection[int]) -> list[int]:
        self.turn += 1
        candidates = [leg for leg in range(len(self.regions)) if leg not in drained]
        healthy = [leg for leg in candidates if withheld[leg] < DOWN]
        if not healthy:
            return self.by_region(candidates)
        order = self.by_region(healthy)
        first = next((leg for leg in order if not self.gives_away(withheld[leg])), order[0])
        return [first, *(leg for leg in order if leg != first)]

    def by_region(self, legs: list[int]) -> list[int]:
        """The first region's zones, then the next one's; in each another one begins at each turn."""
        order = []
        for region in dict.fromkeys(self.regions):
            zones = [leg for leg in legs if self.regions[leg] == region]
            begin = 0 if self.priority or not zones else self.turn % len(zones)
            order += zones[begin:] + zones[:begin]
        return order

    def gives_away(self, withheld: int) -> bool:
        """Of a hundred pairs of turns as many as percent are withheld, in one fixed order; 99 is all that another leg may have."""
        return withheld >= 99 or self.turn // 2 % 100 * 61 % 100 < withheld


def test_a_leg_passed_over_never_comes_first_and_is_still_tried():
    for selector in (_fastpath.Regions((0, 1)), _fastpath.Regions((0, 0))):
        orders = [selector.order((99, 0)) for _ in range(400)]
        assert all(order == [1, 0] for order in orders)
        assert selector.order((99, DOWN)) == [0]


def firsts(selector, turns=TURNS, withheld=(), drained=()):
    """Return how many calls each leg is the first for."""
    return Counter(selector.order(withheld, drained)[0] for _ in range(turns))


def test_2t_rotates_over_its_two_zones_and_each_is_the_others_spare():
    zones = _fastpath.Regions(WORLDS["2t"])
    assert [zones.order() for _ in range(4)] == [[0, 1], [1, 0]] * 2


def test_2t_gives_all_calls_to_the_other_zone_when_one_is_down():
    assert [_fastpath.Regions(WORLDS["2t"]).order((DOWN, 0)), _fastpath.Regions(WORLDS["2t"]).order((0, DOWN))] == [[1], [0]]


def test_4t_takes_the_primary_region_and_the_secondary_only_after_it():
    zones = _fastpath.Regions(WORLDS["4t"])
    assert [zones.order() for _ in range(4)] == [[0, 1]] * 4
    assert [zones.order((DOWN, 0)) for _ in range(4)] == [[1]] * 4
    assert [zones.order((0, DOWN)) for _ in range(4)] == [[0]] * 4


def test_2t4t_rotates_in_the_active_region_and_keeps_the_other_region_behind_it():
    zones = _fastpath.Regions(WORLDS["2t4t"])
    assert [zones.order() for _ in range(4)] == [[0, 1, 2, 3], [1, 0, 3, 2]] * 2


def test_2t4t_gives_a_call_to_the_sibling_zone_before_it_leaves_the_region():
    zones = _fastpath.Regions(WORLDS["2t4t"])
    assert [zones.order((DOWN, 0, 0, 0)) for _ in range(2)] == [[1, 2, 3], [1, 3, 2]]


def test_2t4t_moves_to_the_other_region_when_both_zones_are_down():
    zones = _fastpath.Regions(WORLDS["2t4t"])
    assert [zones.order((DOWN, DOWN, 0, 0)) for _ in range(4)] == [[2, 3], [3, 2]] * 2


def test_2t4t_with_priority_keeps_to_the_strict_order():
    zones = _fastpath.Regions(WORLDS["2t4t"], priority=True)
    assert [zones.order() for _ in range(3)] == [[0, 1, 2, 3]] * 3
    assert [zones.order((DOWN, 0, 0, 0)) for _ in range(3)] == [[1, 2, 3]] * 3


@pytest.mark.parametrize("regions", WORLDS.values())
@pytest.mark.parametrize("priority", [False, True])
def test_when_all_zones_are_down_they_are_tried_all_the_same_in_normal_order(regions, priority):
    healthy, down = _fastpath.Regions(regions, priority=priority), _fastpath.Regions(regions, priority=priority)
    for _ in range(8):
        assert down.order([DOWN] * len(regions)) == healthy.order()


@pytest.mark.parametrize("regions", WORLDS.values())
def test_a_drained_zone_is_never_tried(regions):
    for drained in itertools.chain.from_iterable(itertools.combinations(range(len(regions)), count) for count in range(len(regions) + 1)):
        for withheld in itertools.product((0, 50, DOWN), repeat=len(regions)):
            zones = _fastpath.Regions(regions)
            assert all(not set(zones.order(withheld, drained)) & set(drained) for _ in range(4))


def test_when_every_zone_is_drained_there_is_nobody_to_try():
    assert _fastpath.Regions(WORLDS["2t4t"]).order((0, DOWN, 0, 0), (0, 1, 2, 3)) == []


def test_those_that_are_not_drained_are_tried_though_they_are_down():
    assert _fastpath.Regions(WORLDS["2t4t"]).order((0, DOWN, DOWN, DOWN), (0,)) == [1, 2, 3]


@pytest.mark.parametrize("withheld", [(0, 0, 0, 0), (DOWN, 0, 0, 0), (0, 0, DOWN, 0)])
def test_round_robin_over_the_healthy_is_exact(withheld):
    healthy = [leg for leg in (0, 1) if withheld[leg] < DOWN]
    assert firsts(_fastpath.Regions(WORLDS["2t4t"]), 1000, withheld) == {leg: 1000 // len(healthy) for leg in healthy}


@pytest.mark.parametrize("withheld", range(DOWN - 1))      # the last percent is that of a leg passed over: above
@pytest.mark.parametrize("growing", [0, 1])
def test_a_zone_that_grows_back_gets_exactly_its_share_and_its_sibling_the_rest(growing, withheld):
    percent = [0, 0, 0, 0]
    percent[growing] = withheld
    wanted = Counter({growing: 100 - withheld, 1 - growing: 100 + withheld})
    assert firsts(_fastpath.Regions(WORLDS["2t4t"]), withheld=percent) == +wanted


@pytest.mark.parametrize("withheld", [1, 10, 37, 90, 98])
@pytest.mark.parametrize(("regions", "priority", "heir"), [((0, 1), False, 1), ((0, 0, 1, 1), True, 1)])
def test_a_zone_that_would_get_every_call_gets_its_share_of_all(regions, priority, heir, withheld):
    percent = [withheld] + [0] * (len(regions) - 1)
    assert firsts(_fastpath.Regions(regions, priority=priority), withheld=percent) == {0: 2 * (100 - withheld), heir: 2 * withheld}


def test_what_a_region_that_grows_back_gives_away_goes_to_the_other_region_in_turn():
    calls = firsts(_fastpath.Regions(WORLDS["2t4t"]), withheld=(90, 90, 0, 0))
    assert calls == {0: 10, 1: 10, 2: 90, 3: 90}


def test_where_every_zone_would_give_its_turn_away_the_normal_order_stands():
    assert firsts(_fastpath.Regions(WORLDS["2t"]), withheld=(99, 99)) == {0: 100, 1: 100}


def test_a_share_is_spread_evenly_over_the_turns():
    zones = _fastpath.Regions(WORLDS["2t"])
    got = [zones.order((90, 0))[0] == 0 for _ in range(TURNS)]
    assert max(len(list(run)) for is_its, run in itertools.groupby(got) if not is_its) < TURNS // 4


def test_a_zone_passed_over_is_still_tried_when_the_others_fail():
    zones = _fastpath.Regions(WORLDS["2t4t"])
    assert all(sorted(zones.order((99, 0, 0, 0))) == [0, 1, 2, 3] for _ in range(TURNS))


@pytest.mark.parametrize("legs", LEGS)
@pytest.mark.parametrize("withheld", [0, 90])
def test_rotation_and_share_stay_exact_where_the_cursor_wraps(legs, withheld):
    board = _routing_world.Board(1)
    begin = CURSOR_TURN - TURNS
    board.set_cursor(0, begin)
    regions, percent = [0] * legs, [withheld] + [0] * (legs - 1)
    calls = [_routing_world.order_regions(regions, percent, board.advance(0))[0] for _ in range(2 * TURNS)]
    if not withheld:
        assert calls == [(begin + turn) % legs for turn in range(2 * TURNS)]
    elif legs == 2:
        assert [calls[:TURNS].count(0), calls[TURNS:].count(0)] == [10, 10]


@pytest.mark.parametrize("turn", [0, 1, 2**32 // 61 * 2 - 101, 2**31, CURSOR_TURN - TURNS])
def test_a_share_is_exact_wherever_the_cursor_stands(turn):
    calls = Counter(_routing_world.order_regions([0, 0], [70, 0], each)[0] for each in range(turn // 2 * 2, turn // 2 * 2 + TURNS))
    assert calls == {0: 30, 1: 170}


@given(world_of_zones, st.booleans(), st.lists(st.tuples(st.lists(st.sampled_from([0, 1, 10, 50, 99, DOWN]), min_size=4, max_size=4), st.sets(st.integers(0, 3))),
                                               min_size=1, max_size=30))
def test_regions_choose_as_the_spec_says_whatever_stands_how(regions, priority, standings):
    zones, model = _fastpath.Regions(regions, priority=priority), Model(regions, priority=priority)
    for withheld, drained in standings:
        percent = withheld[:len(regions)]
        assert zones.order(percent, drained) == model.order(percent, drained)


@pytest.mark.parametrize(("arguments", "wanted"), [
    ({"regions": ()}, "legs: 0"), ({"regions": (0,) * 5}, "legs: 5"), ({"regions": (0, 1, 0)}, "regions: .* in order"), ({"regions": (1, 0)}, "regions: .* in order"),
    ({"regions": (0, -1)}, "regions"), ({"regions": (0, 300)}, "regions")])
def test_regions_that_are_none_are_refused(arguments, wanted):
    with pytest.raises(ValueError, match=wanted):
        _fastpath.Regions(**arguments)


@pytest.mark.parametrize("withheld", [(101, 0), (-1, 0), (300, 0), (0,), (0, 0, 0)])
def test_standings_that_are_none_are_refused_and_take_no_turn(withheld):
    zones = _fastpath.Regions((0, 0))
    with pytest.raises(ValueError, match="withheld_percent"):
        zones.order(withheld)
    assert zones.order() == [0, 1]


def test_the_selectors_stand_in_the_package_itself():
    assert [getattr(hasip, name) for name in ("OnlyPrimary", "RoundRobin", "Failover", "Regions")] == [
        _fastpath.OnlyPrimary, _fastpath.RoundRobin, _fastpath.Failover, _fastpath.Regions]
