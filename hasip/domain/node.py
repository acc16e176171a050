"""The node: what this machine is. Source: the node file."""
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Transport = Literal["udp", "tcp", "tls"]


@dataclass(frozen=True, slots=True)
class Listener:
    """One address that takes calls."""

    transport: Transport
    address: str            # numeric, without brackets
    port: int               # 0: any free port
    interface: str = ""     # bound to this network interface
    advertise: str = ""     # host:port for Via and Record-Route, if not the bound address


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
    not_served: tuple[str, ...] = ()        # what the file asks for and this version does not do yet, one sentence part each
