"""Datagrams on their way out: written one behind the other into one stretch of memory, sent in one burst."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.memory cimport map_zeroed, unmap
from hasip.dataplane.syntax.message cimport READABLE_BEHIND

cdef enum:
    OUTBOX_DATAGRAMS = 1024
    OUTBOX_HIGH = 256               # from here on the loop sends before it goes on
    OUTBOX_BYTES = 16777216
    OUTBOX_BYTES_HIGH = 8388608
    DATAGRAM_BYTES_MAX = 65507      # what an IPv4 datagram carries


cdef struct OutboxEntry:
    uint32_t offset
    uint32_t length
    Endpoint destination


cdef struct Outbox:
    uint8_t *bytes
    uint32_t used
    uint32_t count
    uint32_t sent
    OutboxEntry entries[OUTBOX_DATAGRAMS]


cdef inline bint outbox_open(Outbox *outbox) noexcept nogil:
    """Map the room. False: no memory."""
    outbox.used = 0
    outbox.count = 0
    outbox.sent = 0
    outbox.bytes = <uint8_t *>map_zeroed(OUTBOX_BYTES + READABLE_BEHIND)
    return outbox.bytes != NULL


cdef inline void outbox_close(Outbox *outbox) noexcept nogil:
    unmap(outbox.bytes, OUTBOX_BYTES + READABLE_BEHIND)


cdef inline uint8_t *outbox_room(Outbox *outbox, size_t length) noexcept nogil:
    """Return where a datagram of up to `length` bytes can be written, or NULL: no room. outbox_put() makes it count."""
    if outbox.count == OUTBOX_DATAGRAMS or outbox.used + length > OUTBOX_BYTES:
        return NULL
    return outbox.bytes + outbox.used


cdef inline bint outbox_put(Outbox *outbox, uint32_t length, const Endpoint *destination) noexcept nogil:
    """Send what was written into the room. False: larger than a datagram."""
    cdef OutboxEntry *entry = &outbox.entries[outbox.count]
    if length > DATAGRAM_BYTES_MAX:
        return False
    entry.offset = outbox.used
    entry.length = length
    entry.destination = destination[0]
    outbox.used += length
    outbox.count += 1
    return True


cdef inline bint outbox_is_high(const Outbox *outbox) noexcept nogil:
    return outbox.count >= OUTBOX_HIGH or outbox.used >= OUTBOX_BYTES_HIGH
