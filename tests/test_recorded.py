"""The records of a node on their way into a real store, which stops, hangs and comes back meanwhile."""
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hasip import recorded
from hasip.domain.node import Listener, Records
from hasip.domain.node import Node as NodeDescribed
from hasip.domain.record import RecordQuery
from hasip.recorded import Recorded
from hasip.records import recorder as recording
from hasip.records.reading import page
from hasip.store import CallStore
from tests.packet.node import Node
from tests.patience import until
from tests.store.conftest import postgresql, url  # noqa: F401
from tests.store.postgresql import Postgresql


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn takes no second here."""
    for name, value in (("BATCH_S", 0.02), ("WRITE_S", 0.2), ("RETRY_S", 0.1)):
        monkeypatch.setattr(recording, name, value)


class Recording:
    """A router without sockets whose records go to a store."""

    def __init__(self, folder: Path, store_url: str, **settings: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.store_url = store_url
        self.described = NodeDescribed("edge-1", folder, (Listener("udp", "127.0.0.1", 0),), store_url=store_url, records=Records(**settings))
        self.recorded = Recorded(self.described)
        self.node = Node(state_dir=str(folder), journal_bytes=1_048_576 if self.described.records.is_on else 0)
        self.calls = 0

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Recording"]:
        async with self.recorded.opened(self.node.router):
            yield self

    def refuse(self, count: int) -> None:
        """Let so many calls be refused: each leaves a record."""
        for _ in range(count):
            self.node.stranger.sends(self.node.stranger.invite())
        self.node.stranger.received()
        self.calls += count

    @property
    def status(self) -> dict[str, Any]:
        return self.recorded.status()["records"]        # type: ignore[no-any-return]

    async def until(self, is_so: Callable[[dict[str, Any]], bool]) -> None:
        await until(lambda: is_so(self.status))

    async def call_ids(self) -> list[str]:
        async with CallStore(self.store_url) as store:
            return [record.call_id for record in (await page(store, RecordQuery(), size=10_000)).records]


def test_records_reach_the_store_and_the_status_says_so(tmp_path: Path, url: str) -> None:  # noqa: F811
    async def work() -> None:
        async with Recording(tmp_path / "state", url).opened() as recording_node:
            recording_node.refuse(5)
            await recording_node.until(lambda status: status["written"] == 5 and not status["is_behind"])     # the first one makes the tables
            assert {**recording_node.status, "spooled": 0} == {
                "is_on": True, "written": 5, "spooled": 0, "refused_batches": 0, "waiting_batches": 0, "waiting_bytes": 0, "is_behind": False,
                "journal_percent": 0, "lost": 0, "forgotten_rows": 0}
            recording_node.refuse(3)
        assert len(set(await recording_node.call_ids())) == 8                   # those of the last moment too
    asyncio.run(work())


def test_none_is_missing_after_the_store_was_away(tmp_path: Path, postgresql: Postgresql) -> None:  # noqa: F811
    async def work() -> None:
        async with Recording(tmp_path / "state", postgresql.new_database()).opened() as recording_node:
            recording_node.refuse(4)
            await recording_node.until(lambda status: status["written"] == 4)
            await asyncio.to_thread(postgresql.stop)
            try:
                for _ in range(3):
                    spooled = recording_node.status["spooled"]
                    recording_node.refuse(100)
                    await recording_node.until(lambda status, before=spooled: status["spooled"] >= before + 100)      # type: ignore[misc]
                assert recording_node.status["is_behind"] and recording_node.status["waiting_batches"] >= 3
            finally:
                await asyncio.to_thread(postgresql.start)
            await recording_node.until(lambda status: not status["is_behind"])
            found = await recording_node.call_ids()
            assert (len(found), len(set(found)), recording_node.calls) == (304, 304, 304)
            assert list((tmp_path / "state").glob("records-*")) == []
    asyncio.run(work())


def test_none_is_missing_or_twice_after_the_store_hung(tmp_path: Path, postgresql: Postgresql) -> None:  # noqa: F811
    async def work() -> None:
        async with Recording(tmp_path / "state", postgresql.new_database()).opened() as recording_node:
            recording_node.refuse(1)
            await recording_node.until(lambda status: status["written"] == 1)
            with postgresql.hanging():
                for count in (10, 20):
                    recording_node.refuse(count)
                    await recording_node.until(lambda status, count=count: status["spooled"] >= count)       # type: ignore[misc]
            await recording_node.until(lambda status: not status["is_behind"])
            found = await recording_node.call_ids()
            assert (len(found), len(set(found))) == (31, 31)
    asyncio.run(work())


def test_records_whose_time_is_over_go(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(recorded, "FORGET_EVERY_S", 0.02)
    monkeypatch.setattr(recorded, "DAY_MS", 1)
    async def work() -> None:
        async with Recording(tmp_path / "state", url, retention_days=1).opened() as recording_node:
            recording_node.refuse(2)
            await recording_node.until(lambda status: status["forgotten_rows"] == 2)
            assert await recording_node.call_ids() == []
    asyncio.run(work())


def test_where_records_are_off_nothing_is_written(tmp_path: Path, url: str) -> None:  # noqa: F811
    async def work() -> None:
        async with Recording(tmp_path / "state", url, is_on=False).opened() as recording_node:
            recording_node.refuse(2)
            assert recording_node.status == {"is_on": False}
    asyncio.run(work())
