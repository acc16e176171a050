"""What is known of a call that has ended: its attempts in order, why it ended, and when each thing happened. All times are Unix milliseconds."""
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from hasip.domain.node import Transport


class Result(StrEnum):
    """What became of an attempt."""

    ANSWERED = "answered"
    REFUSED = "refused"                     # by a final response: see `status`
    SILENT = "silent"                       # no response of any kind in time
    RANG_ON = "rang_on"                     # the ring timeout, or timer C
    UNREACHABLE_ICMP = "unreachable_icmp"
    UNREACHABLE_SEND = "unreachable_send"   # the kernel knows no way there
    UNREACHABLE_STREAM = "unreachable_stream"       # no connection, or it broke
    NOWHERE = "nowhere"                     # nothing was sent: there is no address, no way out, or the connection of its registration is gone
    NOT_REGISTERED = "not_registered"
    OUT = "out"                             # it rang, and the leg went down
    UNFINISHED = "unfinished"               # the call was over before the attempt was


@dataclass(frozen=True, slots=True)
class Attempt:
    """One target an INVITE was sent to, or should have been."""

    leg: str                                # account, zone, or host:port of a core's target
    result: Result
    began_ms: int                           # when its INVITE was sent, retransmissions apart
    status: int = 0                         # final response of the target; 0: none
    address: str = ""                       # empty: there was none
    port: int = 0
    transport: Transport = "udp"
    ringing_ms: int | None = None           # its first 101 … 199
    ended_ms: int | None = None             # when it was answered, or its failure was known


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call."""

    id: str                                 # of the record: unique in a store, and sorts by the end of the call
    node: str
    call_id: str                            # up to 127 characters of the Call-ID
    trunk: str                              # empty: it was refused before one was found
    direction: Literal["to trunk", "to core"]
    mode: str                               # the HA mode that chose the targets; empty: none did
    caller: str                             # user part of From
    number: str                             # user part of the Request-URI
    source: str                             # address the INVITE came from
    source_port: int
    source_transport: Transport
    source_leg: str                         # the account or zone of the customer who placed it; empty: the core
    received_ms: int
    ended_ms: int
    reason: str                             # a symbol of REASONS: why it ended, or was refused
    status: int                             # final response the caller got; 0: none
    ended_by: Literal["caller", "callee", "hasip"]          # who hung up, cancelled or refused
    ringing_ms: int | None = None
    answered_ms: int | None = None
    attempts: tuple[Attempt, ...] = ()
    attempts_left_out: int = 0              # beyond those that a record holds
    targets: int = 0                        # how many places there were to try
    legs_down: tuple[int, ...] = ()         # places of legs that were judged to be down when the order was fixed
    legs_drained: tuple[int, ...] = ()
    fails_over: bool = False                # the mode may go on to another target

    @property
    def failovers(self) -> int:
        """How often the call moved on to another target."""
        return max(0, len(self.attempts) + self.attempts_left_out - 1)

    @property
    def is_answered(self) -> bool:
        """True for a call that was up."""
        return self.answered_ms is not None

    @property
    def talk_ms(self) -> int:
        """How long the call was up."""
        return 0 if self.answered_ms is None else max(0, self.ended_ms - self.answered_ms)


MIXED = "*"         # instead of a trunk, of a row with records of several


@dataclass(frozen=True, slots=True)
class RecordRow:
    """Packed records that follow each other in a batch of a node, as a store keeps them."""

    batch: int                              # Unix ms when it was taken from the journals
    node: str
    place: int                              # of the first one in the batch
    trunk: str                              # of all of them, or MIXED
    records: int
    moved: int                              # how many went on to another target
    first_ms: int
    last_ms: int
    call_keys: bytes                        # 4 bytes each
    content: bytes


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Which records are wanted: those that fit all that is said."""

    trunks: tuple[str, ...] | None = None   # None: of all trunks, and of none
    since_ms: int | None = None             # when the call came in
    until_ms: int | None = None
    number: str = ""                        # dialled, or calling
    call_id: str = ""
    moved_only: bool = False                # it went on to another target


@dataclass(frozen=True, slots=True)
class Failover:
    """One move of a call from a target to the next."""

    at_ms: int                              # when the next INVITE left
    trunk: str
    call_id: str
    record_id: str
    from_leg: str
    to_leg: str
    result: Result                          # of the attempt that failed
    status: int
    gap_ms: int                             # from the failure to the next INVITE


def place_text(address: str, port: int) -> str:
    """Return an address and port as people write them."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def failovers_of(record: CallRecord) -> list[Failover]:
    """Return a call's moves in order."""
    return [Failover(after.began_ms, record.trunk, record.call_id, record.id, before.leg, after.leg, before.result, before.status,
                     max(0, after.began_ms - (before.ended_ms if before.ended_ms is not None else after.began_ms)))
            for before, after in zip(record.attempts, record.attempts[1:], strict=False)]
