"""What a node alerts to, and what is said of it: one table for logs, webhooks and pages."""
from dataclasses import dataclass, field
from typing import Any, Literal

AlertEvent = Literal["pool_high", "pool_full", "failover", "zone_down", "certificate_expiring", "not_published"]

# What is said of an event while it lasts, and once it is over.
SENTENCES: dict[AlertEvent, tuple[str, str]] = {
    "pool_high": ("{subject}: {calls} of {limit} calls, {percent} % of the pool", "{subject}: the pool has room again, {calls} of {limit} calls"),
    "pool_full": ("{subject}: all {limit} calls of the pool are taken", "{subject}: the pool is not full any more, {calls} of {limit} calls"),
    "failover": ("{subject}: calls move on from {leg}: {cause}", "{subject}: calls do not move on any more, {failovers} did"),
    "zone_down": ("{subject} is down: {cause}", "{subject} is not down any more, but {state}: {cause}"),
    "certificate_expiring": ("{subject}: the certificate ends in {days} days, on {ends}", "{subject}: there is a new certificate, which ends on {ends}"),
    "not_published": ("{subject} can't be published: {cause}: {instead}", "{subject} is as the store has it"),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """Something began, or is over."""

    event: AlertEvent
    subject: str                        # a trunk, a core, a zone, a file
    is_over: bool
    at_s: float                         # since 1970
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What is said of it."""
        return SENTENCES[self.event][self.is_over].format(subject=self.subject, **self.details)
