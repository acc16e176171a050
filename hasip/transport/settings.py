"""What the transport is told: the seats it serves, and its limits."""
from dataclasses import dataclass
from typing import Literal

# (index of the seat, numeric address, port): where a connection leads, and by which way.
Place = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class Seat:
    """A stream listener of the data plane, by its index there."""

    index: int
    transport: Literal["tcp", "tls"]
    address: str                    # numeric, without brackets; connections out come from it, unless it is a wildcard
    port: int                       # 0: any free port
    interface: str = ""             # bound to this network interface, both ways
    certificate: str = ""           # files; shown to who connects, and to servers that ask for one, unless StreamSettings has another for them
    key: str = ""
    client_ca: str = ""             # whose certificates clients may show; empty: they are not asked for one
    is_listening: bool = True       # False: only connects out


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """The limits of streams; the defaults are those of a carrier's edge."""

    connect_ms: int = 1500                      # TCP, with and without TLS after it
    connect_tls_ms: int = 2000                  # TCP and TLS handshake together
    inbound_handshake_ms: int = 2000
    message_timeout_s: float = 10               # from a message's first octet to its last
    idle_s: float = 900                         # without message or ping from the far end
    connections_max: int = 20_000               # from outside
    connections_per_source_max: int = 2_000     # from one address
    backlog_max_bytes: int = 1_048_576          # written and not taken by the kernel, for each connection
    waiting_max_bytes: int = 262_144            # waiting for a connection to be made
    unanswered_max_count: int = 4096            # requests remembered for each connection
    unacknowledged_ms: int = 10_000             # TCP_USER_TIMEOUT: a far end that vanished is found dead after it
    keep_alive: bool = True                     # ping on connections we made (RFC 5626 §3.5.1)
    keep_alive_s: float = 95                    # give or take a fifth
    ca: str = ""                                # file of authorities for far ends' certificates; empty: the system's
    verify: bool = True                         # False: believe every certificate
    certificate: str = ""                       # files; shown to servers that ask for one; empty: the seat's
    key: str = ""
