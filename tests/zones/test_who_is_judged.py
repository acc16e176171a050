"""Who is judged, and what of it outlives a publication; what is told of it. (spec §8)"""
from collections.abc import Callable

from hasip.bridge.router import account_number
from hasip.domain.trunk import Account, Core, Mode, Region, Target, Trunk, Zone
from tests.zones.machine import CORE_ZONE, FIRST_PROBE_S, SLOT, UNIX_S, ZONE_A, ZONE_B, A, B, Machine, pair, trunk


def test_accounts_that_ask_for_it_and_zones_of_cores_are_judged_under_their_names(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    accounts = {name: Account(name, name, "ip", target=Target(f"203.0.113.{place}", 5060), probe=place == 1)       # type: ignore[arg-type]
                for place, name in enumerate(("primary", "secondary"))}
    machine.serve(Trunk("acme", 4, ("+2",), "pstn", Mode.AUTO_FAILOVER, **accounts),        # type: ignore[arg-type]
                  cores=(Core("pstn", (), mode=Mode.TWO_ZONES, regions=(Region("r", (Zone("a", A), Zone("b", B))),)),))
    assert set(machine.router.standing) == {CORE_ZONE, CORE_ZONE + 1, account_number(SLOT, 1)}
    assert [(each["name"], each["owner"], each["region"]) for each in machine.zones.status()] == [
        ("core:pstn/a", "core:pstn", "r"), ("core:pstn/b", "core:pstn", "r"), ("acme/secondary", "acme", "")]


def test_publishing_again_leaves_verdicts_as_they_are(machine: Machine) -> None:
    machine.hear("calls_failed_by_codes", ZONE_A)
    machine.publish()
    assert machine.router.standing == {ZONE_A: (100, False, 0), ZONE_B: (0, False, 0)}


def test_a_zone_elsewhere_is_judged_anew(machine: Machine) -> None:
    machine.hear("calls_failed_by_codes", ZONE_A)
    machine.serve(trunk(Zone("sg-a", Target("203.0.113.99", 5060)), pair()[1]))
    assert machine.router.standing[ZONE_A] == (0, False, 0)


def test_a_zone_that_changes_its_place_takes_its_verdict_along(machine: Machine) -> None:
    machine.hear("calls_failed_by_codes", ZONE_A)
    machine.serve(trunk(*reversed(pair())))
    assert machine.router.standing == {ZONE_A: (0, False, 0), ZONE_B: (100, False, 0)}


# ---------------------------------------------------------------------------------------- what is told

def test_status_shows_figures_of_the_zones_own_place_on_the_board(machine: Machine) -> None:
    machine.probed(FIRST_PROBE_S + 0.1)
    machine.answer(404, round_trip_us=12_500)
    status = machine.status("globex/sg-b")
    assert (status["calls"], status["attempts"], status["address"], status["transport"], status["interface"]) == (SLOT, 1, "203.0.113.12:5060", "udp", "")
    assert status["probe"] == {"status": 404, "round_trip_ms": 12.5, "at": UNIX_S + machine.loop.now_s, "sent": 1, "failed": 0}


def test_history_tells_what_happened_with_its_cause(machine: Machine) -> None:
    machine.loop.go_to(1.0)
    machine.hear("calls_failed_by_codes", ZONE_A)
    [event] = machine.zones.history()
    assert (event["at"], event["zone"], event["before"], event["after"]) == (UNIX_S + 1.0, "globex/sg-a", "up", "down")
    assert "failure codes" in event["cause"]


# ---------------------------------------------------------------------------------------- the end

def test_after_the_block_nothing_is_read_and_nothing_is_due(machine: Machine) -> None:
    machine.close()
    assert machine.loop.readers == {}
    assert all(timer.is_cancelled for timer in machine.loop.timers)
