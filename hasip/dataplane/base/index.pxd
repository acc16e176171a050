"""A hash index from 64-bit keys to slots of an arena: chains through arrays beside the arena, so nothing is allocated and nothing moves.

Keys are keyed hashes already (siphash); two different things with one key are taken for the same: 2^-64 for each pair.
Owns: its arrays. Threads: one.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from hasip.dataplane.base.arena cimport NO_SLOT
from hasip.dataplane.base.memory cimport map_zeroed, power_of_two_at_least, prefetch, unmap


cdef struct IndexEntry:
    uint64_t key
    uint32_t next           # slot + 1 of the next entry in the bucket, 0: the last
    uint32_t is_present


cdef struct Index:
    IndexEntry *entries     # by slot
    uint32_t *buckets       # slot + 1 of the first entry, 0: none
    uint32_t mask
    uint32_t capacity


cdef inline bint index_open(Index *index, uint32_t capacity) noexcept nogil:
    """Make room for slots below `capacity`. False: no memory."""
    cdef size_t buckets = power_of_two_at_least(capacity)
    index.mask = <uint32_t>(buckets - 1)
    index.capacity = capacity
    index.entries = <IndexEntry *>map_zeroed(sizeof(IndexEntry) * capacity)
    index.buckets = <uint32_t *>map_zeroed(sizeof(uint32_t) * buckets)
    return index.entries != NULL and index.buckets != NULL


cdef inline void index_close(Index *index) noexcept nogil:
    unmap(index.entries, sizeof(IndexEntry) * index.capacity)
    unmap(index.buckets, sizeof(uint32_t) * (<size_t>index.mask + 1))


cdef inline uint32_t index_find(const Index *index, uint64_t key) noexcept nogil:
    """Return the slot under a key (the one inserted last, if several), or NO_SLOT."""
    cdef uint32_t link = index.buckets[key & index.mask]
    while link:
        if index.entries[link - 1].key == key:
            return link - 1
        link = index.entries[link - 1].next
    return NO_SLOT


cdef inline void index_foresee(const Index *index, uint64_t key) noexcept nogil:
    """Fetch the bucket of a key that will be looked up soon."""
    prefetch(&index.buckets[key & index.mask])


cdef inline void index_foresee_entry(const Index *index, uint64_t key) noexcept nogil:
    """Fetch the bucket's first entry, once the bucket has come."""
    cdef uint32_t link = index.buckets[key & index.mask]
    if link:
        prefetch(&index.entries[link - 1])


cdef inline void index_insert(Index *index, uint64_t key, uint32_t slot) noexcept nogil:
    """Put a slot that is not in the index under a key."""
    cdef IndexEntry *entry = &index.entries[slot]
    entry.key = key
    entry.is_present = 1
    entry.next = index.buckets[key & index.mask]
    index.buckets[key & index.mask] = slot + 1


cdef inline void index_remove(Index *index, uint32_t slot) noexcept nogil:
    """Take a slot out; a slot that is not in the index is left alone."""
    cdef IndexEntry *entry = &index.entries[slot]
    cdef uint32_t *link
    if not entry.is_present:
        return
    entry.is_present = 0
    link = &index.buckets[entry.key & index.mask]
    while link[0] != slot + 1:
        link = &index.entries[link[0] - 1].next
    link[0] = entry.next
