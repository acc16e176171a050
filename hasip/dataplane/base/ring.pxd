"""A ring of datagrams between two threads: one writes, one reads, nobody waits. A full ring refuses, and the writer counts it.

Threads: one producer (ring_put), one consumer (ring_peek, ring_next). Owns: its bytes.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from hasip.dataplane.base.atomic cimport load_acquire_u64, store_release_u64
from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.memory cimport map_zeroed, unmap

cdef enum:
    RING_READABLE_BEHIND = 64


cdef struct RingEntry:
    uint32_t entry_bytes        # header, datagram and padding; 0: the rest of the ring is empty, go on at its start
    uint32_t length             # of the datagram, which follows
    Endpoint source
    uint32_t hops               # how many workers have passed it on


cdef struct Ring:
    uint8_t *bytes
    uint64_t size               # a power of two
    uint64_t written            # moved by the producer alone
    uint64_t padding[7]         # the two ends lie in different cache lines
    uint64_t read               # moved by the consumer alone


cdef inline bint ring_open(Ring *ring, size_t size) noexcept nogil:
    """Make room for `size` bytes (a power of two). False: no memory."""
    ring.size = size
    ring.written = 0
    ring.read = 0
    ring.bytes = <uint8_t *>map_zeroed(size + 128)
    return ring.bytes != NULL


cdef inline void ring_close(Ring *ring) noexcept nogil:
    unmap(ring.bytes, ring.size + 128)


cdef inline bint ring_put(Ring *ring, const Endpoint *source, uint32_t hops, const uint8_t *datagram, uint32_t length) noexcept nogil:
    """Copy a datagram in. False: no room."""
    return ring_put_behind(ring, source, hops, NULL, 0, datagram, length)


cdef inline bint ring_put_behind(Ring *ring, const Endpoint *source, uint32_t hops, const uint8_t *head, uint32_t head_length,
                                 const uint8_t *datagram, uint32_t length) noexcept nogil:
    """Copy a head and a datagram in, as one. False: no room."""
    cdef uint64_t needed = (sizeof(RingEntry) + head_length + length + RING_READABLE_BEHIND + 63) & ~<uint64_t>63
    cdef uint64_t place = ring.written & (ring.size - 1)
    cdef uint64_t skipped = ring.size - place if place + needed > ring.size else 0
    cdef RingEntry *entry
    if needed > ring.size or ring.written + skipped + needed - load_acquire_u64(&ring.read) > ring.size:
        return False
    if skipped:
        (<RingEntry *>(ring.bytes + place)).entry_bytes = 0
        place = 0
    entry = <RingEntry *>(ring.bytes + place)
    entry.entry_bytes = <uint32_t>needed
    entry.length = head_length + length
    entry.source = source[0]
    entry.hops = hops
    if head_length:
        memcpy(<uint8_t *>entry + sizeof(RingEntry), head, head_length)
    memcpy(<uint8_t *>entry + sizeof(RingEntry) + head_length, datagram, length)
    store_release_u64(&ring.written, ring.written + skipped + needed)
    return True


cdef inline RingEntry *ring_peek(Ring *ring) noexcept nogil:
    """Return the oldest entry, or NULL. It stays valid until ring_next()."""
    cdef RingEntry *entry
    if load_acquire_u64(&ring.written) == ring.read:
        return NULL
    entry = <RingEntry *>(ring.bytes + (ring.read & (ring.size - 1)))
    if entry.entry_bytes == 0:
        store_release_u64(&ring.read, ring.read + ring.size - (ring.read & (ring.size - 1)))
        entry = <RingEntry *>ring.bytes
    return entry


cdef inline const uint8_t *ring_datagram(const RingEntry *entry) noexcept nogil:
    return <const uint8_t *>entry + sizeof(RingEntry)


cdef inline void ring_next(Ring *ring, const RingEntry *entry) noexcept nogil:
    """Done with the oldest entry."""
    store_release_u64(&ring.read, ring.read + entry.entry_bytes)
