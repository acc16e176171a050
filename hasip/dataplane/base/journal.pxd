"""A ring of entries in a mapped file, so that what was put and not yet freed outlives the process: one writes, one reads, nobody waits.

Both ends lie in the file. An entry is written first and counted after, so whoever dies leaves whole entries. After a power failure the
file holds what the kernel had written back.
Threads: one producer (journal_room, journal_put), one consumer (journal_next, journal_free). Owns: nothing; the file is mapped elsewhere.
"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from hasip.dataplane.base.atomic cimport load_acquire_u64, store_release_u64

cdef enum:
    JOURNAL_VERSION = 1
    JOURNAL_HEADER_BYTES = 4096
    JOURNAL_ENTRY_BYTES = 8             # before each entry
    JOURNAL_SKIP = 0xFFFFFFFF           # instead of a length: go on at the ring's start


cdef struct JournalHeader:
    char magic[8]                       # "hasiprec"
    uint32_t version
    uint32_t padding
    uint64_t size                       # of the ring, a power of two
    uint64_t pending_id                 # of the batch that was taken last…
    uint64_t pending_end                # …and where it ends: until it is freed, a store may have it or not
    uint64_t padding_before[3]
    uint64_t written                    # moved by the producer alone
    uint64_t padding_between[7]         # the two ends lie in different cache lines
    uint64_t read                       # moved by the consumer alone


cdef struct Journal:
    JournalHeader *file                 # NULL: there is no journal
    uint8_t *bytes
    uint64_t size
    uint64_t skipped                    # before the entry that journal_room() made room for
    uint64_t taken                      # the consumer's: what lies before was taken already


cdef inline bint is_sound_header(const JournalHeader *file, uint64_t ring_bytes) noexcept nogil:
    """True when the header of a file with so many bytes behind it leads nowhere else."""
    return (file.size >= JOURNAL_ENTRY_BYTES and file.size & (file.size - 1) == 0 and file.size <= ring_bytes
            and (file.read | file.written | file.pending_end) & (JOURNAL_ENTRY_BYTES - 1) == 0 and file.written - file.read <= file.size
            and (file.pending_id == 0 or file.pending_end - file.read <= file.written - file.read))


cdef inline void journal_pend(Journal *journal, uint64_t batch, uint64_t end) noexcept nogil:
    """What was taken up to `end` is under way as a batch of this number; whoever finds the number in the file finds its end too."""
    journal.taken = end
    journal.file.pending_end = end
    store_release_u64(&journal.file.pending_id, batch)


cdef inline uint8_t *journal_room(Journal *journal, uint32_t bytes_max) noexcept nogil:
    """Return where to write an entry of up to so many bytes, or NULL: no room."""
    cdef uint64_t needed = JOURNAL_ENTRY_BYTES + ((<uint64_t>bytes_max + 7) & ~<uint64_t>7)
    cdef uint64_t place = journal.file.written & (journal.size - 1)
    journal.skipped = journal.size - place if place + needed > journal.size else 0
    if journal.file.written + journal.skipped + needed - load_acquire_u64(&journal.file.read) > journal.size:
        return NULL
    if journal.skipped:
        (<uint32_t *>(journal.bytes + place))[0] = JOURNAL_SKIP
        place = 0
    return journal.bytes + place + JOURNAL_ENTRY_BYTES


cdef inline void journal_put(Journal *journal, uint8_t *entry, uint32_t length) noexcept nogil:
    """What was written at journal_room()'s place is an entry now."""
    (<uint32_t *>(entry - JOURNAL_ENTRY_BYTES))[0] = length
    store_release_u64(&journal.file.written, journal.file.written + journal.skipped + JOURNAL_ENTRY_BYTES + ((<uint64_t>length + 7) & ~<uint64_t>7))


cdef inline const uint8_t *journal_next(const Journal *journal, uint64_t *at, uint64_t end, uint32_t *length) noexcept nogil:
    """Return the entry at a position before `end`, and move the position behind it; NULL: none is left, or the file is damaged there."""
    cdef uint64_t place = at[0] & (journal.size - 1)
    if at[0] >= end:
        return NULL
    length[0] = (<const uint32_t *>(journal.bytes + place))[0]
    if length[0] == JOURNAL_SKIP:
        at[0] += journal.size - place
        if at[0] >= end:
            return NULL
        place = 0
        length[0] = (<const uint32_t *>journal.bytes)[0]
    if length[0] == JOURNAL_SKIP or place + JOURNAL_ENTRY_BYTES + length[0] > journal.size:
        at[0] = end
        return NULL
    at[0] += JOURNAL_ENTRY_BYTES + ((<uint64_t>length[0] + 7) & ~<uint64_t>7)
    if at[0] > end:
        at[0] = end
        return NULL
    return journal.bytes + place + JOURNAL_ENTRY_BYTES


cdef inline void journal_free(Journal *journal, uint64_t end) noexcept nogil:
    """What lies before `end` is not needed any more. The batch's number goes last: never does what a store has look as if it were of no batch."""
    store_release_u64(&journal.file.read, end)
    store_release_u64(&journal.file.pending_id, 0)
