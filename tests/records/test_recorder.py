"""Records on their way to the store: none is lost and none is written twice, whatever the store does meanwhile."""
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from hasip.domain.record import RecordRow
from hasip.records import recorder as recording
from hasip.records.batch import rows_of
from hasip.records.packing import pack, unpack_all
from hasip.records.recorder import Recorder
from hasip.records.spool import Spool
from tests._plane import SocketlessRouter
from tests.packet.node import Node
from tests.records.samples import AT_MS, plain

MIB = 1_048_576


class Away(Exception):
    """The store is away."""


class Refused(Exception):
    """The store refuses."""


class FakeJournals:
    """Records that a data plane might have."""

    def __init__(self) -> None:
        self.fresh, self.taken = b"", b""
        self.count = 0

    def put(self, count: int = 1) -> None:
        self.fresh += b"".join(pack(plain(self.count + number)) for number in range(count))
        self.count += count

    def take_records(self, batch: int) -> bytes:
        taken, self.fresh = self.fresh, b""
        self.taken += taken
        return taken

    def free_records(self) -> None:
        self.taken = b""


class FakeStore:
    """A store that does as it is told: the next answers are errors, or waits."""

    def __init__(self) -> None:
        self.rows: list[RecordRow] = []
        self.answers: list[Exception | asyncio.Event] = []

    async def write(self, rows: Sequence[RecordRow]) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, asyncio.Event):
            await answer.wait()
        elif answer is not None:
            raise answer
        self.rows += rows

    async def has(self, batch: int, node: str) -> bool:
        return any((row.batch, row.node) == (batch, node) for row in self.rows)

    @property
    def call_ids(self) -> list[str]:
        return [record.call_id for row in self.rows for record in unpack_all(row.content, row.node, row.batch, row.place)]


