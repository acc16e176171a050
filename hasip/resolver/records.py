"""What is asked of DNS, and what it answers, as far as RFC 3263 needs it. Source: RFC 1035, 2782, 3403."""
import math
from dataclasses import dataclass
from typing import Literal

RecordType = Literal["NAPTR", "SRV", "A", "AAAA"]


@dataclass(frozen=True, slots=True)
class Query:
    """One question to DNS."""

    name: str
    type: RecordType


@dataclass(frozen=True, slots=True)
class Naptr:
    """A rule of a domain, RFC 3403 §4.1."""

    order: int
    preference: int
    flags: str
    service: str
    regexp: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    """A host that gives a service, RFC 2782."""

    priority: int
    weight: int
    port: int
    target: str             # ".": decidedly no such service


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of one query; none of them is a real answer too, unless there was trouble."""

    naptrs: tuple[Naptr, ...] = ()
    services: tuple[Srv, ...] = ()
    addresses: tuple[str, ...] = ()
    ttl_s: float = math.inf     # without records it limits nothing: the cache has its own time for "no such name"
    trouble: str = ""           # why nothing is known: timeout, SERVFAIL, …

    @property
    def records(self) -> frozenset[Naptr | Srv | str]:
        """The records without order: name servers turn them from answer to answer."""
        return frozenset((*self.naptrs, *self.services, *self.addresses))


class DnsTrouble(Exception):
    """Name servers were silent, or failed: nothing is known, and asking again later may help."""
