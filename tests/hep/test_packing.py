"""HEP3 as its specification has it: read back by a reader of chunks that knows nothing of ours. (sngrep reads it in scenario/test_hep.py)"""
import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip.hep import Packet, TooLarge, pack


def chunks(datagram: bytes) -> dict[int, bytes]:
    """Return the chunks by type."""
    magic, length = struct.unpack_from("!4sH", datagram)
    assert magic == b"HEP3" and length == len(datagram)
    found: dict[int, bytes] = {}
    at = 6
    while at < length:
        vendor, kind, size = struct.unpack_from("!HHH", datagram, at)
        assert vendor == 0 and size >= 6 and kind not in found
        found[kind] = datagram[at + 6:at + size]
        at += size
    assert at == length
    return found


PORTS = st.integers(0, 65535)


@given(st.sampled_from([4, 6]), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), PORTS, PORTS, st.integers(0, 2**32 * 10**6 - 1),
       st.sampled_from(["udp", "tcp", "tls"]), st.binary(max_size=200), st.binary(max_size=5000), st.integers(0, 2**32 - 1))
def test_every_field_comes_back(version: int, source: int, destination: int, source_port: int, destination_port: int, at_us: int, transport: str,
                                call_id: bytes, message: bytes, capture_id: int) -> None:
    addresses = [str(ip_address((each << 96 | each).to_bytes(16) if version == 6 else each.to_bytes(4))) for each in (source, destination)]
    found = chunks(pack(Packet(at_us, transport, (addresses[0], source_port), (addresses[1], destination_port), call_id, message), capture_id, b"edge-1"))
    assert found[1] == (b"\x02" if version == 4 else b"\x0a") and found[2] == (b"\x11" if transport == "udp" else b"\x06")
    places = (3, 4) if version == 4 else (5, 6)
    assert [str(ip_address(found[place])) for place in places] == addresses
    assert [int.from_bytes(found[kind]) for kind in (7, 8, 11, 12)] == [source_port, destination_port, 1, capture_id]
    assert int.from_bytes(found[9]) * 1_000_000 + int.from_bytes(found[10]) == at_us
    assert (found[15], found[17], found[19]) == (message, call_id, b"edge-1")


def test_what_no_datagram_can_carry_is_refused() -> None:
    with pytest.raises(TooLarge):
        pack(Packet(0, "udp", ("192.0.2.1", 1), ("192.0.2.2", 2), b"", b"x" * 65_471), 0, b"")
