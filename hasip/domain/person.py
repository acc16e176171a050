"""People who use the API and the console."""
from dataclasses import dataclass
from typing import Literal

Role = Literal["operator", "customer"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is known by name: an operator, or a customer with trunks of their own."""

    name: str
    role: Role
    trunks: frozenset[str] = frozenset()        # a customer's own


@dataclass(frozen=True, slots=True)
class Session:
    """A login that goes on. Times in seconds since 1970."""

    user: str
    begun_s: int
    seen_s: int
    source: str                                 # the address it was begun from


@dataclass(frozen=True, slots=True)
class Token:
    """What a program is known by. Times in seconds since 1970."""

    user: str
    name: str
    made_s: int
    ends_s: int | None                          # None: it does not end by itself
    seen_s: int | None                          # None: never used


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when. Secrets are hidden."""

    id: int
    at_s: float
    who: str
    action: str                                 # added, changed, removed, drained, …
    subject: str                                # trunk, core, zone, user, token
    name: str
    old: str                                    # JSON; empty: there was nothing
    new: str
    generation: int                             # of the store that this made; 0: cores and trunks stayed as they were
