"""Zones on a machine that is none: what a node's trunks, links and names are, and a data plane that writes down what it is told."""
import contextlib
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from hasip.bridge.notices import Notice
from hasip.bridge.router import account_number
from hasip.domain.node import Listener, Node
from hasip.domain.trunk import Core, Mode, Provisioning, Region, Target, Trunk, Zone
from hasip.health import Event
from hasip.seats import Seats
from hasip.zones import Zones
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
