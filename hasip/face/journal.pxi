"""Journals of calls that have ended: a file for each worker, read by the control plane in batches; and what the last run left in them."""
import os

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from hasip.dataplane.base.atomic cimport load_acquire_u64
from hasip.dataplane.base.journal cimport (
    JOURNAL_HEADER_BYTES, JOURNAL_VERSION, Journal, JournalHeader, is_sound_header, journal_free, journal_next, journal_pend)
from hasip.dataplane.base.memory cimport touch
from hasip.dataplane.routing.call_table cimport CALL_ID_BYTES_MAX
from hasip.dataplane.stage.record cimport ATTEMPT_BYTES, RecordHead, is_sound_record, record_key
from hasip.dataplane.stage.workspace cimport Plane


def key_of_call_id(bytes call_id) -> int:
    """Return what the records of a Call-ID are found by; of a long one, the first 127 bytes count."""
    return record_key(call_id, min(len(call_id), CALL_ID_BYTES_MAX))


def group_records(bytes records) -> list[tuple[bytes, bytes, bytes, int, int, int, int]]:
    """Sort records that follow each other by trunk: (trunk, keys as uint32, records, count, how many moved on, first and last received as Unix ms).

    What is damaged, or of another version, ends the reading.
    """
    cdef const uint8_t *start = records
    cdef size_t at = 0, size = len(records)
    cdef RecordHead head
    cdef RecordGroup group
    cdef bytes trunk
    cdef dict groups = {}
    while at + sizeof(head) <= size:
        memcpy(&head, start + at, sizeof(head))         # records end where they end: the next one lies anywhere
        if head.bytes < sizeof(head) or at + head.bytes > size:
            break
        trunk = trunk_of(&head, start + at)
        group = groups.get(trunk)
        if group is None:
            group = groups[trunk] = RecordGroup()
        group.add(&head, start + at)
        at += head.bytes
    return [(<RecordGroup>each).told(name) for name, each in groups.items()]


cdef class RecordGroup:
    """The records of one trunk."""
    cdef bytearray keys, records
    cdef uint64_t first_ms, last_ms
    cdef uint32_t count, moved

    def __cinit__(self):
        self.keys = bytearray()
        self.records = bytearray()
        self.first_ms = <uint64_t>-1

    cdef int add(self, const RecordHead *head, const uint8_t *record) except -1:
        self.keys += (<const char *>&head.key)[:4]
        self.records += (<const char *>record)[:head.bytes]
        self.first_ms = min(self.first_ms, head.received_unix_ms)
        self.last_ms = max(self.last_ms, head.received_unix_ms)
        self.count += 1
        self.moved += head.attempt_count > 1
        return 0

    cdef tuple told(self, bytes trunk):
        return trunk, bytes(self.keys), bytes(self.records), self.count, self.moved, self.first_ms, self.last_ms


cdef bytes trunk_of(const RecordHead *head, const uint8_t *record):
    """Return the trunk a record names."""
    cdef const uint8_t *at = record + sizeof(RecordHead)
    cdef const uint8_t *end = record + head.bytes
    cdef uint32_t i
    for i in range(head.attempt_count):
        if at + ATTEMPT_BYTES > end:
            return b""
        at += ATTEMPT_BYTES + at[ATTEMPT_BYTES - 1]     # what stands before the name ends with its length
    at += head.reason_length
    return (<const char *>at)[:head.trunk_length] if at + head.trunk_length <= end else b""


cdef int open_journals(Plane *plane, str state_dir, uint64_t size) except -1:
    """Map a journal for each worker, empty; size 0: there are none. What the last run left must have been read before. Errors: OSError."""
    cdef uint32_t i
    cdef JournalHeader *header
    plane.journals = <Journal *>calloc(plane.worker_count, sizeof(Journal))
    if plane.journals == NULL:
        raise MemoryError("journals")
    for i in range(plane.worker_count if size else 0):
        header = <JournalHeader *>map_state_file(journal_path(state_dir, i), JOURNAL_HEADER_BYTES + size)
        memset(header, 0, JOURNAL_HEADER_BYTES)
        header.version = JOURNAL_VERSION
        header.size = size
        memcpy(header.magic, b"hasiprec", 8)
        plane.journals[i].file = header
        plane.journals[i].bytes = <uint8_t *>header + JOURNAL_HEADER_BYTES
        plane.journals[i].size = size
        touch(header, JOURNAL_HEADER_BYTES + size)
    return 0


