"""A portal on a store of its own, with a node that does as a test says, an operator, and two customers."""
import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, TypeVar

import argon2

from hasip.domain.node import Node, Registrar
from hasip.domain.person import Person
from hasip.domain.record import CallRecord
from hasip.domain.trunk import Account, Core, Mode, Provisioning, Region, Target, Trunk, Zone
from hasip.people import PasswordHasher
from hasip.portal import NoSuchZone, NoTrial, Portal
from hasip.records.batch import rows_of
from hasip.records.packing import pack
from hasip.store import CallStore, Persons, Store
from tests.records.samples import AT_MS, moved
from tests.store.worlds import ADD_ONS, HA1_MD5, HA1_SHA256

Result = TypeVar("Result")

OPERATOR = Person("root", "operator")
ANNA = Person("anna", "customer", frozenset({"acme"}))
BERT = Person("bert", "customer", frozenset({"globex"}))
PASSWORD = "correct horse battery"
REALM = "edge.test"
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

CORE = Core("pstn", (IPv4Network("10.0.0.0/16"),), (Target("10.0.0.1", 5060),))
ZONES = (Zone("sg-a", Target("192.0.2.1", 5060), (IPv4Network("192.0.2.1/32"),)), Zone("sg-b", Target("192.0.2.2", 5060)))


def basic(name: str, number: str, mode: Mode = Mode.AUTO_FAILOVER) -> Trunk:
    """Return a trunk whose primary is known by address, and whose secondary registers."""
    block = {"acme": 1, "globex": 2}.get(name, 3)
    return Trunk(name, 30, (number,), "pstn", mode, add_ons=ADD_ONS,
                 primary=Account("primary", "HQ", "ip", (IPv4Network(f"198.51.{block}.0/24"),), Target(f"198.51.{block}.1", 5060)),
                 secondary=Account("secondary", "Annex", "digest", username=f"{name}-user", ha1_md5=HA1_MD5, ha1_sha256=HA1_SHA256))


WORLD = Provisioning((CORE,), (
    basic("acme", "+1000"), basic("globex", "+2000*"),
    Trunk("initech", 10, ("+3000",), "pstn", Mode.TWO_ZONES, add_ons=ADD_ONS, regions=(Region("sg", ZONES),))))


class FakeLive:
    """A node that has followed the store so far as a test says."""

    def __init__(self) -> None:
        self.generation_now = 1
        self.followed = 0
        self.pools: dict[str, dict[str, Any]] = {
            trunk.name: {"mode": trunk.mode.value, "calls": 2, "limit": trunk.calls, "refused": 0, "legs": {}} for trunk in WORLD.trunks}
        self.calls_now = [{"call_id": f"{name}-1", "trunk": name} for name in ("acme", "globex", "initech")]
        self.zones_now = [{"name": f"initech/{zone.name}", "owner": "initech", "state": "up", "share_percent": 100, "is_drained": False, "since": 1.0,
                           "cause": "", "calls": 0} for zone in ZONES]
        self.history: list[dict[str, Any]] = []
        self.trials: dict[str, dict[str, Any]] = {}
        self.moved: list[CallRecord] = []
        self.no_trial = ""

    def node(self) -> dict[str, Any]:
        return {"node": "edge-test", "calls": 3, "draining": False}

    def pool(self, trunk: str) -> dict[str, Any] | None:
        return self.pools.get(trunk)

    def calls_of(self, trunks: Collection[str]) -> dict[str, int]:
        return {trunk: self.pools[trunk]["calls"] for trunk in trunks if trunk in self.pools}

    def calls(self, trunk: str | None = None) -> list[dict[str, Any]]:
        return [call for call in self.calls_now if trunk in (None, call["trunk"])]

    def moved_calls(self) -> list[CallRecord]:
        return list(self.moved)

    def calls_so_far(self, call_id: str) -> list[CallRecord]:
        return [record for record in self.moved if record.call_id == call_id]

    def zones(self, owner: str | None = None) -> list[dict[str, Any]]:
        return [zone for zone in self.zones_now if owner in (None, zone["owner"])]

    def zone_history(self) -> list[dict[str, Any]]:
        return self.history

    def drain(self, zone: str) -> dict[str, Any]:
        return self._set_drained(zone, True)

    def undrain(self, zone: str) -> dict[str, Any]:
        return self._set_drained(zone, False)

    def begin_trial(self, trunk: str, seconds: int) -> dict[str, Any]:
        if self.no_trial:
            raise NoTrial(self.no_trial)
        self.trials[trunk] = {"legs": ["primary"], "ends_at": 1000.0 + seconds}
        return self.trials[trunk]

    def end_trial(self, trunk: str) -> bool:
        return self.trials.pop(trunk, None) is not None

    def trial(self, trunk: str) -> dict[str, Any] | None:
        return self.trials.get(trunk)

    def generation(self) -> int:
        return self.generation_now

    async def follow(self) -> None:
        self.followed += 1
        self.generation_now += 1

    def _set_drained(self, zone: str, is_drained: bool) -> dict[str, Any]:
        found = next((each for each in self.zones_now if each["name"] == zone), None)
        if found is None:
            raise NoSuchZone(f'no zone "{zone}"')
        found["is_drained"] = is_drained
        return {"zone": zone, "is_drained": is_drained}


def quick_hasher() -> PasswordHasher:
    """Return a hasher that costs next to nothing."""
    return PasswordHasher(QUICK)


class Scene:
    """What a test has at hand."""

    def __init__(self, store: Store, calls: CallStore, node: Node) -> None:
        self.store = store
        self.calls = calls
        self.live = FakeLive()
        self.portal = Portal(store, calls, self.live, node, hasher=quick_hasher())

    async def trunk(self, name: str) -> Trunk:
        """Return a trunk as the store has it, with its secrets."""
        return next(trunk for trunk in (await self.store.load()).provisioning.trunks if trunk.name == name)


def play(url: str, work: Callable[[Scene], Awaitable[Result]], *, trunk_capacity: int = 100) -> Result:
    """Return what some work on a scene returns."""
    async def run() -> Result:
        node = replace(Node("edge-test", Path("/nowhere"), ()), registrar=Registrar(REALM), trunk_capacity=trunk_capacity)
        async with Store(url) as store, CallStore(url) as calls:
            await store.apply(WORLD, realm=REALM, who="test")
            persons, password_hash = Persons(store), await quick_hasher().hash(PASSWORD)
            for person in (OPERATOR, ANNA, BERT):
                await persons.add(person, password_hash, who="test")
            records = b"".join(pack(moved(trunk=trunk, call_id=f"{trunk or 'strange'}@cases")) for trunk in ("acme", "globex", ""))
            await calls.write(rows_of(AT_MS, "edge-test", records))
            return await work(Scene(store, calls, node))
    return asyncio.run(run())
