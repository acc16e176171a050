"""Records of calls in a database: written a batch at a time, found again, forgotten."""
import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from hasip.domain.record import MIXED, CallRecord, RecordQuery, failovers_of
from hasip.records.batch import SINGLE_MAX, rows_of
from hasip.records.packing import pack
from hasip.records.reading import found, of_call, page
from hasip.store import CallStore, Store, StoreError
from tests.records.samples import AT_MS, moved, plain

Answer = TypeVar("Answer")
MANY = 5 * SINGLE_MAX


def in_store(url: str, work: Callable[[CallStore], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        async with CallStore(url) as store:
            return await work(store)
    return asyncio.run(run())


async def written(store: CallStore, batch: int, *records: CallRecord, node: str = "edge-1") -> None:
    await store.write(rows_of(batch, node, b"".join(pack(record) for record in records)))


async def call_ids(store: CallStore, query: RecordQuery, size: int = 1000) -> list[str]:
    return [record.call_id for record in (await page(store, query, size=size)).records]


def test_a_record_is_read_as_it_was_written(url: str) -> None:
    async def work(store: CallStore) -> list[CallRecord]:
        await written(store, AT_MS + 70_000, moved())
        return await of_call(store, "abc@192.0.2.1")
    (record,) = in_store(url, work)
    assert record == moved(id=record.id) and record.id


@pytest.mark.parametrize("count", [1, SINGLE_MAX, SINGLE_MAX + 1, MANY])
def test_every_record_of_a_batch_is_found_by_its_call_id(url: str, count: int) -> None:
    async def work(store: CallStore) -> tuple[list[str], int]:
        await written(store, AT_MS, *(plain(number, trunk=f"trunk-{number % 7}") for number in range(count)))
        one = [record.call_id for number in range(0, count, 13) for record in await of_call(store, f"call-{number}@cases")]
        return one, len(await of_call(store, "nobody@cases"))
    found_ids, of_nobody = in_store(url, work)
    assert (found_ids, of_nobody) == ([f"call-{number}@cases" for number in range(0, count, 13)], 0)


@pytest.mark.parametrize("size", [1, 7, 50])
def test_pages_follow_each_other_without_a_gap_whatever_is_written_meanwhile(url: str, size: int) -> None:
    async def work(store: CallStore) -> list[str]:
        for batch in range(4):
            await written(store, AT_MS + batch, *(plain(100 * batch + number) for number in range(MANY // 4 if batch % 2 else 9)))
        seen, after = [], ""
        while True:
            part = await page(store, RecordQuery(), after, size)
            seen += [record.call_id for record in part.records]
            await written(store, AT_MS + 1000 + len(seen), plain(9999))
            if not part.next:
                return seen
            after = part.next
    seen = in_store(url, work)
    assert seen == [f"call-{100 * batch + number}@cases" for batch in (3, 2, 1, 0) for number in reversed(range(MANY // 4 if batch % 2 else 9))]


def test_a_trunk_sees_its_own_calls_alone(url: str) -> None:
    async def work(store: CallStore) -> list[list[str]]:
        await written(store, AT_MS, plain(1, trunk="acme"), plain(2, trunk="globex"), plain(3, trunk=""))
        await written(store, AT_MS + 1, *(plain(number, trunk="acme" if number % 2 else f"other-{number}") for number in range(10, 10 + MANY)))
        return [await call_ids(store, RecordQuery(trunks=trunks)) for trunks in (("globex",), ("acme", "globex"), (), ("other-20",))]
    globex, both, none, shared = in_store(url, work)
    assert (globex, none, shared) == (["call-2@cases"], [], ["call-20@cases"])
    assert sorted(both) == sorted(["call-1@cases", "call-2@cases", *(f"call-{number}@cases" for number in range(10, 10 + MANY) if number % 2)])


def test_many_trunks_with_few_calls_share_a_row() -> None:
    rows = rows_of(AT_MS, "edge-1", b"".join(pack(plain(number, trunk=f"trunk-{number}" if number % 2 else "large")) for number in range(MANY)))
    assert [(row.trunk, row.records) for row in rows] == [("large", MANY // 2), (MIXED, MANY // 2)]


def test_a_time_a_number_and_failovers_narrow_what_is_found(url: str) -> None:
    async def work(store: CallStore) -> list[list[str]]:
        await written(store, AT_MS + 100_000, plain(1), plain(2, received_ms=AT_MS + 50_000, answered_ms=None, ringing_ms=None, attempts=()), moved(call_id="call-3@cases"),
                      plain(4, number="+4420"), plain(5, caller="+4420"))
        queries = [RecordQuery(since_ms=AT_MS + 1), RecordQuery(until_ms=AT_MS + 1, number="+4420"), RecordQuery(moved_only=True), RecordQuery(until_ms=AT_MS - 1)]
        return [await call_ids(store, query) for query in queries]
    assert in_store(url, work) == [["call-2@cases"], ["call-5@cases", "call-4@cases"], ["call-3@cases"], []]


def test_moves_are_told_for_a_timeline(url: str) -> None:
    async def work(store: CallStore) -> list[tuple[str, str, str, int, int]]:
        await written(store, AT_MS + 70_000, plain(1), moved())
        records = (await page(store, RecordQuery(trunks=("acme",), moved_only=True))).records
        return [(move.trunk, move.from_leg, move.to_leg, move.status, move.gap_ms) for record in records for move in failovers_of(record)]
    assert in_store(url, work) == [("acme", "primary", "secondary", 503, 1)]


def test_a_batch_is_there_whole_or_not_at_all_and_says_so(url: str) -> None:
    async def work(store: CallStore) -> tuple[bool, bool, bool, int]:
        before = await store.has(AT_MS, "edge-1")
        await written(store, AT_MS, plain(1), plain(2))
        with pytest.raises(StoreError):
            await written(store, AT_MS, plain(3))
        return before, await store.has(AT_MS, "edge-1"), await store.has(AT_MS, "edge-2"), len(await call_ids(store, RecordQuery()))
    assert in_store(url, work) == (False, True, False, 2)


def test_nodes_write_batches_of_the_same_moment(url: str) -> None:
    async def work(store: CallStore) -> list[tuple[str, str]]:
        await written(store, AT_MS, plain(1), node="edge-1")
        await written(store, AT_MS, plain(2), node="edge-2")
        return [(record.node, record.call_id) async for record in found(store, RecordQuery())]
    assert in_store(url, work) == [("edge-2", "call-2@cases"), ("edge-1", "call-1@cases")]


def test_what_is_older_than_it_is_kept_is_forgotten(url: str) -> None:
    async def work(store: CallStore) -> tuple[int, int, list[str]]:
        for batch in range(5):
            await written(store, AT_MS + 400_000 * batch, plain(batch))
        return await store.forget(AT_MS + 1_200_000), await store.forget(AT_MS + 1_200_000), await call_ids(store, RecordQuery())
    assert in_store(url, work) == (3, 0, ["call-4@cases", "call-3@cases"])


def test_provisioning_and_records_lie_in_one_store(url: str) -> None:
    async def work(store: CallStore) -> int:
        await written(store, AT_MS, plain(1))
        async with Store(url) as provisioning:
            return await provisioning.generation()
    assert in_store(url, work) == 0


def test_a_page_behind_something_that_is_no_record_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not the name of a record"):
        in_store(url, lambda store: page(store, RecordQuery(), "yesterday"))