cdef int close_journals(Plane *plane) except -1:
    cdef uint32_t i
    if plane.journals == NULL:
        return 0
    for i in range(plane.worker_count):
        if plane.journals[i].file != NULL:
            munmap(plane.journals[i].file, JOURNAL_HEADER_BYTES + plane.journals[i].size)
    free(plane.journals)
    return 0


cdef str journal_path(str state_dir, uint32_t worker):
    return os.path.join(state_dir, f"records.{worker}")


cdef bytes take_records(Plane *plane, uint64_t batch):
    """Return what lies in the journals and was not taken before, as a batch that has this number until it is freed."""
    cdef uint32_t i
    cdef uint64_t end
    cdef Journal *journal
    parts = []
    for i in range(plane.worker_count):
        journal = &plane.journals[i]
        if journal.file != NULL:
            end = load_acquire_u64(&journal.file.written)
            parts.append(entries_between(journal, journal.taken, end))
            journal_pend(journal, batch, end)
    return b"".join(parts)


cdef bytes entries_between(const Journal *journal, uint64_t at, uint64_t end):
    """Return the records from one position to another. What is none is left out: whoever reads a batch goes from length to length."""
    cdef const uint8_t *entry
    cdef uint32_t length = 0
    cdef bytearray entries = bytearray()
    entry = journal_next(journal, &at, end, &length)
    while entry != NULL:
        if is_sound_record(entry, length):
            entries += (<const char *>entry)[:length]
        entry = journal_next(journal, &at, end, &length)
    return bytes(entries)


cdef int free_records(Plane *plane) except -1:
    """Give the room of all batches that were taken back."""
    cdef uint32_t i
    for i in range(plane.worker_count):
        if plane.journals[i].file != NULL:
            journal_free(&plane.journals[i], plane.journals[i].taken)
    return 0


cdef tuple journal_figures(const Plane *plane):
    """Return how many bytes wait in the fullest journal, and how many it holds."""
    cdef uint64_t waiting = 0, size = 0
    cdef uint32_t i
    for i in range(plane.worker_count):
        if plane.journals[i].file != NULL:
            size = plane.journals[i].size
            waiting = max(waiting, load_acquire_u64(&plane.journals[i].file.written) - load_acquire_u64(&plane.journals[i].file.read))
    return waiting, size


def left_records(str path) -> tuple[int, bytes, bytes]:
    """Return what a journal of an earlier run holds: the number of the batch a store may have already, that batch, and the rest.

    Errors: OSError, ValueError for a file that is no journal of this version.
    """
    cdef bytes content
    cdef Journal journal
    cdef const uint8_t *start
    cdef uint64_t middle, end
    with open(path, "rb") as file:
        content = file.read()
    start = content
    journal.file = <JournalHeader *>start
    journal.bytes = <uint8_t *>start + JOURNAL_HEADER_BYTES
    if len(content) < JOURNAL_HEADER_BYTES or memcmp(start, b"hasiprec", 8) != 0 or journal.file.version != JOURNAL_VERSION:
        raise ValueError(f"{path}: not a journal of this version")
    if not is_sound_header(journal.file, len(content) - JOURNAL_HEADER_BYTES):
        raise ValueError(f"{path}: a damaged journal")
    journal.size = journal.file.size
    end = journal.file.written
    middle = journal.file.pending_end if journal.file.pending_id else journal.file.read
    return journal.file.pending_id, entries_between(&journal, journal.file.read, middle), entries_between(&journal, middle, end)
