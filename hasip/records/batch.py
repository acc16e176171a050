"""A batch of packed records as rows of the store.

A row for each record can be found at once, by its Call-ID too, but costs some 20 µs. So a batch of few records has a row for each, and one
of many a row for each trunk. Trunks with few records of a large batch share a row.
"""
from hasip.bridge.records import group_records
from hasip.domain.record import MIXED, RecordRow

SINGLE_MAX = 64                 # records of a batch that have a row each
SHARED_MAX = 8                  # records of a trunk in a large batch that share a row with others'

Group = tuple[bytes, bytes, bytes, int, int, int, int]      # trunk, keys, records, count, how many moved on, first and last received


def rows_of(batch: int, node: str, records: bytes) -> list[RecordRow]:
    """Return the rows of a batch; the same bytes make the same rows."""
    groups = group_records(records)
    if sum(group[3] for group in groups) <= SINGLE_MAX:
        groups = [group for record in split(records) for group in group_records(record)]
    else:
        groups = share_rows(groups)
    rows, place = [], 0
    for trunk, keys, content, count, moved, first_ms, last_ms in groups:
        rows.append(RecordRow(batch, node, place, trunk.decode(errors="replace"), count, moved, first_ms, last_ms, keys, content))
        place += count
    return rows


def split(records: bytes) -> list[bytes]:
    """Return records one by one; each begins with its length."""
    parts, at = [], 0
    while at + 2 <= len(records):
        size = int.from_bytes(records[at:at + 2], "little")
        if size < 2 or at + size > len(records):
            break
        parts.append(records[at:at + size])
        at += size
    return parts


def share_rows(groups: list[Group]) -> list[Group]:
    """Put trunks with few records together."""
    few = [group for group in groups if group[3] <= SHARED_MAX]
    if len(few) < 2:
        return groups
    shared = (MIXED.encode(), b"".join(group[1] for group in few), b"".join(group[2] for group in few), sum(group[3] for group in few),
              sum(group[4] for group in few), min(group[5] for group in few), max(group[6] for group in few))
    return [*(group for group in groups if group[3] > SHARED_MAX), shared]
