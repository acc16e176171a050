"""What senders that have proved nothing may ask for: a bucket of requests an address, and a ban after too many wrong passwords. (spec: abuse)

Sets of four addresses by hash; a full set forgets who was quiet for longest, but nobody who is banned while another can be forgotten.
Owns: its table. Threads: one.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from hasip.dataplane.base.memory cimport map_zeroed, unmap

cdef enum:
    SOURCE_SETS = 4096                  # a power of two
    SOURCES_IN_SET = 4
    FAILURES_FADE_S = 600               # wrong passwords are held against a source for so long


cdef struct Source:
    uint64_t key                        # hash of the address, 0: this place is free
    uint64_t seen_ms
    uint32_t tokens                     # thousandths of a request
    uint32_t failures
    uint32_t failed_s
    uint32_t banned_until_s


cdef struct SourceTable:
    Source *sources


cdef inline bint sources_open(SourceTable *table) noexcept nogil:
    """Map the table. False: no memory."""
    table.sources = <Source *>map_zeroed(<size_t>SOURCE_SETS * SOURCES_IN_SET * sizeof(Source))
    return table.sources != NULL


cdef inline void sources_close(SourceTable *table) noexcept nogil:
    unmap(table.sources, <size_t>SOURCE_SETS * SOURCES_IN_SET * sizeof(Source))


cdef inline Source *find_source(SourceTable *table, uint64_t key, uint32_t burst, uint64_t now_ms, uint32_t now_s) noexcept nogil:
    """Return what is known of an address; of a new one, that its bucket is full."""
    cdef Source *set_of = &table.sources[(key & <uint64_t>(SOURCE_SETS - 1)) * SOURCES_IN_SET]
    cdef Source *oldest = set_of
    cdef uint32_t i
    for i in range(SOURCES_IN_SET):
        if set_of[i].key == key:
            return &set_of[i]
        if is_forgettable(&set_of[i], oldest, now_s):
            oldest = &set_of[i]
    oldest.key = key
    oldest.seen_ms = now_ms
    oldest.tokens = burst * 1000
    oldest.failures = 0
    oldest.failed_s = 0
    oldest.banned_until_s = 0
    return oldest


cdef inline bint is_forgettable(const Source *one, const Source *other, uint32_t now_s) noexcept nogil:
    """True when one may rather be forgotten than the other."""
    cdef bint is_banned = one.banned_until_s > now_s, other_is_banned = other.banned_until_s > now_s
    if is_banned != other_is_banned:
        return other_is_banned
    return one.seen_ms < other.seen_ms


cdef inline bint take_token(Source *source, uint32_t per_s, uint32_t burst, uint64_t now_ms) noexcept nogil:
    """Take a request from the bucket, which fills by `per_s` up to `burst`. False: it is empty."""
    cdef uint64_t tokens = source.tokens + (now_ms - source.seen_ms) * per_s
    source.tokens = <uint32_t>min(tokens, <uint64_t>burst * 1000)
    source.seen_ms = now_ms
    if source.tokens < 1000:
        return False
    source.tokens -= 1000
    return True


cdef inline void give_tokens(Source *source, uint32_t count, uint32_t burst) noexcept nogil:
    """Give requests back: they came from somebody who has proved to be a user."""
    source.tokens = min(source.tokens + count * 1000, burst * 1000)


cdef inline bint note_failed_proof(Source *source, uint32_t failures_max, uint32_t ban_s, uint32_t now_s) noexcept nogil:
    """Count a wrong password; true when the source is banned for it."""
    if now_s - source.failed_s > <uint32_t>FAILURES_FADE_S:
        source.failures = 0
    source.failures += 1
    source.failed_s = now_s
    if failures_max == 0 or source.failures < failures_max:
        return False
    source.failures = 0
    source.banned_until_s = now_s + ban_s
    return True
