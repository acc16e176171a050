"""Fixed-capacity stores of equal records, named by slot. A handle is (slot, generation): it goes stale when its record is given back.

Every record starts with an ArenaHeader. The generation is odd while the record is taken, even while it is free.
Owns: the records. Threads: one.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memset

from hasip.dataplane.base.atomic cimport store_relaxed_u32
from hasip.dataplane.base.memory cimport map_zeroed, unmap

cdef enum:
    NO_SLOT = 0xFFFFFFFF


cdef struct ArenaHeader:
    uint32_t generation
    uint32_t next_free


cdef struct Arena:
    uint8_t *records
    size_t record_bytes
    size_t cleared_bytes    # of a record that is taken; what lies behind may hold what was there before
    uint32_t capacity
    uint32_t fresh          # slots from here on were never taken
    uint32_t free_head
    uint32_t taken


cdef inline bint arena_open(Arena *arena, size_t record_bytes, uint32_t capacity) noexcept nogil:
    """Map room for `capacity` records. False: no memory."""
    arena.records = <uint8_t *>map_zeroed(record_bytes * capacity)
    arena_reset(arena, record_bytes, capacity)
    return arena.records != NULL


cdef inline void arena_reset(Arena *arena, size_t record_bytes, uint32_t capacity) noexcept nogil:
    """Describe `capacity` free records at arena.records, whoever mapped them."""
    arena.record_bytes = record_bytes
    arena.cleared_bytes = record_bytes
    arena.capacity = capacity
    arena.fresh = 0
    arena.free_head = NO_SLOT
    arena.taken = 0


cdef inline void arena_close(Arena *arena) noexcept nogil:
    unmap(arena.records, arena.record_bytes * arena.capacity)
    arena.records = NULL


cdef inline void *arena_record(const Arena *arena, uint32_t slot) noexcept nogil:
    """Return the record of a slot below capacity, taken or not."""
    return arena.records + arena.record_bytes * slot


cdef inline uint32_t arena_take(Arena *arena) noexcept nogil:
    """Take a record, zeroed behind its header up to cleared_bytes; its slot, or NO_SLOT when all are taken."""
    cdef uint32_t slot = arena.free_head
    cdef ArenaHeader *header
    if slot != NO_SLOT:
        header = <ArenaHeader *>arena_record(arena, slot)
        arena.free_head = header.next_free
    elif arena.fresh < arena.capacity:
        slot = arena.fresh
        arena.fresh += 1
        header = <ArenaHeader *>arena_record(arena, slot)
    else:
        return NO_SLOT
    memset(<uint8_t *>header + sizeof(ArenaHeader), 0, arena.cleared_bytes - sizeof(ArenaHeader))
    header.generation = (header.generation + 1) | 1
    store_relaxed_u32(&arena.taken, arena.taken + 1)        # others look at it
    return slot


cdef inline void arena_give(Arena *arena, uint32_t slot) noexcept nogil:
    """Give a taken record back: every handle to it is stale from now on."""
    cdef ArenaHeader *header = <ArenaHeader *>arena_record(arena, slot)
    header.generation += 1
    header.next_free = arena.free_head
    arena.free_head = slot
    store_relaxed_u32(&arena.taken, arena.taken - 1)


cdef inline void *arena_find(const Arena *arena, uint32_t slot, uint32_t generation) noexcept nogil:
    """Return the record a handle names, or NULL when it is stale or out of range."""
    cdef ArenaHeader *header
    if slot >= arena.capacity or not generation & 1:
        return NULL
    header = <ArenaHeader *>arena_record(arena, slot)
    return header if header.generation == generation else NULL