class Setting:
    """A recorder between journals and a store, and a clock that goes on by 1 ms a look."""

    def __init__(self, folder: Path, *, spool_bytes: int = MIB, store: FakeStore | None = None) -> None:
        self.journals, self.store, self.spool = FakeJournals(), store or FakeStore(), Spool(folder, spool_bytes)
        self.now_ms = AT_MS
        self.recorder = Recorder("edge-1", self.journals, self.store, self.spool, away=(Away,), refused=(Refused,), clock_ms=self.clock_ms)

    def clock_ms(self) -> int:
        self.now_ms += 1
        return self.now_ms

    def expect_all(self) -> None:
        assert sorted(self.store.call_ids) == sorted(f"call-{number}@cases" for number in range(self.journals.count))
        assert (self.journals.taken, self.spool.batches) == (b"", 0)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a store in a test."""
    monkeypatch.setattr(recording, "WRITE_S", 0.05)
    monkeypatch.setattr(recording, "RETRY_S", 0.0)


def in_loop(work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await work()
    asyncio.run(run())


def test_records_go_to_the_store_a_batch_a_turn(tmp_path: Path) -> None:
    async def work() -> None:
        setting = Setting(tmp_path)
        for count in (0, 1, 3, 100):
            setting.journals.put(count)
            await setting.recorder.turn()
        setting.expect_all()
        assert setting.recorder.status() == {"written": 104, "spooled": 0, "refused_batches": 0, "waiting_batches": 0, "waiting_bytes": 0, "is_behind": False}
        assert len({row.batch for row in setting.store.rows}) == 3
    in_loop(work)


def test_a_store_that_is_away_makes_them_wait_in_files_and_gets_them_when_it_is_back(tmp_path: Path) -> None:
    async def work() -> None:
        setting = Setting(tmp_path)
        setting.store.answers = [Away("away")] * 7
        for _ in range(3):
            setting.journals.put(10)
            await setting.recorder.turn()
            assert setting.journals.taken == b""            # the data plane has its room back, whatever the store does
        status = setting.recorder.status()
        assert (status["written"], status["spooled"], status["waiting_batches"], status["is_behind"]) == (0, 30, 3, True)
        setting.store.answers = []
        await setting.recorder.turn()
        setting.expect_all()
        assert setting.recorder.status()["is_behind"] is False and list(tmp_path.iterdir()) == []
    in_loop(work)


def test_a_slow_store_is_not_waited_for_and_nothing_is_written_twice(tmp_path: Path) -> None:
    async def work() -> None:
        setting = Setting(tmp_path)
        slow = asyncio.Event()
        setting.store.answers = [slow]
        setting.journals.put(5)
        await setting.recorder.turn()
        setting.journals.put(5)
        await setting.recorder.turn()
        assert (setting.spool.batches, setting.store.rows, setting.journals.taken) == (2, [], b"")
        slow.set()
        await asyncio.sleep(0)
        await setting.recorder.turn()
        setting.expect_all()
    in_loop(work)


def test_a_slow_write_of_a_batch_that_no_file_could_take_is_not_repeated(tmp_path: Path) -> None:
    async def work() -> None:
        setting = Setting(tmp_path / "none")
        slow = asyncio.Event()
        setting.store.answers = [slow]
        setting.journals.put(2)
        await setting.recorder.turn()
        assert setting.journals.taken != b"" and setting.spool.batches == 0
        slow.set()
        await asyncio.sleep(0)
        setting.journals.put(2)
        await setting.recorder.turn()
        setting.expect_all()
    in_loop(work)


def test_a_file_that_can_not_be_removed_ends_no_recording(tmp_path: Path) -> None:
    async def work() -> None:
        setting = Setting(tmp_path)
        slow = asyncio.Event()
        setting.store.answers = [slow]
        setting.journals.put(2)
        await setting.recorder.turn()
        (file,) = tmp_path.iterdir()
        file.unlink()
        (file / "in the way").mkdir(parents=True)
        slow.set()
        await asyncio.sleep(0)
        setting.journals.put(2)
        await setting.recorder.turn()
        setting.expect_all()
    in_loop(work)


def test_a_refused_batch_whose_file_can_not_be_renamed_is_told_of_and_ends_no_recording(tmp_path: Path) -> None:
    async def work() -> None:
        setting = Setting(tmp_path)
        (tmp_path / f"records-{AT_MS + 1:016x}.refused" / "in the way").mkdir(parents=True)
        setting.store.answers = [Refused("no such column")] * 2
        setting.journals.put(1)
        await setting.recorder.turn()
        assert "can't be put aside" in setting.recorder.trouble
        await setting.recorder.turn()
        setting.expect_all()
    in_loop(work)


def test_a_batch_that_a_store_will_never_take_is_put_aside_and_others_go_on(tmp_path: Path) -> None:
    async def work() -> None:
        setting = Setting(tmp_path)
        setting.store.answers = [Refused("no such column")] * 2
        setting.journals.put(1)
        await setting.recorder.turn()
        await setting.recorder.turn()
        setting.journals.put(1)
        await setting.recorder.turn()
        assert (setting.store.call_ids, setting.recorder.status()["refused_batches"]) == (["call-1@cases"], 1)
        (aside,) = tmp_path.iterdir()
        assert aside.suffix == ".refused" and aside.read_bytes() == pack(plain(0))
    in_loop(work)


def test_what_waits_in_files_outlives_the_process_and_is_written_once(tmp_path: Path) -> None:
    async def work() -> None:
        first = Setting(tmp_path)
        first.store.answers = [Away("away")] * 4
        for _ in range(2):
            first.journals.put(4)
            await first.recorder.turn()
        await first.store.write(rows_of(first.spool.oldest or 0, "edge-1", first.spool.read(first.spool.oldest or 0)) if not first.store.answers else [])
        again = Setting(tmp_path, store=first.store)
        again.journals.count = first.journals.count
        await again.recorder.turn()
        again.expect_all()
    in_loop(work)


def test_a_full_spool_leaves_records_in_the_journal(tmp_path: Path) -> None:
    async def work() -> None:
        setting = Setting(tmp_path, spool_bytes=10)
        setting.store.answers = [Away("away")] * 3
        setting.journals.put(1)
        await setting.recorder.turn()
        setting.journals.put(1)
        await setting.recorder.turn()
        assert setting.spool.batches == 1 and setting.journals.fresh == pack(plain(1))
        setting.store.answers = []
        await setting.recorder.turn()
        await setting.recorder.turn()
        setting.expect_all()
    in_loop(work)


def test_a_folder_that_takes_no_file_keeps_the_batch_until_it_does(tmp_path: Path) -> None:
    async def work() -> None:
        folder = tmp_path / "state"
        setting = Setting(folder)
        setting.store.answers = [Away("away")] * 2
        setting.journals.put(2)
        await setting.recorder.turn()
        assert setting.journals.taken != b"" and setting.spool.batches == 0
        folder.mkdir()
        setting.journals.put(2)
        await setting.recorder.turn()
        await setting.recorder.turn()
        await setting.recorder.turn()
        setting.expect_all()
    in_loop(work)


def test_closing_moves_what_is_left(tmp_path: Path) -> None:
    async def work() -> None:
        setting = Setting(tmp_path)
        setting.journals.put(3)
        await setting.recorder.close()
        setting.expect_all()
        setting.store.answers = [asyncio.Event()]
        setting.journals.put(3)
        await setting.recorder.close()
        assert setting.spool.batches == 1
    in_loop(work)


# ---------------------------------------------------------------------------------------- what the last run left

def left_by(folder: Path, *, taken: int, behind: int) -> None:
    """Leave a journal with so many records that were taken and not freed, and so many behind them."""
    node = Node(state_dir=str(folder))
    for count, take in ((taken, True), (behind, False)):
        for _ in range(count):
            node.stranger.sends(node.stranger.invite())
        node.stranger.received()
        if take and count:
            node.router.take_records(AT_MS - 5)
    assert isinstance(node.router, SocketlessRouter)


@pytest.mark.parametrize(("taken", "behind"), [(3, 2), (0, 2), (3, 0), (0, 0)])
@pytest.mark.parametrize("was_written", [False, True])
def test_a_batch_under_way_when_the_process_died_is_written_once(tmp_path: Path, taken: int, behind: int, was_written: bool) -> None:
    async def work() -> None:
        left_by(tmp_path, taken=taken, behind=behind)
        setting = Setting(tmp_path)
        assert (setting.spool.take_over(AT_MS) > 0) == (taken + behind > 0)
        assert list(tmp_path.glob("records.*")) == []
        if was_written and taken:
            await setting.store.write(rows_of(AT_MS - 5, "edge-1", setting.spool.read(AT_MS - 5)))
        for _ in range(3):
            await setting.recorder.turn()
        assert len(setting.store.call_ids) == len(set(setting.store.call_ids)) == taken + behind
        assert setting.spool.batches == 0
    in_loop(work)


@pytest.mark.parametrize("content", [b"", b"hasiprec", b"\0" * 8192, b"hasiprec" + b"\xff" * 8192, b"hasiprec\1\0\0\0" + b"\0" * 4 + b"\xff" * 8192])
def test_a_journal_that_can_not_be_read_is_put_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "records.0").write_bytes(content)
    spool = Spool(tmp_path, MIB)
    spool.take_over(AT_MS)
    assert (tmp_path / "bad-records.0").read_bytes() == content and spool.batches == 0
    left_by(tmp_path, taken=0, behind=1)
    assert Spool(tmp_path, MIB).take_over(AT_MS) > 0
