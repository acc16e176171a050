"""Batches that the store refused: once more, each by itself, and none twice."""
import asyncio
from pathlib import Path

import pytest

from hasip.records.packing import pack
from hasip.records.refused import Retried, retry_refused
from hasip.records.spool import Spool
from tests.records.samples import AT_MS, plain
from tests.records.test_recorder import MIB, Away, FakeStore, Refused


def put_aside(folder: Path, *batches: bytes) -> list[Path]:
    spool = Spool(folder, MIB)
    for place, records in enumerate(batches):
        spool.put(AT_MS + place, records)
    return [spool.put_aside(AT_MS + place) for place in range(len(batches))]


def retried(folder: Path, store: FakeStore) -> list[Retried]:
    async def work() -> list[Retried]:
        return [each async for each in retry_refused(folder, "edge-1", store, away=(Away,), refused=(Refused,))]
    return asyncio.run(work())


def test_what_was_refused_is_written_the_oldest_first_and_its_files_are_gone(tmp_path: Path) -> None:
    files, store = put_aside(tmp_path, pack(plain(0)) + pack(plain(1)), pack(plain(2))), FakeStore()
    assert retried(tmp_path, store) == [Retried(files[0], 2, ""), Retried(files[1], 1, "")]
    assert store.call_ids == ["call-0@cases", "call-1@cases", "call-2@cases"] and {row.batch for row in store.rows} == {AT_MS, AT_MS + 1}
    assert list(tmp_path.iterdir()) == [] == retried(tmp_path, store)


def test_what_is_refused_again_stays_and_stands_in_nobodys_way(tmp_path: Path) -> None:
    files, store = put_aside(tmp_path, pack(plain(0)), pack(plain(1))), FakeStore()
    store.answers = [Refused("no privilege")]
    assert retried(tmp_path, store) == [Retried(files[0], 0, "no privilege"), Retried(files[1], 1, "")]
    assert list(tmp_path.iterdir()) == [files[0]] and store.call_ids == ["call-1@cases"]


def test_a_batch_that_the_store_has_already_is_not_written_again(tmp_path: Path) -> None:
    store = FakeStore()
    for _ in range(2):
        (file,) = put_aside(tmp_path, pack(plain(0)))
        retried(tmp_path, store)
    assert store.call_ids == ["call-0@cases"] and not file.exists()


@pytest.mark.parametrize("damaged", [b"", b"\xff\xff and no record", pack(plain(0)) + b"\x05\x00"])
def test_a_damaged_batch_stays_as_it_is(tmp_path: Path, damaged: bytes) -> None:
    (file,), store = put_aside(tmp_path, damaged), FakeStore()
    assert retried(tmp_path, store) == [Retried(file, 0, "is damaged: not all of it are records")]
    assert file.read_bytes() == damaged and store.rows == []


def test_a_store_that_is_away_ends_it_and_all_stays(tmp_path: Path) -> None:
    files, store = put_aside(tmp_path, pack(plain(0)), pack(plain(1))), FakeStore()
    store.answers = [Away("gone")]
    with pytest.raises(Away):
        retried(tmp_path, store)
    assert sorted(tmp_path.iterdir()) == files
