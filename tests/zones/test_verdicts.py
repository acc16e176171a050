"""News of probes and calls in, verdicts out. (spec §8)"""
import pytest

from hasip.bridge.publish import ANY_SEAT
from hasip.zones import STEP_S
from tests.zones.machine import FIRST_PROBE_S, INTERVAL_S, ZONE_A, ZONE_B, A, B, Machine


def test_new_zones_are_up_and_reached_by_the_nodes_own_listener(machine: Machine) -> None:
    assert machine.router.standing == {ZONE_A: (0, False, 0), ZONE_B: (0, False, 0)}
    assert machine.ways == {"sg-a": ANY_SEAT, "sg-b": ANY_SEAT}


def test_zones_are_probed_by_their_listener_with_a_serial_of_their_own(machine: Machine) -> None:
    assert machine.probed(FIRST_PROBE_S + 0.1) == [(ZONE_A, 101, 0, A.host, 5060), (ZONE_B, 102, 0, B.host, 5060)]
    machine.answer()
    assert machine.probed(FIRST_PROBE_S + INTERVAL_S - 0.1) == []
    assert [account for account, *_ in machine.probed(FIRST_PROBE_S + INTERVAL_S + 0.2)] == [ZONE_A, ZONE_B]


def test_a_serial_stays_below_two_to_31_and_goes_round(machine: Machine) -> None:
    machine.zones._serial = 0x7FFFFFFF - 1
    machine.probed(FIRST_PROBE_S + 0.1)
    assert [serial for _, serial, *_ in machine.router.probes] == [0x7FFFFFFF, 0]


def test_three_failed_probes_are_down_and_that_is_on_the_board(machine: Machine) -> None:
    for at_s in (5.1, 6.3, 7.5):
        for account, serial, *_ in machine.probed(at_s):
            machine.hear("probe_silent" if account == ZONE_A else "probe_answered", account, serial, 0 if account == ZONE_A else 200)
    assert machine.router.standing == {ZONE_A: (100, False, 0), ZONE_B: (0, False, 0)}
    assert (machine.state(), machine.state("globex/sg-b")) == ("down", "up")
    assert "no answer" in machine.status()["cause"]


def test_a_refused_call_and_a_failed_probe_are_down(machine: Machine) -> None:
    machine.hear("call_refused", ZONE_A)
    assert machine.state() == "suspect"
    [(_, serial, *_)] = machine.probed(2 * STEP_S)
    machine.hear("probe_refused", ZONE_A, serial)
    assert machine.router.standing[ZONE_A] == (100, False, 0)
    assert "refused or unreachable" in machine.status()["cause"]


@pytest.mark.parametrize("kind", ["call_silent", "call_refused"])
def test_two_calls_that_failed_unheard_are_down(machine: Machine, kind: str) -> None:
    for key in (1, 1):
        machine.hear(kind, ZONE_A, was_unheard=True, call_key=key)
    assert machine.state() == "suspect"
    assert machine.router.moved == []
    machine.hear(kind, ZONE_A, was_unheard=True, call_key=2)
    assert machine.state() == "down"
    assert machine.router.moved == [ZONE_A]             # calls that ring there go on


def test_calls_refused_by_a_zone_that_is_heard_of_do_not_add_up(machine: Machine) -> None:
    for key in (1, 2, 3):
        machine.hear("call_refused", ZONE_A, was_unheard=False, call_key=key)
    assert machine.state() == "suspect"


def test_notices_of_trunks_are_passed_on_and_judge_nobody(machine: Machine) -> None:
    for kind in ("pool_high", "pool_full", "failover_by_code", "failover_silent", "failover_refused"):
        machine.hear(kind, ZONE_A)
    assert [notice.kind for notice in machine.of_trunks] == ["pool_high", "pool_full", "failover_by_code", "failover_silent", "failover_refused"]
    assert machine.state() == "up" and machine.changes == []


def test_changes_are_told_to_who_alerts(machine: Machine) -> None:
    machine.hear("calls_failed_by_codes", ZONE_A)
    assert [(event.zone, str(event.after)) for event in machine.changes] == [("globex/sg-a", "down")]


def test_codes_in_a_row_are_down(machine: Machine) -> None:
    machine.hear("calls_failed_by_codes", ZONE_B)
    assert (machine.state("globex/sg-b"), machine.router.standing[ZONE_B][0]) == ("down", 100)
    assert machine.router.moved == []                   # it speaks: what rings there may be answered


def test_a_503_with_retry_after_is_down_and_probed_no_sooner(machine: Machine) -> None:
    machine.probed(FIRST_PROBE_S + 0.1)
    machine.answer(503, retry_after_s=30)
    assert machine.state() == "down"
    assert machine.probed(35.0) == []
    assert len(machine.probed(36.0)) == 2


def test_a_zone_that_is_back_grows_from_a_tenth_and_the_board_is_told_each_second(machine: Machine) -> None:
    machine.hear("calls_failed_by_codes", ZONE_A)
    seen = [machine.router.standing[ZONE_A][0]]
    for tenth in range(1, 600):
        machine.loop.go_to(tenth / 10)
        machine.answer()
        if machine.router.standing[ZONE_A][0] != seen[-1]:
            seen.append(machine.router.standing[ZONE_A][0])
    assert seen[:2] == [100, 90] and seen[-1] == 0
    assert seen == sorted(seen, reverse=True) and len(seen) > 25
    assert machine.state() == "up"


def test_results_that_were_given_up_are_nobodys(machine: Machine) -> None:
    machine.probed(FIRST_PROBE_S + 0.1)
    (account, serial, *_), _ = machine.router.probes
    machine.hear("probe_silent", account, serial - 1)
    assert machine.state() == "up"
    machine.hear("probe_answered", account, serial, 200)
    machine.hear("probe_silent", account, serial)
    assert (machine.state(), machine.status()["probe"]["failed"]) == ("up", 0)


def test_a_probe_whose_result_never_comes_has_failed_after_5_s(machine: Machine) -> None:
    machine.probed(FIRST_PROBE_S + 0.1)
    machine.loop.go_to(FIRST_PROBE_S + 5.2)
    assert machine.state() == "suspect"
    assert "no result within 5 s" in machine.status()["cause"]


def test_a_worker_too_busy_to_probe_is_a_failed_probe(machine: Machine) -> None:
    machine.router.is_busy = True
    machine.probed(FIRST_PROBE_S + 0.1)
    assert (machine.state(), machine.status()["cause"]) == ("suspect", "a probe failed: the worker is too busy to probe")


@pytest.mark.parametrize("kind", ["probe_answered", "probe_silent", "call_silent", "call_refused", "calls_failed_by_codes"])
def test_notices_of_a_zone_that_is_gone_are_nobodys(machine: Machine, kind: str) -> None:
    machine.probed(FIRST_PROBE_S + 0.1)
    serial = machine.router.probes[0][1]
    machine.serve()
    machine.hear(kind, ZONE_A, serial, 503)
    assert (machine.zones.status(), machine.router.standing) == ([], {})
