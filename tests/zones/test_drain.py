"""Zones that are drained, and legs that are passed over. (spec §8)"""
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hasip.bridge.publish import ANY_SEAT
from hasip.bridge.router import account_number
from hasip.domain.trunk import Target, Zone
from hasip.zones import UnknownZone
from tests.zones.machine import SLOT, ZONE_A, ZONE_B, Machine, pair, trunk


def test_a_drained_zone_is_drained_on_the_board_and_nothing_else(machine: Machine) -> None:
    assert machine.zones.drain("globex/sg-a") == {"zone": "globex/sg-a", "is_drained": True}
    assert machine.router.standing == {ZONE_A: (0, True, 0), ZONE_B: (0, False, 0)}
    assert machine.zones.undrain("globex/sg-a") == {"zone": "globex/sg-a", "is_drained": False}
    assert machine.router.standing[ZONE_A] == (0, False, 0)


def test_legs_passed_over_come_last_judged_or_not_and_are_as_before_when_it_ends(machine: Machine) -> None:
    machine.serve(trunk(*pair()))
    unjudged = account_number(SLOT + 7, 0)
    machine.zones.pass_over({ZONE_A, unjudged})
    assert (machine.router.standing[ZONE_A], machine.router.standing[unjudged]) == ((99, False, 0), (99, False, ANY_SEAT))
    machine.publish()
    assert machine.router.standing[ZONE_A][0] == 99
    machine.zones.pass_over(set())
    assert machine.router.standing[ZONE_A][0] == 0 and unjudged not in machine.router.standing


def test_a_zone_that_is_down_stays_down_through_drain_and_undrain(machine: Machine) -> None:
    machine.hear("calls_failed_by_codes", ZONE_A)
    machine.zones.drain("globex/sg-a")
    assert machine.router.standing[ZONE_A] == (100, True, 0)
    machine.zones.undrain("globex/sg-a")
    assert machine.router.standing[ZONE_A] == (100, False, 0)


def test_a_drain_outlives_a_restart_and_an_undrain_too(make_machine: Callable[[], Machine]) -> None:
    first = make_machine()
    first.serve(trunk(*pair()))
    first.zones.drain("globex/sg-a")
    first.zones.drain("globex/sg-b")
    first.zones.undrain("globex/sg-b")
    second = make_machine()
    second.serve(trunk(*pair()))
    assert second.router.standing == {ZONE_A: (0, True, 0), ZONE_B: (0, False, 0)}


def test_a_drain_of_a_zone_that_is_not_configured_now_is_kept(make_machine: Callable[[], Machine], tmp_path: Path) -> None:
    machine = make_machine()
    machine.serve(trunk(*pair()))
    machine.zones.drain("globex/sg-a")
    machine.serve()
    machine.serve(trunk(*pair()))
    assert machine.router.standing[ZONE_A] == (0, True, 0)
    assert json.loads((tmp_path / "drained.json").read_text()) == ["globex/sg-a"]


def test_a_drained_zone_that_moves_elsewhere_stays_drained(machine: Machine) -> None:
    machine.zones.drain("globex/sg-a")
    machine.serve(trunk(Zone("sg-a", Target("203.0.113.99", 5060)), pair()[1]))
    assert machine.router.standing[ZONE_A] == (0, True, 0)


@pytest.mark.parametrize(("name", "wanted"), [
    ("globex/sg-c", r'no zone "globex/sg-c": perhaps .*globex/sg-a'), ("sg-a", r"perhaps globex/sg-"), ("nothing-like-it", "perhaps globex/sg-a, globex/sg-b")])
def test_an_unknown_zone_is_refused_with_names_that_are_near(machine: Machine, tmp_path: Path, name: str, wanted: str) -> None:
    for ask in (machine.zones.drain, machine.zones.undrain):
        with pytest.raises(UnknownZone, match=wanted):
            ask(name)
    assert not (tmp_path / "drained.json").exists()


def test_where_there_are_no_zones_that_is_said(make_machine: Callable[[], Machine]) -> None:
    with pytest.raises(UnknownZone, match="no trunk and no core has zones"):
        make_machine().zones.drain("globex/sg-a")
