"""One captured SIP message as HEP3: "HEP3", the length of all, and chunks of vendor, type, length, value. No I/O.

Source: HEP/EEP rev. 36, https://github.com/sipcapture/HEP/blob/master/docs/HEP3NetworkProtocolSpecification_REV_36.pdf
"""
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

DATAGRAM_BYTES_MAX = 65507
MAGIC = b"HEP3"
HEAD = struct.Struct("!4sH")
CHUNK = struct.Struct("!HHH")               # vendor, type, length with these six bytes
BYTE, WORD, LONG = (struct.Struct(f"!HHH{form}") for form in "BHI")

GENERIC = 0                                 # the vendor of all our chunks
FAMILY, PROTOCOL, IPV4_SOURCE, IPV4_DESTINATION, IPV6_SOURCE, IPV6_DESTINATION = 1, 2, 3, 4, 5, 6
SOURCE_PORT, DESTINATION_PORT, SECONDS, MICROSECONDS, KIND, CAPTURE_ID = 7, 8, 9, 10, 11, 12
PAYLOAD, CORRELATION_ID, NODE_NAME = 15, 17, 19
AF_INET, AF_INET6 = 2, 10                   # as Linux has them
PROTOCOLS = {"udp": 17, "tcp": 6, "tls": 6}
SIP = 1


class TooLarge(Exception):
    """The packet would not fit a datagram."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A message, where it came from and went to."""

    at_us: int                              # since 1970
    transport: str                          # udp, tcp, tls
    source: tuple[str, int]
    destination: tuple[str, int]
    correlation_id: bytes                   # the Call-ID
    message: bytes


def pack(packet: Packet, capture_id: int, node_name: bytes) -> bytes:
    """Return the datagram. Errors: TooLarge."""
    seconds, microseconds = divmod(packet.at_us, 1_000_000)
    body = b"".join((
        *address_chunks(ip_address(packet.source[0]), ip_address(packet.destination[0])),
        BYTE.pack(GENERIC, PROTOCOL, BYTE.size, PROTOCOLS[packet.transport]),
        WORD.pack(GENERIC, SOURCE_PORT, WORD.size, packet.source[1]), WORD.pack(GENERIC, DESTINATION_PORT, WORD.size, packet.destination[1]),
        LONG.pack(GENERIC, SECONDS, LONG.size, seconds), LONG.pack(GENERIC, MICROSECONDS, LONG.size, microseconds),
        BYTE.pack(GENERIC, KIND, BYTE.size, SIP), LONG.pack(GENERIC, CAPTURE_ID, LONG.size, capture_id),
        chunk(NODE_NAME, node_name), chunk(CORRELATION_ID, packet.correlation_id)))
    length = HEAD.size + len(body) + CHUNK.size + len(packet.message)
    if length > DATAGRAM_BYTES_MAX:
        raise TooLarge(f"{length} bytes")
    return HEAD.pack(MAGIC, length) + body + chunk(PAYLOAD, packet.message)


def address_chunks(source: IPv4Address | IPv6Address, destination: IPv4Address | IPv6Address) -> tuple[bytes, bytes, bytes]:
    """Return family, source and destination. Both are of one family, for a socket is."""
    if source.version == 4:
        return BYTE.pack(GENERIC, FAMILY, BYTE.size, AF_INET), chunk(IPV4_SOURCE, source.packed), chunk(IPV4_DESTINATION, destination.packed)
    return BYTE.pack(GENERIC, FAMILY, BYTE.size, AF_INET6), chunk(IPV6_SOURCE, source.packed), chunk(IPV6_DESTINATION, destination.packed)


def chunk(kind: int, value: bytes) -> bytes:
    """Return one chunk."""
    return CHUNK.pack(GENERIC, kind, CHUNK.size + len(value)) + value
