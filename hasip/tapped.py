"""Who looks at the messages of a node: Homer by HEP, and traces. (Part of the composition root.)

The data plane copies what any of them wants; here each gets what it asked for. When nobody looks, nothing is copied.
"""
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

import structlog

from hasip.bridge.router import Router
from hasip.bridge.tap import NO_SLOT, Capture, Message, Tap
from hasip.domain.node import Node
from hasip.domain.trunk import Core, Target, Trunk
from hasip.hep import Packet, Sender
from hasip.published import NOTHING, Published
from hasip.trace import Step, Watch, Wish, party_of, step_fields

TRACES_MAX = 8              # at once
TRACE_S_MAX = 3600.0
USER = re.compile(r"(?i)\b(?:sips?|tel):([^@;>\s]+)")

log = structlog.get_logger("hasip", area="hep")


class UnknownTrunk(Exception):
    """No trunk has this name."""


class Tapped:
    """The tap of one node. Owns: the socket to Homer. Threads: the loop's."""

    def __init__(self, node: Node, router: Router, locate: Callable[[Target], Sequence[Target]]) -> None:
        self._hep = node.hep
        self._sender = Sender(node.hep.address, node.hep.port, node.hep.capture_id, node.name) if node.hep else None
        self._router = router
        self._locate = locate
        self._tap = Tap(router)
        self._watches: list[Watch] = []
        self._published = NOTHING
        self._mirrored: frozenset[int] = frozenset()

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Pass copies on until the block ends."""
        self._tap.open(self._take)
        try:
            yield
        finally:
            self._tap.close()
            if self._sender:
                self._sender.close()

    def published(self, published: Published) -> None:
        """Know the trunks of the world that was just published."""
        self._published = published
        if self._hep and self._hep.trunks:
            self._mirrored = frozenset(published.slots[name] for name in self._hep.trunks if name in published.slots)
            for name in self._hep.trunks:
                if name not in published.slots:
                    log.warning("no trunk has this name, which [hep] trunks has", trunk=name)
        self._want()

    def status(self) -> dict[str, Any]:
        """Return what `hasip status` says of it."""
        return {"hep": {"sent": self._sender.sent, "dropped": self._sender.dropped} if self._sender else None, "traces": len(self._watches)}

    def trace(self, trunk: str = "", number: str = "", call_id: str = "", is_full: bool = False, seconds: float = 60.0) -> AsyncGenerator[dict[str, Any], None]:
        """Return messages as they come. Errors: ValueError, UnknownTrunk."""
        wish = Wish(trunk, number, call_id)
        if trunk and trunk not in self._published.slots:
            raise UnknownTrunk(f'no trunk "{trunk}"')
        if len(self._watches) == TRACES_MAX:
            raise ValueError(f"{TRACES_MAX} traces are running already")
        return self._trace(wish, is_full, min(seconds, TRACE_S_MAX))

    async def _trace(self, wish: Wish, is_full: bool, seconds: float) -> AsyncGenerator[dict[str, Any], None]:
        watch = Watch(wish)
        self._watches.append(watch)
        try:
            self._want()
            yield {"is_ready": True}
            async with contextlib.aclosing(watch.steps(seconds)) as steps:
                async for step in steps:
                    yield step_fields(step, is_full)
            yield {"left_out": watch.left_out}
        finally:
            self._watches.remove(watch)
            self._want()

    def _want(self) -> None:
        """Tell the data plane what somebody wants, of all that do."""
        wishes = [watch.wish for watch in self._watches]
        self._tap.want(
            everything=(self._hep is not None and not self._hep.trunks) or any(wish.is_everything for wish in wishes),
            slots=self._mirrored | {self._published.slots[wish.trunk] for wish in wishes if wish.trunk in self._published.slots},
            numbers=list({wish.number for wish in wishes if wish.number}), call_ids=[wish.call_id for wish in wishes if wish.call_id])

    def _take(self, captures: list[Capture]) -> None:
        """Give each who looks what it wants."""
        for capture in captures:
            message = capture.parsed()
            if self._sender and self._hep and (not self._hep.trunks or capture.slot in self._mirrored):
                self._sender.send(packet_of(capture, message))
            if self._watches and message is not None:
                self._show(capture, message)

    def _show(self, capture: Capture, message: Message) -> None:
        trunk = None if capture.slot == NO_SLOT else self._published.trunk_at(capture.slot)
        numbers = numbers_in(message)
        wanting = [watch for watch in self._watches if watch.wants(message.call_id, trunk.name if trunk else "", numbers)]
        if wanting:
            step = step_of(capture, message, self._party_of(capture, trunk))
            for watch in wanting:
                watch.put(step)

    def _party_of(self, capture: Capture, trunk: Trunk | None) -> str:
        cores: Sequence[Core] = [core for core in self._published.provisioning.cores if trunk is None or core.name == trunk.core]
        registered = [[binding["address"] for binding in self._router.bindings(capture.slot, leg)] for leg in range(len(trunk.accounts))] if trunk else []
        return party_of(capture.far_address, capture.far_port, trunk, cores, registered, self._locate)


def packet_of(capture: Capture, message: Message | None) -> Packet:
    """Return a capture as HEP has it."""
    ours, far = (capture.address, capture.port), (capture.far_address, capture.far_port)
    source, destination = (ours, far) if capture.is_sent else (far, ours)
    return Packet(capture.at_us, capture.transport, source, destination, message.call_id.encode() if message else b"", capture.message)


def step_of(capture: Capture, message: Message, party: str) -> Step:
    """Return a capture as a trace shows it."""
    return Step(capture.at_us, capture.is_sent, capture.transport, place(capture.address, capture.port), place(capture.far_address, capture.far_port), party,
                message.call_id, message.method, message.status, message.reason_phrase, message.cseq, message.request_uri,
                capture.message.decode(errors="replace"))


def numbers_in(message: Message) -> list[str]:
    """Return the numbers that a message dials, calls from, or was for."""
    users = [found[1] for name, value in message.headers if name.lower() in ("from", "f", "to", "t") and (found := USER.search(value))]
    return [message.request_uri_user, *users]


def place(address: str, port: int) -> str:
    """Return host:port, an IPv6 address in brackets."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
