"""The composition root of the control plane: load, bind, publish, run, reload, drain. (`hasip run`)"""
import asyncio
import gc
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
import uvloop

from hasip import __version__
from hasip.background import beside
from hasip.bridge.counters import calls_status, trunks_status
from hasip.bridge.publisher import Publisher
from hasip.bridge.router import open_router
from hasip.bridge.workers import WorkerThreads
from hasip.config import ConfigError, load_node
from hasip.control.server import ControlServer
from hasip.domain.node import Node
from hasip.domain.trunk import Provisioning
from hasip.live_node import LiveNode
from hasip.logs import set_up_logs
from hasip.observed import STARTING, observed
from hasip.privileges import drop_privileges
from hasip.provisioned import Provisioned
from hasip.reach import Reach
from hasip.recorded import Recorded
from hasip.records.export import story_as_json
from hasip.seats import Seats
from hasip.served import served
from hasip.store import StoreError
from hasip.told import Told
from hasip.transport import CredentialsError
from hasip.unpublished import NOTHING, Unpublished, may_stay, unpublished
from hasip.zones import Zones

DRAIN_LOOK_S = 0.1

log = structlog.get_logger("hasip", area="node")


def run(node_file: Path, trunks_file: Path | None) -> None:
    """Run a node until it is told to stop. Errors: ConfigError, StoreError, OSError, AlreadyRunning before it serves; nothing after."""
    node = load_node(node_file)
    set_up_logs(node.log)
    uvloop.run(App(node, node_file, trunks_file).serve())


