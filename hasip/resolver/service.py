"""Keeps the places of named targets fresh, and says when they changed. The clock and the random source are passed."""
import asyncio
import contextlib
import math
import random
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any

import structlog

from hasip.domain.node import Transport
from hasip.domain.trunk import Target
from hasip.resolver.cache import Cache, Entry, State
from hasip.resolver.client import DnsClient
from hasip.resolver.failures import Failures
from hasip.resolver.locate import Family, locate
from hasip.resolver.lookup import look_up
from hasip.resolver.place import Place
from hasip.resolver.records import DnsTrouble

TIMEOUT_S = 2.0
TOTAL_TIMEOUT_S = 4.0
COALESCE_S = 0.05           # changes so close together are told as one
REORDER_S = 30.0            # the same records in a new order, by rotation or by draw: no hurry, and there are many

log = structlog.get_logger("hasip", area="resolver")


class Resolver:
    """Answers from memory where a target is; `run` keeps the memory fresh. Threads: the event loop's alone."""

    def __init__(
        self, servers: Sequence[str] | None, on_change: Callable[[], None], *, families: Sequence[Family] = ("ipv4", "ipv6"),
        timeout_s: float = TIMEOUT_S, total_timeout_s: float = TOTAL_TIMEOUT_S,
        clock: Callable[[], float] = time.monotonic, chance: random.Random | None = None,
    ) -> None:
        """Errors: ValueError for a server that is no address."""
        self._client = DnsClient(servers, timeout_s, total_timeout_s)
        self._on_change = on_change
        self._families = tuple(families)
        self._clock = clock
        self._chance = chance or random.Random()
        self._cache = Cache()
        self._failures = Failures()
        self._changed = asyncio.Event()         # places are not as last told
        self._reordered = asyncio.Event()       # only their order is not
        self._wake = asyncio.Event()            # something may be due earlier than thought
        self._settled = asyncio.Event()         # each watched name was asked once

    def watch(self, names: Iterable[tuple[str, int, Transport]]) -> None:
        """Keep these (host, port or 0, transport) fresh and forget all others; new ones are asked at once, and what is due is asked."""
        self._cache.watch({target_of(*name) for name in names}, self._clock())
        self._look_whether_settled()
        self._wake.set()

    def places(self, host: str, port: int, transport: Transport) -> tuple[Place, ...]:
        """Return where a watched name is, in the order to try; nothing when it has no address, or none is known."""
        entry = self._cache.find(target_of(host, port, transport))
        return self._failures.order(entry.places, self._clock()) if entry else ()

    def note_failure(self, address: str, port: int) -> None:
        """Try a place last for a while: it failed at transport level. Errors: ValueError for an address that is not numeric."""
        place = Place(str(ip_address(address)), port)
        if self._failures.note(place, self._clock()):
            self._look_whether_reordered(place)
            self._wake.set()

    def status(self) -> dict[str, dict[str, Any]]:
        """Return what `hasip status` shows of each name."""
        now_s = self._clock()
        return {name_of(entry.target): {
            "places": [str(place) for place in self._failures.order(entry.places, now_s)],
            "ttl_left_s": int(entry.ttl_left_s(now_s)), "state": entry.state.value, "error": entry.trouble,
        } for entry in self._cache.entries()}

    async def settle(self, timeout_s: float) -> bool:
        """Wait until each watched name was asked once, while `run` runs. False when the time was over before."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._settled.wait()
        return self._settled.is_set()

    async def run(self) -> None:
        """Ask for each name when it is due, until cancelled. Errors: what on_change raises."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell_changes())
            group.create_task(self._tell_orders())
            while True:
                self._wake.clear()
                for entry in self._cache.take_due(self._clock()):
                    group.create_task(self._refresh(entry))
                for place in self._failures.take_ended(self._clock()):
                    self._look_whether_reordered(place)
                await self._sleep_until(min(self._cache.next_due_at_s(), self._failures.next_end_at_s()))

    async def _tell_changes(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(COALESCE_S)
            self._changed.clear()
            self._on_change()

    async def _tell_orders(self) -> None:
        while True:
            await self._reordered.wait()
            await asyncio.sleep(REORDER_S)
            self._reordered.clear()
            self._changed.set()

    async def _refresh(self, entry: Entry) -> None:
        """Ask for one target and keep the answer, or what was known before."""
        state_before, places_before, records_before = entry.state, entry.places, entry.records
        steps = locate(entry.target, self._families, self._chance)
        try:
            finding = await look_up(steps, self._client.ask, entry.answers)
            self._cache.store(entry, finding, self._clock())
        except DnsTrouble as trouble:
            self._cache.fail(entry, str(trouble), self._clock())
        if self._cache.is_watched(entry):
            tell(entry, state_before, places_before)
            if entry.places != places_before:
                (self._changed if entry.records != records_before else self._reordered).set()
            self._look_whether_settled()
            self._wake.set()

    async def _sleep_until(self, at_s: float) -> None:
        delay_s = None if math.isinf(at_s) else max(0.0, at_s - self._clock())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._wake.wait()

    def _look_whether_settled(self) -> None:
        if self._cache.was_asked():
            self._settled.set()
        else:
            self._settled.clear()

    def _look_whether_reordered(self, place: Place) -> None:
        """Note a change when some name has this place and others."""
        if any(place in entry.places and len(entry.places) > 1 for entry in self._cache.entries()):
            self._changed.set()


def target_of(host: str, port: int, transport: Transport) -> Target:
    """Return a name in its one spelling."""
    return Target(host.lower().rstrip("."), port, transport)


def name_of(target: Target) -> str:
    """Return a target as transport:host, with :port if it has one."""
    return f"{target.transport}:{target.host}:{target.port}" if target.port else f"{target.transport}:{target.host}"


def tell(entry: Entry, state_before: State, places_before: tuple[Place, ...]) -> None:
    """Log what changed: another set of places, trouble, or its end; a mere new order is no news."""
    name, places = name_of(entry.target), [str(place) for place in entry.places]
    if entry.state is State.FAILED and state_before is not State.FAILED:
        log.warning("name without an answer", name=name, error=entry.trouble)
    elif entry.state is State.STALE and state_before is not State.STALE:
        log.warning("name without a new answer: the last good one serves", name=name, error=entry.trouble, places=places)
    elif entry.state is State.FRESH and state_before in (State.STALE, State.FAILED):
        log.info("name answered again", name=name, places=places)
    elif state_before is State.UNKNOWN or set(entry.places) != set(places_before):
        log.info("name resolved", name=name, places=places, before=[str(place) for place in places_before])
