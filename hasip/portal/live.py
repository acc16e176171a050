"""What a running node can tell and do, as the portal needs it. The composition root has who does it."""
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from hasip.domain.record import CallRecord

Facts = dict[str, Any]          # as `hasip status --json` and its like print them


class NoSuchZone(Exception):
    """No zone has this name."""


class NoTrial(Exception):
    """The failover of this trunk can't be tested now; the text says why."""


class Live(Protocol):
    """A running node. What is told of a trunk is None or empty while the node does not have it."""

    def node(self) -> Facts:
        """Return name, version, uptime, listeners, totals, reasons, workers; nothing per trunk."""
        ...

    def pool(self, trunk: str) -> Facts | None:
        """Return mode, calls, limit, refused, and per leg figures and bindings."""
        ...

    def calls_of(self, trunks: Collection[str]) -> Mapping[str, int]:
        """Return how many calls each of these trunks has."""
        ...

    def calls(self, trunk: str | None = None) -> list[Facts]:
        """Return who holds each slot, the oldest call first; of one trunk, or of all."""
        ...

    def moved_calls(self) -> list[CallRecord]:
        """Return the records, as they are so far, of calls that went on to another target."""
        ...

    def calls_so_far(self, call_id: str) -> list[CallRecord]:
        """Return the records, as they are so far, of calls in progress with a Call-ID."""
        ...

    def zones(self, owner: str | None = None) -> list[Facts]:
        """Return judged legs; those of one trunk ("globex") or core ("core:pstn"), or all."""
        ...

    def zone_history(self) -> list[Facts]:
        """Return what happened to the zones, the oldest first."""
        ...

    def drain(self, zone: str) -> Facts:
        """Let a zone have no new calls. Errors: NoSuchZone."""
        ...

    def undrain(self, zone: str) -> Facts:
        """Let a zone have calls again. Errors: NoSuchZone."""
        ...

    def begin_trial(self, trunk: str, seconds: int) -> Facts:
        """Let new calls of a trunk pass its first leg by, for so long: {"legs": […], "ends_at": …}. Errors: NoTrial."""
        ...

    def end_trial(self, trunk: str) -> bool:
        """End that before its time; False where there is none."""
        ...

    def trial(self, trunk: str) -> Facts | None:
        """Return what begin_trial() did, while it lasts."""
        ...

    def generation(self) -> int:
        """Return the generation of the store that calls go by now."""
        ...

    async def follow(self) -> None:
        """Look into the store now, and let calls go by what is there. While it is away nothing happens."""
        ...
