"""What templates are given: plain facts, already allowed to be seen. No I/O."""
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Authentication = Literal["ip", "digest"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks."""

    name: str
    is_operator: bool
    csrf_token: str


@dataclass(frozen=True, slots=True)
class LegView:
    """One place a trunk's calls can go to, as it stands now."""

    name: str                               # "primary", or a zone's
    title: str                              # "Primary", or a zone's name
    label: str = ""
    address: str = ""                       # empty: it registers
    transport: str = "udp"
    state: str = "unwatched"                # a key of words.LEG_STATES
    cause: str = ""
    since_s: float | None = None
    calls: int = 0                          # now
    attempts: int = 0                       # since the node started, as the next two
    answered: int = 0
    failovers: int = 0


@dataclass(frozen=True, slots=True)
class ZoneView:
    """A leg with the health of its zone."""

    leg: LegView
    region: str
    zone: str                               # as drain takes it: "globex/sg-a"
    interface: str = ""
    share_percent: int = 100
    is_drained: bool = False
    probe_status: int | None = None         # of the last probe; None: it got no answer
    probe_ms: float | None = None
    probe_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class TrunkRow:
    """One line of the trunk list."""

    name: str
    mode: str
    calls: int
    limit: int
    numbers: int
    first_number: str
    state: str                              # a key of words.TRUNK_STATES


@dataclass(frozen=True, slots=True)
class TrunkHead:
    """What stands above every page of a trunk."""

    name: str
    mode: str
    calls: int
    limit: int
    state: str
    has_zones: bool                         # an advanced mode


@dataclass(frozen=True, slots=True)
class TrunkView:
    """A trunk as its Overview shows it."""

    head: TrunkHead
    numbers: tuple[str, ...]
    caller_id: str
    core: str
    add_ons: tuple[str, ...]
    refused: int
    legs: tuple[LegView, ...]
    test_until_s: float | None = None       # a failover test runs until then


@dataclass(frozen=True, slots=True)
class AvailabilityView:
    """The High Availability tab."""

    head: TrunkHead
    is_changeable: bool
    version: int                            # of the trunk, that a change refers to
    obstacles: Mapping[str, str]               # mode → why it can't be chosen
    calls_today: int
    moved_today: int                        # of them, to another site
    reached_today: tuple[tuple[str, int], ...]      # site, how many calls ended up there
    is_all: bool                            # False: there were more, and the latest were counted


@dataclass(frozen=True, slots=True)
class AccountView:
    """The Primary and the Secondary Region tab: a form, filled in."""

    name: Literal["primary", "secondary"]
    exists: bool
    changeable: frozenset[str]              # the fields this person may change
    version: int = 0                        # of the trunk, that a change refers to
    label: str = ""
    authentication: Authentication = "digest"
    allow: str = ""                         # one network a line
    address: str = ""
    transport: str = "udp"
    username: str = ""
    has_password: bool = False
    probe: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)    # field → what would be right
    obstacle: str = ""                      # why there can be none


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call in progress."""

    call_id: str
    number: str
    direction: str
    leg: str
    state: str
    since_s: float
    duration_s: int


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node, as operators see it."""

    name: str
    version: str
    uptime_s: int
    is_draining: bool
    listeners: tuple[str, ...]
    calls: int
    generation: int
    store: str
    is_store_away: bool
    workers: tuple[dict[str, int], ...]
    reasons: tuple[tuple[str, int, str], ...]       # symbol, count, sentence
    not_served: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CoreView:
    """A core, as operators see it."""

    name: str
    mode: str
    allow: tuple[str, ...]
    targets: tuple[str, ...]
    zones: tuple[ZoneView, ...]


@dataclass(frozen=True, slots=True)
class UserRow:
    """Somebody who may sign in."""

    name: str
    role: str
    trunks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One change."""

    at_s: float
    who: str
    subject: str
    lines: tuple[str, ...]                  # 'mode: "auto_failover" → "only_primary"'
