"""Zones: news in, verdicts out; links, names, drains and what is published again. Nobody sleeps. (spec §8)"""
import contextlib
import json
from collections.abc import Callable, Coroutine, Iterator
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hasip import zones as module
from hasip.bridge.notices import Notice
from hasip.bridge.publish import ANY_SEAT
from hasip.bridge.router import account_number
from hasip.domain.node import Listener, Node, Transport
from hasip.domain.trunk import Account, Core, Mode, Provisioning, Region, Target, Trunk, Zone
from hasip.health import Event
from hasip.seats import Seats
from hasip.zones import STEP_S, UnknownZone, Zones
from tests.machine import Links, Loop, Router, link

HERE = Listener("udp", "198.51.100.1", 5060)
SEAT = 3                    # the first one made behind the node's own: its listener, and places to connect from by TCP and TLS
A, B = Target("203.0.113.11", 5060), Target("203.0.113.12", 5060)
SLOT, CORE_SLOT = 5, 60
ZONE_A, ZONE_B, CORE_ZONE = account_number(SLOT, 0), account_number(SLOT, 1), account_number(CORE_SLOT, 0)
INTERVAL_S, FIRST_PROBE_S = 10.0, 5.0       # without chance: the first probe is due after half an interval
UNIX_S = 1_700_000_000.0


def trunk(*zones: Zone, name: str = "globex") -> Trunk:
    return Trunk(name, 8, ("+1",), "pstn", Mode.TWO_ZONES, regions=(Region("sg", zones),))


def pair(interface: str = "", **fields: Any) -> tuple[Zone, Zone]:
    return Zone("sg-a", A, interface=interface, **fields), Zone("sg-b", B, interface=interface, **fields)


class Machine:
    """Zones on a machine that is none."""

    def __init__(self, state_dir: Path, loop: Loop) -> None:
        self.loop = loop
        self.node = Node("edge", state_dir, (HERE,))
        self.router = Router(tuple(seat.port for seat in self.node.seats))
        self.seats = Seats(self.node, self.router, lambda index, seat: None, lambda index: None)     # type: ignore[arg-type]
        self.addresses: dict[str, list[str]] = {}       # of names
        self.published = 0
        self.changes: list[Event] = []                  # what others were told
        self.of_trunks: list[Notice] = []
        self.provisioning = Provisioning()
        self.zones = Zones(self.node, self.router, self.seats, self.locate, self.publish,      # type: ignore[arg-type]
                           self.changes.append, self.of_trunks.extend)
        self.links: Links = self.zones._links           # type: ignore[assignment]
        self.opened = contextlib.AsyncExitStack()
        run(self.opened.enter_async_context(self.zones.opened()))

    def close(self) -> None:
        run(self.opened.aclose())

    def locate(self, target: Target) -> list[Target]:
        if target.ip is not None:
            return [target]
        return [Target(address, 5060, target.transport) for address in self.addresses.get(target.host, [])]

    def publish(self) -> None:
        """Publish the world as the App does: ask for every zone's way, then have the legs judged."""
        self.published += 1
        self.ways = {zone.name: self.zones.seat_of(zone) for zone in self.provisioning.zones}
        self.zones.published(self.provisioning, {each.name: SLOT + place for place, each in enumerate(self.provisioning.trunks)},
                             {each.name: CORE_SLOT for each in self.provisioning.cores})

    def serve(self, *trunks: Trunk, cores: tuple[Core, ...] = ()) -> None:
        self.provisioning = Provisioning(cores, trunks)
        self.publish()

    def set_link(self, name: str, *addresses: str, index: int = 7, has_carrier: bool = True) -> None:
        """An interface is so from now on; without addresses and with index 0, it is gone."""
        self.links.current = {each: known for each, known in self.links.current.items() if each != name}
        if index:
            self.links.current[name] = link(name, index, *addresses, has_carrier=has_carrier)
        self.links.on_change(name)

    def probed(self, until_s: float) -> list[tuple[int, int, int, str, int]]:
        """Let time pass; return the probes that were sent."""
        self.router.probes.clear()
        self.loop.go_to(until_s)
        return list(self.router.probes)

    def hear(self, kind: str, account: int, serial: int = 0, status: int = 0, *, retry_after_s: int = 0, round_trip_us: int = 0,
             was_unheard: bool = False, call_key: int = 0) -> None:
        """A worker tells."""
        self.router.notices.append(Notice(kind, account, serial, status, retry_after_s, round_trip_us, was_unheard, call_key))
        self.loop.readers[self.router.notice_doorbell]()

    def answer(self, status: int = 200, **fields: Any) -> None:
        """The probes sent last are answered."""
        probes, self.router.probes = self.router.probes, []
        for account, serial, *_ in probes:
            self.hear("probe_answered", account, serial, status, **fields)

    def state(self, name: str = "globex/sg-a") -> str:
        return str(self.status(name)["state"])

    def status(self, name: str = "globex/sg-a") -> dict[str, Any]:
        return next(each for each in self.zones.status() if each["name"] == name)


