"""Batches that wait for the store, as files of the state directory: `records-NUMBER.spool`, each written whole or not at all."""
from pathlib import Path

import structlog

from hasip.bridge.records import left_records

PATTERN = "records-*.spool"
REFUSED = "records-*.refused"
JOURNALS = "records.[0-9]*"             # of the data plane, a file for each worker

log = structlog.get_logger("hasip")


class Spool:
    """The waiting batches of one node. Threads: one."""

    def __init__(self, folder: Path, bytes_max: int) -> None:
        self._folder = folder
        self._bytes_max = bytes_max
        self._sizes = {batch_of(file): file.stat().st_size for file in folder.glob(PATTERN)}

    @property
    def batches(self) -> int:
        """How many wait."""
        return len(self._sizes)

    @property
    def size_bytes(self) -> int:
        """How much they take."""
        return sum(self._sizes.values())

    @property
    def has_room(self) -> bool:
        """False when no more may be put."""
        return self.size_bytes < self._bytes_max

    @property
    def oldest(self) -> int | None:
        """The batch that waits the longest."""
        return min(self._sizes, default=None)

    @property
    def newest(self) -> int:
        """The highest number of a batch here; 0: none."""
        return max(self._sizes, default=0)

    def put(self, batch: int, records: bytes) -> None:
        """Keep a batch. Errors: OSError; nothing is kept then."""
        fresh = self._file(batch).with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(records)
        fresh.replace(self._file(batch))
        self._sizes[batch] = len(records)

    def read(self, batch: int) -> bytes:
        """Return a batch. Errors: OSError."""
        return self._file(batch).read_bytes()

    def remove(self, batch: int) -> None:
        """Forget a batch, if it is here. Errors: OSError."""
        if self._sizes.pop(batch, None) is not None:
            self._file(batch).unlink(missing_ok=True)

    def put_aside(self, batch: int) -> Path:
        """Leave a batch that no store will take where people find it. Errors: OSError."""
        aside = self._file(batch).with_suffix(".refused")
        self._file(batch).replace(aside)
        del self._sizes[batch]
        return aside

    def take_over(self, next_batch: int) -> int:
        """Before the data plane starts: keep what the last run left in its journals. Return how many bytes.

        The batch that was under way keeps its number, so that a store which has it already can say so. Errors: OSError.
        """
        journals = sorted(self._folder.glob(JOURNALS))
        pending: dict[int, bytes] = {}
        rest = b""
        for journal in journals:
            try:
                number, under_way, behind = left_records(str(journal))
            except ValueError as error:
                log.error("not readable, and put aside", error=str(error))
                journal.replace(journal.with_name(f"bad-{journal.name}"))
                continue
            if under_way:
                pending[number or next_batch] = pending.get(number or next_batch, b"") + under_way
            rest += behind
        if rest:
            pending[next_batch] = pending.get(next_batch, b"") + rest
        for number, records in pending.items():
            self.put(number, records)
        for journal in journals:
            journal.unlink(missing_ok=True)
        return sum(len(records) for records in pending.values())

    def _file(self, batch: int) -> Path:
        return self._folder / f"records-{batch:016x}.spool"


def batch_of(file: Path) -> int:
    """Return the number of the batch in a file, by the file's name. Errors: ValueError."""
    return int(file.stem.partition("-")[2], 16)


def refused_files(folder: Path) -> list[tuple[int, Path]]:
    """Return the batches that were put aside, the oldest first."""
    return sorted((batch_of(file), file) for file in folder.glob(REFUSED))
