"""Trunks and cores: who calls, who is called, and what happens when a leg fails. Source: the trunks file."""
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal

from hasip.domain.node import Transport

Network = IPv4Network | IPv6Network

FAILOVER_CODES = frozenset({408, 480, 500, 501, 502, 503, 504, 505, 513, 580})


class Mode(StrEnum):
    """Who gets a new call."""

    ONLY_PRIMARY = "only_primary"
    LOAD_BALANCING = "load_balancing"
    AUTO_FAILOVER = "auto_failover"
    TWO_ZONES = "2t"
    TWO_REGIONS = "4t"
    TWO_REGIONS_TWO_ZONES = "2t4t"

    @property
    def is_basic(self) -> bool:
        """True for the modes with a primary and a secondary account."""
        return self in (Mode.ONLY_PRIMARY, Mode.LOAD_BALANCING, Mode.AUTO_FAILOVER)


@dataclass(frozen=True, slots=True)
class Target:
    """A place calls can be sent to. `host` may be a name."""

    host: str
    port: int
    transport: Transport = "udp"
    large_by_tcp: bool = False          # takes requests above the path MTU by TCP

    @property
    def ip(self) -> IPv4Address | IPv6Address | None:
        """The host's address; None when it is a name."""
        return address_in(self.host)

    @property
    def text(self) -> str:
        """Host and port as the trunks file has them; a name that came without a port goes without."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host


@lru_cache(maxsize=524_288)                 # each probe asks, and each publish several times
def address_in(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is; None when it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Account:
    """A leg of a basic-HA trunk: primary or secondary."""

    name: Literal["primary", "secondary"]
    label: str
    authentication: Literal["ip", "digest"]
    allow: tuple[Network, ...] = ()
    target: Target | None = None            # ip accounts: where they are; digest accounts register instead
    transport: Transport = "udp"
    username: str = ""
    password: str = field(default="", repr=False)
    ha1_md5: str = field(default="", repr=False)
    ha1_sha256: str = field(default="", repr=False)
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Zone:
    """A leg of an advanced-HA trunk or core, with the network interface its traffic leaves by."""

    name: str
    target: Target
    allow: tuple[Network, ...] = ()
    interface: str = ""                     # empty: whichever the routing table says
    source: IPv4Address | IPv6Address | None = None         # the interface's address to leave from; None: the one nearest to the target


@dataclass(frozen=True, slots=True)
class Region:
    """Zones in order."""

    name: str
    zones: tuple[Zone, ...]


@dataclass(frozen=True, slots=True)
class Core:
    """A carrier-side peer group: targets that are tried in order, or regions with zones."""

    name: str
    allow: tuple[Network, ...]
    targets: tuple[Target, ...] = ()
    no_response_ms: int = 2000
    mode: Mode | None = None                # of the advanced ones; None: it has targets
    regions: tuple[Region, ...] = ()
    intra_region: Literal["round_robin", "priority"] = "round_robin"


@dataclass(frozen=True, slots=True)
class Trunk:
    """One customer's SIP trunk subscription."""

    name: str
    calls: int                              # limit of the one call pool
    numbers: tuple[str, ...]                # exact, or a prefix with * at its end
    core: str
    mode: Mode = Mode.ONLY_PRIMARY
    caller_id: str = ""
    add_ons: frozenset[str] = frozenset()
    primary: Account | None = None
    secondary: Account | None = None
    regions: tuple[Region, ...] = ()
    intra_region: Literal["round_robin", "priority"] = "round_robin"
    caller_id_policy: Literal["pai", "from"] = "pai"
    failover_codes: frozenset[int] = FAILOVER_CODES
    failover_after_progress: Literal["always", "no_early_media", "never"] = "always"
    no_response_ms: int = 2000
    ring_timeout_s: int = 0                 # 0: off
    max_call_s: int = 14_400
    pool_full_status: int = 486             # what the core is told
    pool_full_status_to_trunk: int = 503    # what the customer is told

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The legs of a basic-HA trunk, in order."""
        return tuple(account for account in (self.primary, self.secondary) if account)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a core or trunk can't be used as it is."""

    table: Literal["core", "trunk"]
    name: str
    place: str                              # primary.address; empty: the whole
    sentence: str


@dataclass(frozen=True, slots=True)
class Provisioning:
    """All that a trunks file says, or a store."""

    cores: tuple[Core, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    warnings: tuple[str, ...] = ()          # allowed, but perhaps not meant
    unreadable: tuple[Fault, ...] = ()      # further cores and trunks that a store has, and nobody understands

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every place that calls can be sent to by any way."""
        accounts = (account.target for trunk in self.trunks for account in trunk.accounts if account.target)
        return (*(target for core in self.cores for target in core.targets), *accounts)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Every zone, of cores and trunks."""
        owners: tuple[Core | Trunk, ...] = (*self.cores, *self.trunks)
        return tuple(zone for owner in owners for region in owner.regions for zone in region.zones)
