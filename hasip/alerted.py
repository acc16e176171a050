"""What a node alerts to: pools that fill, calls that move on, zones that are down, certificates that end, trunks that can't be published. (Part of the composition root.)

The data plane tells of a trunk once, when something begins; only such trunks are looked at then, once a second, until it is over.
"""
import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from hasip.alerts import Certificates, Moves, NotPublished, Outages, Pools
from hasip.background import beside
from hasip.bridge.notices import Notice
from hasip.bridge.router import Router, account_number
from hasip.domain.alert import Alert, AlertEvent
from hasip.domain.judged import judged_legs
from hasip.domain.node import Node
from hasip.domain.trunk import Core, Trunk
from hasip.health import Event
from hasip.published import NOTHING, Published
from hasip.unpublished import Unpublished

if TYPE_CHECKING:
    from hasip.webhooks import Delivery  # at run time only where there are webhooks: a start that needs none does not wait for an HTTP client

LOOK_S = 1.0
LOOKED_AT_ONCE = 500                # trunks, before others have their turn
CERTIFICATES_LOOK_S = 60.0
LEGS_MAX = account_number(1, 0)

log = structlog.get_logger("hasip", area="alerts")


class Alerted:
    """The alerts of one node. Owns: the HTTP client. Threads: the loop's."""

    def __init__(self, node: Node, router: Router) -> None:
        self._node = node
        self._router = router
        self._published = NOTHING
        self._pools, self._moves, self._outages, self._certificates = Pools(), Moves(), Outages(), Certificates()
        self._not_published = NotPublished()
        self._current: dict[tuple[AlertEvent, str], Alert] = {}
        self._slots: dict[str, int] = {}                                # of those that something was told of
        self._deliveries: list[Delivery] = []

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Look, and deliver, until the block ends."""
        self._router.watch_trunks()
        async with contextlib.AsyncExitStack() as stack:
            if self._node.webhooks:
                import httpx

                from hasip.webhooks import Delivery

                client = await stack.enter_async_context(httpx.AsyncClient(verify=ssl.create_default_context()))
                self._deliveries = [Delivery(webhook, self._node.name, client) for webhook in self._node.webhooks]
            for delivery in self._deliveries:
                await stack.enter_async_context(beside(delivery.run()))
            await stack.enter_async_context(beside(self._look_at_trunks()))
            await stack.enter_async_context(beside(self._look_at_certificates()))
            yield

    def published(self, published: Published, left_out: Sequence[Unpublished] = ()) -> None:
        """Know the trunks of the world that was just published, and what of the store is not in it."""
        self._published = published
        self._tell(self._not_published.now({each.subject: {"field": each.fault.place, "cause": each.cause, "instead": each.instead} for each in left_out}, time.time()))
        if self._outages:
            self._tell(self._outages.forget_all_but({leg.name for leg in judged_legs(published.provisioning)}, time.time()))

    def status(self) -> dict[str, Any]:
        """Return what `hasip status` says of it: what lasts, and how the webhooks do."""
        return {"alerts": [{"event": alert.event, "subject": alert.subject, "since": alert.at_s, "sentence": alert.sentence} for alert in self._current.values()],
                "webhooks": [delivery.status() for delivery in self._deliveries]}

    def zone_changed(self, event: Event) -> None:
        """A zone's condition is another."""
        self._tell(self._outages.changed(event.zone, str(event.after.state), event.cause, time.time()))

    def take_notices(self, notices: Sequence[Notice]) -> None:
        """The data plane tells of trunks."""
        for notice in notices:
            slot, leg = divmod(notice.account, LEGS_MAX)
            owner = self._published.owner_at(slot)
            if owner is None:                                           # gone meanwhile
                self._settle(slot)
                continue
            self._slots[name_of(owner)] = slot
            if notice.kind.startswith("failover_"):
                self._tell(self._moves.moved(name_of(owner), leg_name(owner, leg), cause_of(notice), self._failovers(slot), time.time()))
            elif isinstance(owner, Trunk):
                level: AlertEvent = "pool_full" if notice.kind == "pool_full" else "pool_high"
                self._tell(self._pools.filled(owner.name, level, self._calls(slot), owner.calls, time.time()))

    async def _look_at_trunks(self) -> None:
        """See whether what was told of trunks is over."""
        while True:
            await asyncio.sleep(LOOK_S)
            for number, name in enumerate(list(self._slots)):
                self._look_at(name)
                if number % LOOKED_AT_ONCE == LOOKED_AT_ONCE - 1:
                    await asyncio.sleep(0)

    def _look_at(self, name: str) -> None:
        """See whether what was told of a trunk or core is over; of one whose slot is not its own any more, it is."""
        now_s, slot = time.time(), self._slots[name]
        owner = self._published.owner_at(slot)
        is_gone = owner is None or name_of(owner) != name
        if name in self._pools:
            self._tell(self._pools.look(name, 0 if is_gone else self._calls(slot), owner.calls if isinstance(owner, Trunk) else 1, now_s))
            self._router.settle_pool(slot, self._pools.level(name))
        if name in self._moves:
            over = self._moves.end(name, now_s) if is_gone else self._moves.look(name, self._failovers(slot), now_s)
            self._tell(over)
            if over:
                self._router.settle_failover(slot)
        if name not in self._pools and name not in self._moves:
            del self._slots[name]

    def _settle(self, slot: int) -> None:
        """Let the data plane tell anew of a slot."""
        self._router.settle_pool(slot, 0)
        self._router.settle_failover(slot)

    async def _look_at_certificates(self) -> None:
        """See how long the certificates last."""
        console = self._node.console
        named = (*(listener.certificate for listener in self._node.listeners), self._node.tls.certificate, console.certificate if console else "")
        files = set(named) - {""}
        while files:
            for file in sorted(files):
                ends_s = await asyncio.to_thread(end_of_certificate, file)
                if ends_s is not None:
                    self._tell(self._certificates.look(file, ends_s, time.time()))
            await asyncio.sleep(CERTIFICATES_LOOK_S)

    def _tell(self, alerts: Sequence[Alert]) -> None:
        """Log alerts, and let webhooks have them."""
        for alert in alerts:
            if alert.is_over:
                self._current.pop((alert.event, alert.subject), None)
            else:
                self._current[alert.event, alert.subject] = alert
            say = log.info if alert.is_over else log.error if alert.event == "not_published" else log.warning
            say(alert.sentence, alert=alert.event, subject=alert.subject, is_over=alert.is_over, **alert.details)
            for delivery in self._deliveries:
                delivery.offer(alert)

    def _calls(self, slot: int) -> int:
        calls: int = self._router.trunk(slot)["calls"]
        return calls

    def _failovers(self, slot: int) -> int:
        return sum(leg["failovers"] for leg in self._router.trunk(slot)["legs"])


def name_of(owner: Trunk | Core) -> str:
    """Return how a trunk or core is named where both may be."""
    return owner.name if isinstance(owner, Trunk) else f"core:{owner.name}"


def leg_name(owner: Trunk | Core, leg: int) -> str:
    """Return a leg's name; a core's targets have none, but an address."""
    names = [zone.name for region in owner.regions for zone in region.zones]
    names = names or [account.name for account in owner.accounts] if isinstance(owner, Trunk) else names or [target.host for target in owner.targets]
    return names[leg] if leg < len(names) else str(leg)


def cause_of(notice: Notice) -> str:
    """Return why a call moved on."""
    return {"failover_silent": "no response", "failover_refused": "refused or unreachable"}.get(notice.kind, f"status {notice.status}")


def end_of_certificate(file: str) -> float | None:
    """Return when a file's first certificate ends; None for what can't be read, which the listener says."""
    from cryptography import x509  # half a second of the start, for nodes with certificates only

    try:
        return x509.load_pem_x509_certificates(Path(file).read_bytes())[0].not_valid_after_utc.timestamp()
    except (OSError, ValueError, IndexError):
        return None
