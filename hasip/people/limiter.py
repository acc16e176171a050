"""How often one may try a password. No I/O: the clock is passed.

Two counts: of a source (a guesser of many names), and of a name from a source (a guesser of one). A name alone has a wide one: else anybody could lock it out. Who
has many sources could still, so it does not hold for sources from which the name came in before.
"""
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

KEYS_MAX = 20_000               # the longest unused are forgotten
IPV6_PREFIX = 64                # one customer's network

Key = tuple[str, str]           # source, name; either may be empty


@dataclass(slots=True)
class Bucket:
    """Failures that count now; one is forgiven every `forgives_s`."""

    failures: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many failures are allowed, and how fast they are forgiven."""

    failures: int
    forgives_s: float


class LoginLimiter:
    """Counts failures. Threads: one."""

    def __init__(self, pair: Allowance = Allowance(5, 60.0), source: Allowance = Allowance(30, 20.0), name: Allowance = Allowance(100, 6.0)) -> None:
        self._pair, self._source, self._name = pair, source, name
        self._buckets: OrderedDict[Key, Bucket] = OrderedDict()
        self._known: OrderedDict[Key, None] = OrderedDict()         # who came in from where

    def wait_s(self, source: str, name: str, now_s: float) -> float:
        """Return how long until one may try; 0: now."""
        return max(self._wait_of(key, allowance, now_s) for key, allowance in self._keys(source, name))

    def note_try(self, source: str, name: str, now_s: float) -> None:
        """Count a try before its password is looked at: those that come together count too."""
        for key, allowance in self._keys(source, name):
            bucket = self._buckets.setdefault(key, Bucket(0.0, now_s))
            bucket.failures, bucket.at_s = self._failures_now(bucket, allowance, now_s) + 1, now_s
            self._buckets.move_to_end(key)
        forget_oldest(self._buckets)

    def note_success(self, source: str, name: str, now_s: float) -> None:
        """Take back what a try counted that was right, and forgive what this name did from here."""
        for key, allowance in self._keys(source, name):
            if bucket := self._buckets.get(key):
                bucket.failures, bucket.at_s = max(0.0, self._failures_now(bucket, allowance, now_s) - 1), now_s
        pair = network_of(source), name
        self._buckets.pop(pair, None)
        self._known[pair] = None
        self._known.move_to_end(pair)
        forget_oldest(self._known)

    def _keys(self, source: str, name: str) -> tuple[tuple[Key, Allowance], ...]:
        network = network_of(source)
        keys = ((network, name), self._pair), ((network, ""), self._source)
        return keys if (network, name) in self._known else (*keys, (("", name), self._name))

    def _wait_of(self, key: Key, allowance: Allowance, now_s: float) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return 0.0
        too_many = self._failures_now(bucket, allowance, now_s) - (allowance.failures - 1)
        return max(0.0, too_many * allowance.forgives_s)

    @staticmethod
    def _failures_now(bucket: Bucket, allowance: Allowance, now_s: float) -> float:
        return max(0.0, bucket.failures - max(0.0, now_s - bucket.at_s) / allowance.forgives_s)        # a clock that is set back makes nobody worse


def forget_oldest(kept: OrderedDict[Key, Any]) -> None:
    """Let no more than KEYS_MAX stay."""
    while len(kept) > KEYS_MAX:
        kept.popitem(last=False)


def network_of(source: str) -> str:
    """Return who counts as one: an IPv4 address, an IPv6 /64; what is no address counts as it is."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    return str(address) if address.version == 4 else str(ip_network((address, IPV6_PREFIX), strict=False))
