"""Records, found by what their callers wrote."""
import asyncio
from collections.abc import AsyncIterator

import pytest

from hasip.bridge.records import key_of_call_id
from hasip.domain.record import RecordQuery, RecordRow
from hasip.records.batch import rows_of
from hasip.records.packing import pack
from hasip.records.reading import Position, of_call
from tests.records.samples import moved


class Kept:
    """One batch of records, as a store keeps it."""

    def __init__(self, records: bytes) -> None:
        self._rows = rows_of(7, "edge-1", records)

    async def rows(self, query: RecordQuery, before: Position | None = None, call_key: int | None = None) -> AsyncIterator[RecordRow]:
        for row in self._rows:
            if call_key is None or call_key.to_bytes(4, "little") in row.call_keys:
                yield row


def with_call_id(octets: bytes) -> bytes:
    """Return a record with these octets as its Call-ID, as the data plane writes it."""
    kept = octets[:127]
    packed = pack(moved(call_id="~" * len(kept))).replace(b"~" * len(kept), kept)
    return packed[:4] + key_of_call_id(octets).to_bytes(4, "little") + packed[8:]


@pytest.mark.parametrize("octets", [b"plain@here", "größer@here".encode(), b"\xff\xfe\x00@here", b"x" * 126 + "é".encode() + b"y" * 99, b"\x1b[2J", "é".encode() * 100])
def test_a_call_is_found_by_its_call_id_as_a_shell_passes_it_on(octets: bytes) -> None:
    kept = Kept(with_call_id(b"another@here") + with_call_id(octets))
    (found,) = asyncio.run(of_call(kept, octets.decode("utf-8", "surrogateescape")))
    assert found.call_id == octets[:127].decode(errors="replace")