class App:
    """A running node."""

    def __init__(self, node: Node, node_file: Path, trunks_file: Path | None) -> None:
        self._node = node
        self._node_file = node_file
        self._provisioned = Provisioned(node, trunks_file)
        self._provisioning = self._served = Provisioning()      # what the store has, and what of it is published
        self._unpublished: list[Unpublished] = []
        self._hung_up = asyncio.Event()
        self._started = time.time()
        self._generation = 0
        self._has_started = False
        self._stopping = asyncio.Event()
        self._stop_at_once = asyncio.Event()
        node.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def serve(self) -> None:
        """Serve until a signal says stop, and calls have drained."""
        answers: dict[str, Callable[..., Any]] = {
            "status": self.status, "calls": self.calls, "explain": self.explain, "reload": self.reload, "drain": self.drain,
            "zone_history": self.zone_history, "zone_drain": self.zone_drain, "zone_undrain": self.zone_undrain}
        async with (ControlServer(self._node.state_dir, answers, {"trace": lambda **wish: self._told.trace(**wish)}), self._provisioned.opened(),
                    observed(self._node.metrics, self.status, self.obstacle)):
            self._provisioning = await self._provisioned.first()
            self._recorded = Recorded(self._node)
            self._router = open_router(self._node)
            self._publisher = Publisher(self._router, self._node.trunk_capacity)
            self._reach = Reach(self._node, self._router)
            seats = Seats(self._node, self._router, self._reach.add_seat, self._reach.renew_seat)
            self._told = Told(self._node, self._router, self._reach.locate)
            self._zones = Zones(self._node, self._router, seats, self._reach.locate, lambda: self._publish(self._provisioning),
                                self._told.alerted.zone_changed, self._told.alerted.take_notices)
            self._live = LiveNode(self._node.name, self._router, self._reach, self._zones, self._publisher.slots, status=self.status,
                                  generation=lambda: self._provisioned.generation, follow=self._follow_now)
            async with (self._reach.opened(), self._zones.opened(), self._told.opened(), self._recorded.opened(self._router),
                        served(self._node, self._live, self.obstacle)):
                drop_privileges(self._node.user, self._node.state_dir)
                seats.restore()
                await self._reach.learn(self._provisioning)
                self._publish(self._provisioning)
                gc.freeze()                             # trunks are no garbage: a full collection would stop the loop to look at each
                adopted_calls, adopted_bindings = self._router.adopt_calls(self._publisher.slots), self._router.adopt_bindings()
                self._workers = WorkerThreads(self._router, self._node.workers)
                self._watch_signals()                   # before anybody can see that we serve: who stops us then means a clean end
                self._workers.start()
                self._has_started = True
                self._tell_ready(adopted_calls, adopted_bindings)
                try:
                    async with beside(self._follow_names()), beside(self._follow_store()), beside(self._follow_signals()):
                        await self._stopping.wait()
                        await self._drain_calls()
                finally:
                    self._live.close()
                    self._workers.stop()
                    ignore_signals()
                    log.info("stopped", calls=self._router.calls_in_progress())

    def status(self, trunks_max: int | None = None) -> dict[str, Any]:
        """Return what `hasip status --json` prints; of the first trunks only, where it shall stay small."""
        shown = replace(self._served, trunks=self._served.trunks[:trunks_max])
        names = None if trunks_max is None else {trunk.name for trunk in shown.trunks}
        return {
            "node": self._node.name, "version": __version__, "uptime_s": int(time.time() - self._started),
            "draining": self._stopping.is_set(), "config_generation": self._generation,
            "listeners": self.listeners(), **self._reach.status(), **self._provisioned.status(), **self._recorded.status(), **self._told.status(),
            "calls": self._router.calls_in_progress(),
            "trunks": trunks_status(self._router, shown, self._publisher.slots, self._reach.open_flows()),
            "trunks_left_out": len(self._served.trunks) - len(shown.trunks), "not_published": [each.status() for each in self._unpublished],
            "zones": self._zones.status(names), "reasons": self._router.reasons(), "workers": self._router.workers(),
            "not_served": list(self._node.not_served),
        }

    def obstacle(self) -> str:
        """Return why we shall have no calls; empty when we may."""
        if not self._has_started:
            return STARTING
        if self._stopping.is_set():
            return f"draining, calls in progress: {self._router.calls_in_progress()}"
        return "" if self._workers.are_running else "a worker has ended"

    def calls(self) -> list[dict[str, Any]]:
        """Return what `hasip calls --json` prints."""
        return calls_status(self._router)

    def explain(self, call_id: str) -> list[dict[str, Any]]:
        """Return what `hasip explain --json` prints of calls in progress."""
        return [story_as_json(record) for record in self._live.calls_so_far(call_id)]

    def zone_history(self) -> list[dict[str, Any]]:
        """Return what `hasip zone history --json` prints."""
        return self._zones.history()

    def zone_drain(self, zone: str) -> dict[str, Any]:
        """Let a zone have no new calls. Errors: UnknownZone."""
        return self._zones.drain(zone)

    def zone_undrain(self, zone: str) -> dict[str, Any]:
        """Let a zone have calls again. Errors: UnknownZone."""
        return self._zones.undrain(zone)

    async def reload(self) -> dict[str, Any]:
        """Read files and store again and publish; with any error the running world stays. Errors: ConfigError, StoreError."""
        node = load_node(self._node_file)
        needs_restart = changed_fields(self._node, node)
        provisioning = await self._provisioned.again()
        self._reach.reload()
        self._exchange_world(provisioning)
        set_up_logs(node.log)
        log.info("reloaded", trunks=len(provisioning.trunks), config_generation=self._generation)
        if needs_restart:
            log.warning("changes that need a restart were left out", fields=needs_restart)
        return {"config_generation": self._generation, "trunks": len(provisioning.trunks), "needs_restart": needs_restart}

    def drain(self) -> dict[str, Any]:
        """Take no new calls, and stop once the last has ended; asked again, stop at once."""
        if self._stopping.is_set():
            self._stop_at_once.set()
        else:
            log.info("draining", calls=self._router.calls_in_progress(), at_most_s=self._node.drain_s)
            self._router.set_draining(True)
            self._stopping.set()
        return {"calls": self._router.calls_in_progress()}

    def _exchange_world(self, provisioning: Provisioning) -> None:
        """Publish another provisioning than before. Errors: ValueError for more trunks than there is room for; the running world stays then."""
        staying = may_stay(self._served, provisioning, self._unpublished)
        self._reach.watch(provisioning, staying)
        try:
            self._publish(provisioning)
        except ValueError:
            self._reach.watch(self._served)
            raise
        self._provisioning = provisioning
        if self._served is not provisioning or staying != NOTHING:
            self._reach.watch(self._served)

    def _publish(self, provisioning: Provisioning) -> None:
        """Publish a world; trunks keep their slots by name. What can't be published is told, and keeps nothing else from it."""
        outcome = self._publisher.publish(provisioning, self._reach.locate, self._zones.seat_of)
        self._served, self._unpublished = outcome.served, unpublished(provisioning, outcome)
        self._zones.published(self._served, self._publisher.slots, self._publisher.core_slots)
        self._told.published(self._served, self._publisher.slots, self._publisher.core_slots, self._unpublished)
        self._live.published(self._served)
        self._reach.prepare(self._zones.seat_of)
        self._generation += 1

    async def _follow_names(self) -> None:
        """Publish again whenever a target's name leads somewhere else."""
        while True:
            await self._reach.names_changed()
            self._publish(self._provisioning)

    async def _follow_store(self) -> None:
        """Publish whatever others change in the store."""
        async for provisioning in self._provisioned.changes():
            self._publish_change(provisioning)

    async def _follow_now(self) -> None:
        """Publish what the store has, without waiting for word of it."""
        if (provisioning := await self._provisioned.look()) is not None:
            self._publish_change(provisioning)

    def _publish_change(self, provisioning: Provisioning) -> None:
        try:
            self._exchange_world(provisioning)
        except ValueError as error:
            log.error("not published", error=str(error))

    async def _follow_signals(self) -> None:
        """Reload at each SIGHUP; every error is logged, and the running world stays."""
        while True:
            await self._hung_up.wait()
            self._hung_up.clear()
            try:
                await self.reload()
            except (ConfigError, CredentialsError, StoreError, OSError, ValueError) as error:
                for line in str(error).splitlines():
                    log.error("not reloaded", error=line)

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._hung_up.set)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)

    async def _drain_calls(self) -> None:
        """Wait until no call is left, drain_s are over, or a second signal comes."""
        deadline = time.monotonic() + self._node.drain_s
        while self._router.calls_in_progress() and time.monotonic() < deadline and not self._stop_at_once.is_set():
            await asyncio.sleep(DRAIN_LOOK_S)

    def _tell_ready(self, adopted_calls: int, adopted_bindings: int) -> None:
        for line in self._node.not_served:
            log.warning(f"not served yet: {line}")
        for line in self._provisioning.warnings:
            log.warning(line)
        if self._router.call_capacity != self._node.call_capacity:
            log.warning("call_capacity is that of the call table in state_dir", configured=self._node.call_capacity, used=self._router.call_capacity)
        log.info("ready", node=self._node.name, listeners=self.listeners(), trunks=len(self._served.trunks), workers=self._node.workers,
                 adopted_calls=adopted_calls, adopted_bindings=adopted_bindings, state_dir=str(self._node.state_dir))

    def listeners(self) -> list[str]:
        """Return the bound listeners as transport:address:port."""
        return [f"{listener.transport}:{listener.address}:{port}" for listener, port in zip(self._node.listeners, self._router.ports, strict=False)]


def ignore_signals() -> None:
    """From now on nothing is left to stop: a signal that comes late must not spoil the exit code."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


def changed_fields(old: Node, new: Node) -> list[str]:
    """Return what changed in the node file and takes a restart: all of it, but the log."""
    return [name for name in Node.__slots__ if name not in ("not_served", "log") and getattr(old, name) != getattr(new, name)]
