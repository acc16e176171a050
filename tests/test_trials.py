"""Failover tests of a node, on a machine that is none."""
import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hasip.domain.trunk import Mode, Region, Target, Trunk, Zone
from hasip.portal import NoTrial
from hasip.trials import Trials, first_legs
from tests.patience import until
from tests.portal.scene import ZONES, basic

ACME = basic("acme", "+1")
SLOTS = {"acme": 3, "globex": 5}


class FakeZones:
    """Writes down which accounts come last."""

    def __init__(self) -> None:
        self.passed_over: set[int] = set()

    def pass_over(self, accounts: set[int]) -> None:
        self.passed_over = accounts


def run(work: Callable[[Trials, FakeZones], Any], obstacle: str = "") -> None:
    async def begin() -> None:
        zones = FakeZones()
        found = work(Trials(zones, lambda: SLOTS, lambda _trunk, _legs: obstacle), zones)      # type: ignore[arg-type]
        if asyncio.iscoroutine(found):
            await found
    asyncio.run(begin())


def test_the_primary_comes_last_until_the_test_is_ended() -> None:
    def work(trials: Trials, zones: FakeZones) -> None:
        assert trials.begin(ACME, 60)["legs"] == ["primary"] and zones.passed_over == {12}
        assert trials.end("acme") and zones.passed_over == set() and not trials.end("acme") and trials.status("acme") is None
    run(work)


def test_it_ends_by_itself() -> None:
    async def work(trials: Trials, zones: FakeZones) -> None:
        trials.begin(ACME, 0)
        await until(lambda: not zones.passed_over)
    run(work)


def test_begun_again_it_lasts_from_then_on_and_each_trunk_has_its_own() -> None:
    def work(trials: Trials, zones: FakeZones) -> None:
        first = trials.begin(ACME, 1)["ends_at"]
        assert trials.begin(ACME, 300)["ends_at"] > first + 200
        trials.begin(basic("globex", "+2"), 60)
        assert zones.passed_over == {12, 20}
        trials.close()
        assert zones.passed_over == set()
    run(work)


@pytest.mark.parametrize("mode", [Mode.ONLY_PRIMARY, Mode.LOAD_BALANCING])
def test_modes_that_do_not_fail_over_are_not_tested(mode: Mode) -> None:
    def work(trials: Trials, zones: FakeZones) -> None:
        with pytest.raises(NoTrial, match=f"{mode.value} never fails over"):
            trials.begin(replace(ACME, mode=mode), 60)
        assert zones.passed_over == set()
    run(work)


def test_what_stands_in_the_way_is_said_and_nothing_is_begun() -> None:
    def work(trials: Trials, zones: FakeZones) -> None:
        with pytest.raises(NoTrial, match="not registered"):
            trials.begin(ACME, 60)
        assert trials.status("acme") is None and zones.passed_over == set()
    run(work, "secondary is not registered")


def test_a_trunk_that_is_gone_or_of_another_mode_is_tested_no_more_and_others_go_on() -> None:
    def work(trials: Trials, zones: FakeZones) -> None:
        globex = basic("globex", "+2")
        trials.begin(ACME, 60)
        trials.begin(globex, 60)
        trials.published({"acme": replace(ACME, calls=1), "globex": globex})
        assert zones.passed_over == {12, 20}
        trials.published({"acme": replace(ACME, mode=Mode.LOAD_BALANCING), "globex": globex})
        assert zones.passed_over == {20}
        trials.published({})
        assert zones.passed_over == set()
    run(work)


def regions(*counts: int) -> tuple[Region, ...]:
    return tuple(Region(f"r{place}", (ZONES * 2)[:count]) for place, count in enumerate(counts))


@pytest.mark.parametrize(("trunk", "legs"), [
    (ACME, (0,)), (Trunk("z", 1, (), "pstn", Mode.TWO_ZONES, regions=regions(2)), (0,)), (Trunk("z", 1, (), "pstn", Mode.TWO_REGIONS, regions=regions(1, 1)), (0,)),
    (Trunk("z", 1, (), "pstn", Mode.TWO_REGIONS_TWO_ZONES, regions=regions(2, 2)), (0, 1))])
def test_what_is_passed_by_is_what_a_call_tries_first(trunk: Trunk, legs: tuple[int, ...]) -> None:
    assert first_legs(trunk) == legs


def test_zones_are_named_as_people_name_them() -> None:
    zone = Zone("sg-a", Target("192.0.2.1", 5060))

    def work(trials: Trials, _: FakeZones) -> None:
        assert trials.begin(Trunk("acme", 1, (), "pstn", Mode.TWO_ZONES, regions=(Region("sg", (zone, replace(zone, name="sg-b"))),)), 60)["legs"] == ["sg-a"]
    run(work)
