"""What a record costs on its way: put into the journal, taken out, made into rows: `pytest bench/test_bench_records.py`."""
import pytest
from tests._bench import RecordLoop

from bench.loops import measure
from hasip.records.batch import rows_of
from hasip.records.packing import pack, unpack_all
from tests.records.samples import moved, plain

COUNT = 16_384
BATCH = 5000                    # a second of 5000 calls/s


@pytest.mark.parametrize("attempts", [1, 2, 8])
def test_put_record(benchmark, attempts):
    assert measure(benchmark, RecordLoop(attempts).run, COUNT) == COUNT


@pytest.mark.parametrize("trunks", [1, 100, 2000])
def test_rows_of_a_batch(benchmark, trunks):
    records = b"".join(pack(plain(place, trunk=f"customer-{place % trunks}")) for place in range(BATCH))
    rows = measure(benchmark, lambda _: rows_of(1, "edge-1", records), BATCH)
    assert sum(row.records for row in rows) == BATCH


def test_unpack(benchmark):
    records = pack(moved()) * 1000
    assert measure(benchmark, lambda _: sum(1 for _ in unpack_all(records, "edge-1", 1)), 1000) == 1000
