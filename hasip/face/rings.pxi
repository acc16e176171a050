"""What workers leave in rings for the control plane: messages for streams, and notices of probes and calls."""
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

from hasip.dataplane.base.ring cimport Ring, RingEntry, ring_datagram, ring_next, ring_peek
from hasip.dataplane.base.socket cimport eventfd_read, eventfd_write
from hasip.dataplane.stage.notice cimport Notice
from hasip.dataplane.stage.workspace cimport Plane, ring_between

NOTICES = ("probe_answered", "probe_silent", "probe_refused", "call_silent", "call_refused", "calls_failed_by_codes", "pool_high", "pool_full",
           "failover_by_code", "failover_silent", "failover_refused")           # a kind's number is its place

cdef enum:
    RING_BATCH = 1000


cdef list take_for_streams_of(Plane *plane):
    """Return messages for streams, a thousand at the most; the doorbell rings again if there are more."""
    cdef uint64_t rings
    cdef uint32_t i
    cdef Ring *ring
    cdef RingEntry *entry
    eventfd_read(plane.control_doorbell, &rings)
    taken = []
    for i in range(plane.worker_count):
        ring = ring_between(plane, i, plane.worker_count)
        entry = ring_peek(ring)
        while entry != NULL and len(taken) < RING_BATCH:
            taken.append(((<const char *>ring_datagram(entry))[:entry.length], entry.source.listener, address_text(&entry.source),
                          entry.source.port, entry.source.flow))
            ring_next(ring, entry)
            entry = ring_peek(ring)
        if entry != NULL:
            eventfd_write(plane.control_doorbell, 1)
    return taken


cdef list take_notices_of(Plane *plane):
    """Return what became of probes and calls, a thousand at the most; the doorbell rings again if there is more."""
    cdef uint64_t rings
    cdef uint32_t i
    cdef RingEntry *entry
    cdef Notice notice
    eventfd_read(plane.notice_doorbell, &rings)
    taken = []
    for i in range(plane.worker_count):
        entry = ring_peek(&plane.notices[i])
        while entry != NULL and len(taken) < RING_BATCH:
            memcpy(&notice, ring_datagram(entry), sizeof(notice))
            ring_next(&plane.notices[i], entry)
            taken.append((notice.kind, notice.account, notice.serial, notice.status, notice.retry_after_s, notice.round_trip_us,
                          bool(notice.was_unheard), notice.call_key))
            entry = ring_peek(&plane.notices[i])
        if entry != NULL:
            eventfd_write(plane.notice_doorbell, 1)
    return taken
