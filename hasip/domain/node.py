"""The node: what this machine is. Source: the node file."""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Transport = Literal["udp", "tcp", "tls"]

OUTGOING_PORTS: dict[Transport, int] = {"tcp": 5060, "tls": 5061}      # what a Via says where nobody listens for the stream


@dataclass(frozen=True, slots=True)
class Listener:
    """One address that takes calls."""

    transport: Transport
    address: str            # numeric, without brackets
    port: int               # 0: any free port
    interface: str = ""     # bound to this network interface
    advertise: str = ""     # host:port for Via and Record-Route, if not the bound address
    certificate: str = ""   # files, of a TLS listener: what it shows, …
    key: str = ""
    client_ca: str = ""     # …and who signs the certificates it asks customers for; empty: it asks for none
    is_listening: bool = True       # False: connections are only made from here


@dataclass(frozen=True, slots=True)
class Registrar:
    """How users register and prove who they are."""

    realm: str = "hasip"
    algorithms: tuple[Literal["sha-256", "md5"], ...] = ("sha-256", "md5")     # offered to users whose password we know
    min_expires_s: int = 60
    default_expires_s: int = 3600
    max_expires_s: int = 7200
    nonce_secret: str = field(default="", repr=False)   # shared by nodes that shall accept each other's nonces; empty: a key of this node


@dataclass(frozen=True, slots=True)
class Abuse:
    """What senders may do that have proved nothing."""

    requests_per_s: int = 100       # of one source; 0: no limit
    burst: int = 200
    failures_max: int = 20          # wrong passwords until a source is banned; 0: never
    ban_s: int = 300
    scanners: tuple[str, ...] = ()  # texts of User-Agent that meet silence


@dataclass(frozen=True, slots=True)
class Tls:
    """How connections to targets are made by TLS."""

    ca: str = ""                    # file: who signs the targets' certificates; empty: whom this machine trusts
    certificate: str = ""           # file: what we show where we are asked
    key: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Health:
    """How zones and probed accounts are judged; health/rules.py has the rest."""

    interval_s: float = 10.0            # between probes while up or recovering
    suspect_interval_s: float = 1.0
    down_interval_s: float = 5.0
    timeout_ms: int = 2000              # a probe that has no final response by then has failed
    failures_to_down: int = 3           # probes in a row
    successes_to_up: int = 3
    ramp_s: float = 30.0                # from recovery to the full share
    hold_s: float = 10.0                # the least time down; doubles with each relapse
    hold_max_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Metrics:
    """Where metrics and health are told, by HTTP."""

    address: str                    # numeric, without brackets
    port: int
    trunks_max: int = 1000          # so many have metrics of their own


@dataclass(frozen=True, slots=True)
class Records:
    """Whether calls leave records, and for how long these are kept."""

    is_on: bool = True
    retention_days: int = 90        # 0: for ever
    journal_mib: int = 16           # for each worker, in state_dir
    spool_mib: int = 4096           # what may wait in state_dir for the store


@dataclass(frozen=True, slots=True)
class Console:
    """Where API and console are told, by HTTP, or by HTTPS with a certificate."""

    address: str                    # numeric, without brackets
    port: int
    certificate: str = ""           # files
    key: str = ""

    @property
    def is_by_tls(self) -> bool:
        """True when nobody on the way reads what is said."""
        return bool(self.certificate)


@dataclass(frozen=True, slots=True)
class Node:
    """What one `hasip run` needs to know of its machine."""

    name: str
    state_dir: Path
    listeners: tuple[Listener, ...]
    workers: int = 1                        # data-plane threads, at least 1
    domains: tuple[str, ...] = ()           # names we answer to, besides our own addresses
    user: str = ""                          # drop privileges to this user after binding
    drop_unknown: bool = False              # unknown_source = "drop": say nothing to strangers
    spin_us: int = 0                        # poll so long before sleeping: latency for processor time
    drain_s: int = 30                       # SIGTERM waits so long for calls to end
    call_capacity: int = 262_144
    transaction_capacity: int = 1_048_576
    trunk_capacity: int = 131_072
    binding_capacity: int = 131_072
    registrar: Registrar = Registrar()
    abuse: Abuse = Abuse()
    tls: Tls = Tls()
    health: Health = Health()
    dns_servers: tuple[str, ...] = ()       # empty: those of this machine
    store_url: str = field(default="", repr=False)  # may hold a password
    metrics: Metrics | None = None
    records: Records = Records()
    console: Console | None = None
    not_served: tuple[str, ...] = ()        # what the file asks for and this version does not do yet, one sentence part each

    @property
    def seats(self) -> tuple[Listener, ...]:
        """Every way in and out: the listeners, and for a stream that nobody listens for, a place to connect from."""
        listeners = self.listeners
        for transport, port in OUTGOING_PORTS.items():
            for is_ipv6 in (False, True):
                if any(_is_ipv6(each) == is_ipv6 and each.transport == transport for each in listeners):
                    continue
                model = next((each for each in listeners if _is_ipv6(each) == is_ipv6), None)
                if model is not None:
                    listeners += (outgoing_seat(model, transport, port),)
        return listeners


def outgoing_seat(model: Listener, transport: Transport, port: int) -> Listener:
    """Return a place to connect from, at another listener's address."""
    host = (model.advertise.rpartition(":")[0] or (f"[{model.address}]" if _is_ipv6(model) else model.address))
    return Listener(transport, model.address, port, model.interface, f"{host}:{port}", is_listening=False)


def _is_ipv6(listener: Listener) -> bool:
    return ":" in listener.address