def run(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run what waits for nothing."""
    with pytest.raises(StopIteration):
        coroutine.send(None)


@pytest.fixture
def make_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Machine]]:
    loop = Loop()
    monkeypatch.setattr(module, "Links", Links)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=loop.time, time=lambda: UNIX_S + loop.now_s))
    monkeypatch.setattr(module, "random", SimpleNamespace(random=lambda: 0.5, getrandbits=lambda bits: 100))
    monkeypatch.setattr("asyncio.get_running_loop", lambda: loop)
    machines: list[Machine] = []

    def make() -> Machine:
        machines.append(Machine(tmp_path, loop))
        return machines[-1]

    yield make
    for machine in machines:
        machine.close()


@pytest.fixture
def machine(make_machine: Callable[[], Machine]) -> Machine:
    """A trunk whose two zones may be reached by any interface."""
    machine = make_machine()
    machine.serve(trunk(*pair()))
    return machine


# ---------------------------------------------------------------------------------------- news in, verdicts out

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


# ---------------------------------------------------------------------------------------- who is judged

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


# ---------------------------------------------------------------------------------------- drain

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


# ---------------------------------------------------------------------------------------- links

@pytest.fixture
def linked(make_machine: Callable[[], Machine]) -> Machine:
    """A trunk whose zones are reached by eth1."""
    machine = make_machine()
    machine.links.current = {"eth1": link("eth1", 7, "192.0.2.1/24")}
    machine.serve(trunk(*pair("eth1")))
    return machine


def test_zones_on_an_interface_have_a_seat_there(linked: Machine) -> None:
    assert linked.router.added == [("udp", "192.0.2.1", 5060, "eth1")]
    assert linked.ways == {"sg-a": SEAT, "sg-b": SEAT}
    assert linked.router.standing == {ZONE_A: (0, False, SEAT), ZONE_B: (0, False, SEAT)}
    assert {listener for _, _, listener, *_ in linked.probed(FIRST_PROBE_S + 0.1)} == {SEAT}


def test_a_source_of_the_zones_own_is_its_seat(linked: Machine) -> None:
    linked.set_link("eth1", "192.0.2.1/24", "192.0.2.2/24")
    linked.serve(trunk(pair("eth1")[0], pair("eth1", source=ip_address("192.0.2.2"))[1]))
    assert linked.ways == {"sg-a": SEAT, "sg-b": SEAT + 1}


def test_a_lost_carrier_is_down_at_once_and_the_seat_stays(linked: Machine) -> None:
    linked.set_link("eth1", "192.0.2.1/24", has_carrier=False)
    assert linked.router.standing == {ZONE_A: (100, False, SEAT), ZONE_B: (100, False, SEAT)}
    assert "eth1 has no carrier" in linked.status()["cause"]
    assert linked.router.moved == [ZONE_A, ZONE_B]
    assert (linked.published, linked.probed(60.0)) == (1, [])


def test_a_link_that_is_back_is_probed_at_once_and_probes_decide(linked: Machine) -> None:
    linked.set_link("eth1", "192.0.2.1/24", has_carrier=False)
    linked.loop.go_to(20.0)
    linked.set_link("eth1", "192.0.2.1/24")
    assert linked.state() == "down"
    for at_s in (20.1, 25.2, 30.4):
        assert len(linked.probed(at_s)) == 2
        linked.answer()
    assert linked.state() == "recovering"
    assert linked.router.standing[ZONE_A][0] == 90


def test_a_probe_in_flight_over_a_lost_link_says_nothing_afterwards(linked: Machine) -> None:
    linked.probed(FIRST_PROBE_S + 0.1)
    serial = linked.router.probes[0][1]
    linked.set_link("eth1", "192.0.2.1/24", has_carrier=False)
    failed = linked.status()["probe"]["failed"]
    linked.hear("probe_refused", ZONE_A, serial)
    assert linked.status()["probe"]["failed"] == failed


def test_an_address_that_goes_is_no_way_out_and_is_published(linked: Machine) -> None:
    linked.set_link("eth1")
    assert (linked.published, linked.ways) == (2, {"sg-a": None, "sg-b": None})
    assert linked.router.standing[ZONE_A] == (100, False, ANY_SEAT)
    assert "no IPv4 address is on eth1" in linked.status()["cause"]


def test_another_address_is_another_seat_and_is_published(linked: Machine) -> None:
    linked.set_link("eth1", "192.0.2.9/24")
    assert (linked.published, linked.ways, linked.state()) == (2, {"sg-a": SEAT + 1, "sg-b": SEAT + 1}, "up")
    assert linked.router.standing == {ZONE_A: (0, False, SEAT + 1), ZONE_B: (0, False, SEAT + 1)}


def test_an_interface_that_goes_and_comes_is_published_both_times(linked: Machine) -> None:
    linked.set_link("eth1", index=0)
    assert (linked.published, linked.ways["sg-a"], linked.state()) == (2, None, "down")
    assert "interface eth1 does not exist" in linked.status()["cause"]
    linked.set_link("eth1", "192.0.2.1/24", index=8)
    assert (linked.published, linked.ways["sg-a"]) == (3, SEAT)
    assert linked.router.renewed == [(SEAT, "192.0.2.1", 5060, "eth1")]
    assert linked.router.standing[ZONE_A] == (100, False, SEAT)


def test_news_of_another_interface_or_of_nothing_new_are_published_by_nobody(linked: Machine) -> None:
    linked.set_link("eth2", "192.0.2.77/24", index=9)
    linked.set_link("eth1", "192.0.2.1/24", "198.18.0.1/15")
    assert (linked.published, linked.state(), len(linked.zones.history())) == (1, "up", 0)


def test_a_seat_that_cannot_be_bound_is_no_way_out_and_says_why(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.links.current = {"eth1": link("eth1", 7, "192.0.2.1/24")}
    machine.router.trouble = PermissionError(1, "can't listen on 192.0.2.1:5060 on eth1")
    machine.serve(trunk(*pair("eth1")))
    assert (machine.ways, machine.state()) == ({"sg-a": None, "sg-b": None}, "down")
    assert "can't listen on 192.0.2.1:5060 on eth1" in machine.status()["cause"]


def test_a_zone_is_down_from_the_start_when_its_interface_does_not_exist(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.serve(trunk(*pair("eth1")))
    assert machine.router.standing == {ZONE_A: (100, False, ANY_SEAT), ZONE_B: (100, False, ANY_SEAT)}
    assert machine.probed(60.0) == []


def test_zones_by_any_interface_do_not_care_for_links(machine: Machine) -> None:
    machine.set_link("eth1", index=0)
    assert (machine.published, machine.state()) == (1, "up")


# ---------------------------------------------------------------------------------------- names

def named(interface: str = "", transport: Transport = "udp") -> Trunk:
    return trunk(Zone("sg-a", Target("a.example", 0, transport), interface=interface), Zone("sg-b", B, interface=interface))


def test_a_zone_by_a_name_is_probed_where_the_name_leads(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.addresses["a.example"] = ["203.0.113.77", "203.0.113.78"]
    machine.serve(named())
    assert [(account, host) for account, _, _, host, _ in machine.probed(FIRST_PROBE_S + 0.1)] == [(ZONE_A, "203.0.113.77"), (ZONE_B, B.host)]


def test_a_name_without_an_address_fails_its_probes(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.serve(named())
    for at_s in (5.1, 6.3, 7.5):
        machine.probed(at_s)
    assert (machine.state(), machine.router.standing[ZONE_A]) == ("down", (100, False, ANY_SEAT))
    assert "its name has no address" in machine.status()["cause"]


def test_a_name_without_an_address_has_no_way_by_its_interface_until_it_has_one(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.links.current = {"eth1": link("eth1", 7, "192.0.2.1/24")}
    machine.serve(named("eth1"))
    assert (machine.ways, machine.state()) == ({"sg-a": None, "sg-b": SEAT}, "down")
    assert "its name has no address" in machine.status()["cause"]
    machine.addresses["a.example"] = ["203.0.113.77"]
    machine.publish()                                   # as the App does when a name leads elsewhere
    assert (machine.ways["sg-a"], [account for account, *_ in machine.probed(0.2)]) == (SEAT, [ZONE_A])


def test_a_zone_of_a_family_without_a_listener_is_reached_by_nobody(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.serve(trunk(Zone("sg-a", Target("2001:db8::1", 5060)), Zone("sg-b", B)))
    machine.probed(FIRST_PROBE_S + 0.1)
    assert "no listener of ours reaches it" in machine.status()["cause"]


def test_a_zone_by_tls_is_probed_from_the_nodes_place_for_it(make_machine: Callable[[], Machine]) -> None:
    machine = make_machine()
    machine.serve(trunk(Zone("sg-a", Target("203.0.113.11", 5061, "tls")), Zone("sg-b", B)))
    (_, _, listener, _, _), _ = machine.probed(FIRST_PROBE_S + 0.1)
    assert machine.node.seats[listener].transport == "tls"


# ---------------------------------------------------------------------------------------- the end

def test_after_the_block_nothing_is_read_and_nothing_is_due(machine: Machine) -> None:
    machine.close()
    assert machine.loop.readers == {}
    assert all(timer.is_cancelled for timer in machine.loop.timers)
