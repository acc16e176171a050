"""Alerts of a node: the data plane tells once, here it is seen when it is over, and the data plane may tell again."""
import asyncio
import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from hasip import alerted as module
from hasip.alerted import Alerted
from hasip.alerts.moves import QUIET_S
from hasip.bridge.notices import Notice
from hasip.bridge.router import account_number
from hasip.domain.node import Console, Listener, Node, Tls
from hasip.domain.trunk import Account, Core, Mode, Provisioning, Region, Target, Trunk, Zone
from hasip.health import Condition, Event, State
from hasip.published import Published
from tests.patience import until

SLOT, CORE_SLOT = 5, 60


class Router:
    """What the board says, and what it was told."""

    def __init__(self) -> None:
        self.calls = 0
        self.failovers = 0
        self.settled: list[tuple[str, int, int]] = []
        self.is_watched = False

    def watch_trunks(self) -> None:
        self.is_watched = True

    def trunk(self, slot: int) -> dict[str, Any]:
        return {"calls": self.calls, "refused": 0, "legs": [{"failovers": self.failovers}, {"failovers": 0}]}

    def settle_pool(self, slot: int, level: int) -> None:
        self.settled.append(("pool", slot, level))

    def settle_failover(self, slot: int) -> None:
        self.settled.append(("failover", slot, 0))


def world(*trunks: Trunk, cores: tuple[Core, ...] = ()) -> Published:
    return Published(Provisioning(cores, trunks), {trunk.name: SLOT + place for place, trunk in enumerate(trunks)},
                     {core.name: CORE_SLOT + place for place, core in enumerate(cores)})


def acme(name: str = "acme") -> Trunk:
    return Trunk(name, 10, ("+1",), "pstn", Mode.AUTO_FAILOVER, primary=Account("primary", "a", "digest"), secondary=Account("secondary", "b", "digest"))


def notice(kind: str, account: int = account_number(SLOT, 0), status: int = 0) -> Notice:
    return Notice(kind, account, 0, status, 0, 0, False, 0)


class Machine:
    """Alerts over a router that is none, at a time that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, node: Node) -> None:
        self.router = Router()
        self.alerted = Alerted(node, self.router)       # type: ignore[arg-type]
        self.now_s = 1_700_000_000.0
        monkeypatch.setattr(module, "LOOK_S", 0)
        monkeypatch.setattr(module.time, "time", lambda: self.now_s)

    def current(self) -> set[tuple[str, str]]:
        return {(alert["event"], alert["subject"]) for alert in self.alerted.status()["alerts"]}

    def sentences(self) -> list[str]:
        return [alert["sentence"] for alert in self.alerted.status()["alerts"]]

    def run_until(self, holds: Callable[[], bool]) -> None:
        """Let it look until something holds."""
        async def run() -> None:
            async with self.alerted.opened():
                await until(holds)

        asyncio.run(run())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(monkeypatch, Node("edge", tmp_path, ()))
    machine.alerted.published(world(acme(), cores=(Core("pstn", (), (Target("192.0.2.1", 5060),)),)))
    return machine


def test_a_pool_is_told_until_it_has_room_and_the_board_may_tell_again(machine: Machine) -> None:
    machine.router.calls = 10
    machine.alerted.take_notices([notice("pool_high"), notice("pool_full")])
    assert machine.current() == {("pool_high", "acme"), ("pool_full", "acme")}
    machine.router.calls = 8
    machine.run_until(lambda: machine.current() == {("pool_high", "acme")})
    assert machine.router.is_watched and machine.router.settled[-1] == ("pool", SLOT, 1)
    machine.router.calls = 2
    machine.run_until(lambda: machine.current() == set())
    assert machine.router.settled[-1] == ("pool", SLOT, 0)


def test_failovers_are_told_until_it_is_quiet(machine: Machine) -> None:
    machine.router.failovers = 1
    machine.alerted.take_notices([notice("failover_by_code", account_number(SLOT, 0), 503)])
    assert machine.sentences() == ["acme: calls move on from primary: status 503"]
    machine.run_until(lambda: True)
    machine.now_s += QUIET_S
    machine.run_until(lambda: machine.current() == set())
    assert machine.router.settled == [("failover", SLOT, 0)]


@pytest.mark.parametrize(("kind", "cause"), [("failover_silent", "no response"), ("failover_refused", "refused or unreachable")])
def test_failovers_of_a_core_name_its_target(machine: Machine, kind: str, cause: str) -> None:
    machine.alerted.take_notices([notice(kind, account_number(CORE_SLOT, 0))])
    assert machine.sentences() == [f"core:pstn: calls move on from 192.0.2.1: {cause}"]


def test_what_was_told_of_a_trunk_that_is_gone_is_over_and_its_slot_is_free_to_tell(machine: Machine) -> None:
    machine.router.calls = 10
    machine.alerted.take_notices([notice("pool_full"), notice("failover_silent")])
    machine.alerted.published(world(acme("other")))                     # on the same slot
    machine.run_until(lambda: machine.current() == set())
    assert ("pool", SLOT, 0) in machine.router.settled and ("failover", SLOT, 0) in machine.router.settled


def test_a_notice_of_a_slot_that_is_nobodys_lets_the_board_tell_again(machine: Machine) -> None:
    machine.alerted.take_notices([notice("pool_full", account_number(SLOT + 3, 0))])
    assert machine.current() == set() and machine.router.settled == [("pool", SLOT + 3, 0), ("failover", SLOT + 3, 0)]


def test_a_zone_that_is_down_is_told_until_it_has_calls_again_or_is_gone(machine: Machine) -> None:
    globex = Trunk("globex", 5, ("+2",), "pstn", Mode.TWO_ZONES, regions=(Region("sg", (Zone("sg-a", Target("203.0.113.1", 5060)),)),))
    machine.alerted.published(world(globex))
    up, down = Condition(State.UP), Condition(State.DOWN)
    machine.alerted.zone_changed(Event(0, "globex/sg-a", up, down, "link lost"))
    assert machine.sentences() == ["globex/sg-a is down: link lost"]
    machine.alerted.published(world(globex))
    assert machine.current() == {("zone_down", "globex/sg-a")}
    machine.alerted.zone_changed(Event(0, "globex/sg-a", down, Condition(State.RECOVERING, True), "answered"))
    assert machine.current() == set()
    machine.alerted.zone_changed(Event(0, "globex/sg-a", up, down, "link lost"))
    machine.alerted.published(world(acme()))
    assert machine.current() == set()


@pytest.mark.parametrize("owner", ["tls", "console"])
def test_certificates_of_listeners_of_calls_and_of_the_console_are_looked_at_and_what_is_none_is_left_alone(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: str) -> None:
    ends = datetime.datetime.fromtimestamp(1_700_000_000 + 3 * 86_400 + 60, datetime.UTC)
    issued = trustme.CA().issue_cert("edge.test", not_before=ends - datetime.timedelta(days=90), not_after=ends)
    soon, broken = tmp_path / "soon.pem", tmp_path / "broken.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(soon))
    broken.write_text("no certificate")
    listener = Listener("tls", "192.0.2.1", 5061, certificate=str(broken), key=str(broken))
    node = Node("edge", tmp_path, (listener,))
    machine = Machine(monkeypatch, replace(node, tls=Tls(certificate=str(soon), key=str(soon))) if owner == "tls" else
                      replace(node, console=Console("192.0.2.1", 443, str(soon), str(soon))))
    machine.run_until(lambda: machine.current() == {("certificate_expiring", str(soon))})
    assert machine.sentences() == [f"{soon}: the certificate ends in 3 days, on 2023-11-17"]
