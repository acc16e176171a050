"""Records as bytes: what the data plane puts into its journal (stage/record.pxd), and what the store keeps.

Layout, little endian: a head of 64 bytes, the attempts, each of 36 bytes with its name behind it, and the texts in the order of their lengths.
"""
import re
import struct
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address

from hasip.bridge.records import MODES, TRANSPORTS, key_of_call_id
from hasip.domain.node import Transport
from hasip.domain.record import Attempt, CallRecord, Result

VERSION = 1
HEAD = struct.Struct("<HBBIQIIIHBBBBBBBBH16s6BH")
ATTEMPT = struct.Struct("<16sIIIHHBBBB")
TO_CORE, FAILS_OVER = 1, 2
ATTEMPTS_KEPT = 8

RESULTS = (Result.UNFINISHED, Result.ANSWERED, Result.REFUSED, Result.SILENT, Result.RANG_ON, Result.UNREACHABLE_ICMP, Result.UNREACHABLE_SEND,
           Result.UNREACHABLE_STREAM, Result.NOWHERE, Result.NOT_REGISTERED, Result.OUT)        # a result's number is its place, for ever
ENDED_BY = ("hasip", "caller", "callee")
BATCH, PLACE = re.compile("[0-7]?[0-9a-f]{1,15}"), re.compile("[0-9]{1,9}")       # that databases can compare
IPV4_MAPPED = b"\0" * 10 + b"\xff\xff"


def unpack_all(records: bytes, node: str, batch: int, place: int = 0) -> Iterator[CallRecord]:
    """Yield the records that follow each other in a batch of a node, from a place on. Errors: ValueError: they are damaged, or of another version."""
    at = 0
    while at < len(records):
        size = int.from_bytes(records[at:at + 2], "little")
        if size < HEAD.size or at + size > len(records):
            raise ValueError(f"record {place} of batch {batch} of {node} is damaged")
        yield unpack(records[at:at + size], node, record_id(batch, node, place))
        at, place = at + size, place + 1


def record_id(batch: int, node: str, place: int) -> str:
    """Return what a record is called: it sorts by the batch it was written in, which is by the end of its call."""
    return f"{batch:016x}-{place:05d}-{node}"


def position_of(identity: str) -> tuple[int, str, int]:
    """Return a record's batch, node and place by its name. Errors: ValueError."""
    batch, _, rest = identity.partition("-")
    place, _, node = rest.partition("-")
    if not BATCH.fullmatch(batch) or not PLACE.fullmatch(place) or not node:
        raise ValueError(f"{identity!r} is not the name of a record")
    return int(batch, 16), node, int(place)


def unpack(record: bytes, node: str, identity: str) -> CallRecord:
    """Return what one record says. Errors: ValueError."""
    try:
        return _unpack(record, node, identity)
    except (IndexError, struct.error):
        raise ValueError(f"record {identity} is damaged") from None


def _unpack(record: bytes, node: str, identity: str) -> CallRecord:
    """Return what one record says. Errors: ValueError; IndexError, struct.error where it is damaged."""
    (_, version, flags, _, received_ms, ringing, answered, ended, status, mode, ended_by, targets, legs_down, legs_drained, attempt_count, left_out,
     source_transport, source_port, source, *lengths, _) = HEAD.unpack_from(record)
    if version != VERSION:
        raise ValueError(f"record {identity} has version {version}: it was written by a newer hasip")
    attempts, at = [], HEAD.size
    for _ in range(attempt_count):
        attempt, at = _unpack_attempt(record, at, received_ms)
        attempts.append(attempt)
    texts = []
    for length in lengths:
        texts.append(record[at:at + length].decode(errors="replace"))
        at += length
    reason, trunk, caller, number, call_id, source_leg = texts
    return CallRecord(
        id=identity, node=node, call_id=call_id, trunk=trunk, direction="to core" if flags & TO_CORE else "to trunk",
        mode=MODES[mode - 1] if mode else "", caller=caller, number=number, source=_address_text(source), source_port=source_port,
        source_transport=_transport(source_transport), source_leg=source_leg, received_ms=received_ms,
        ended_ms=received_ms + max(0, ended - 1), reason=reason.lower(), status=status, ended_by=ENDED_BY[ended_by],    # type: ignore[arg-type]
        ringing_ms=_moment(received_ms, ringing), answered_ms=_moment(received_ms, answered), attempts=tuple(attempts), attempts_left_out=left_out,
        targets=targets, legs_down=_legs(legs_down), legs_drained=_legs(legs_drained), fails_over=bool(flags & FAILS_OVER))


