"""Batches that the store refused, from the files they were put aside in: once more, when somebody has repaired what was wrong."""
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from hasip.records.batch import rows_of
from hasip.records.recorder import Records
from hasip.records.spool import refused_files


class Retried(NamedTuple):
    """What became of a file."""

    file: Path
    written: int                    # records
    error: str                      # empty: the file is gone, for all of it is in the store


async def retry_refused(folder: Path, node: str, records: Records, *, away: tuple[type[Exception], ...],
                        refused: tuple[type[Exception], ...]) -> AsyncIterator[Retried]:
    """Write what was put aside, the oldest batch first; what is refused again stays. Errors: those of `away`, after which the next would fare no better."""
    faults: tuple[type[Exception], ...] = (*refused, ValueError, OSError)
    for batch, file in refused_files(folder):
        try:
            yield Retried(file, await _write(batch, file, node, records), "")
        except away:
            raise
        except faults as error:
            yield Retried(file, 0, str(error))


async def _write(batch: int, file: Path, node: str, records: Records) -> int:
    """Write a batch, unless the store has it already, and remove its file. Errors: ValueError for one that is damaged; OSError; the store's."""
    content = file.read_bytes()
    rows = rows_of(batch, node, content)
    if not rows or sum(len(row.content) for row in rows) != len(content):
        raise ValueError("is damaged: not all of it are records")
    is_there = await records.has(batch, node)
    if not is_there:
        await records.write(rows)
    file.unlink()
    return 0 if is_there else sum(row.records for row in rows)
