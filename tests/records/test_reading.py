"""Records, found by what their callers wrote."""
import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from hasip.bridge.records import key_of_call_id
from hasip.domain.record import RecordQuery, RecordRow
from hasip.records.batch import rows_of
from hasip.records.packing import pack
from hasip.records.reading import Position, of_call, page
from tests.records.samples import moved


class Kept:
    """One batch of records, as a store keeps it."""

    def __init__(self, records: bytes) -> None:
        self.rows_kept = rows_of(7, "edge-1", records)

    async def rows(self, query: RecordQuery, before: Position | None = None, call_key: int | None = None) -> AsyncIterator[RecordRow]:
        for row in self.rows_kept:
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


@pytest.mark.parametrize(("at", "octets"), [(2, b"\x09"), (0, b"\xff\xff"), (0, b"\0\0"), (30, b"\xff")], ids=["newer", "too long", "too short", "no such mode"])
def test_a_record_that_can_not_be_read_hides_no_other(at: int, octets: bytes) -> None:
    first, second, bad = (with_call_id(call_id) for call_id in (b"first@here", b"second@here", b"bad@here"))
    (row,) = rows_of(7, "edge-1", second)
    kept = Kept(first)
    kept.rows_kept.insert(0, replace(row, records=2, content=second + bad[:at] + octets + bad[at + len(octets):]))
    with capture_logs() as logged:
        found = asyncio.run(page(kept, RecordQuery()))
    assert [record.call_id for record in found.records] == ["second@here", "first@here"]
    assert [line["event"] for line in logged] == ["records can't be read, and are left out"]