def _unpack_attempt(record: bytes, at: int, received_ms: int) -> tuple[Attempt, int]:
    address, began, ringing, ended, port, status, transport, result, _, name_length = ATTEMPT.unpack_from(record, at)
    at += ATTEMPT.size
    name = record[at:at + name_length].decode(errors="replace")
    return Attempt(
        leg=name, result=RESULTS[result] if result < len(RESULTS) else Result.UNFINISHED, began_ms=received_ms + max(0, began - 1), status=status,
        address=_address_text(address) if port else "", port=port, transport=_transport(transport),
        ringing_ms=_moment(received_ms, ringing), ended_ms=_moment(received_ms, ended)), at + name_length


def pack(record: CallRecord) -> bytes:
    """Return a record's bytes, as the data plane writes them; id and node lie beside them. Errors: ValueError, struct.error for what does not fit."""
    if len(record.attempts) > ATTEMPTS_KEPT:
        raise ValueError(f"{len(record.attempts)} attempts: a record holds {ATTEMPTS_KEPT}")
    texts = [text.encode() for text in (record.reason.upper(), record.trunk, record.caller, record.number, record.call_id, record.source_leg)]
    body = b"".join(_pack_attempt(attempt, record.received_ms) for attempt in record.attempts) + b"".join(texts)
    flags = (TO_CORE if record.direction == "to core" else 0) | (FAILS_OVER if record.fails_over else 0)
    head = HEAD.pack(
        HEAD.size + len(body), VERSION, flags, key_of_call_id(texts[4]), record.received_ms,
        _elapsed(record.received_ms, record.ringing_ms), _elapsed(record.received_ms, record.answered_ms), _elapsed(record.received_ms, record.ended_ms),
        record.status, MODES.index(record.mode) + 1 if record.mode else 0, ENDED_BY.index(record.ended_by), record.targets,
        _bits(record.legs_down), _bits(record.legs_drained), len(record.attempts), record.attempts_left_out,
        TRANSPORTS.index(record.source_transport), record.source_port, _packed_address(record.source), *(len(text) for text in texts), 0)
    return head + body


def _pack_attempt(attempt: Attempt, received_ms: int) -> bytes:
    name = attempt.leg.encode()
    return ATTEMPT.pack(
        _packed_address(attempt.address) if attempt.address else bytes(16), _elapsed(received_ms, attempt.began_ms),
        _elapsed(received_ms, attempt.ringing_ms), _elapsed(received_ms, attempt.ended_ms), attempt.port, attempt.status,
        TRANSPORTS.index(attempt.transport), RESULTS.index(attempt.result), 0, len(name)) + name


def _elapsed(received_ms: int, moment_ms: int | None) -> int:
    return 0 if moment_ms is None else moment_ms - received_ms + 1


def _moment(received_ms: int, elapsed: int) -> int | None:
    return received_ms + elapsed - 1 if elapsed else None


def _legs(bits: int) -> tuple[int, ...]:
    return tuple(leg for leg in range(8) if bits >> leg & 1)


def _bits(legs: tuple[int, ...]) -> int:
    return sum(1 << leg for leg in legs)


def _transport(number: int) -> Transport:
    return TRANSPORTS[number]       # type: ignore[return-value]


def _address_text(packed: bytes) -> str:
    address = IPv6Address(packed)
    return str(address.ipv4_mapped or address)


def _packed_address(text: str) -> bytes:
    address = ip_address(text)
    return address.packed if isinstance(address, IPv6Address) else IPV4_MAPPED + address.packed
