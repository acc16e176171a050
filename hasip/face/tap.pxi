"""The tap as the control plane sees it: what is wanted, and the copies; and how long failovers took."""
cimport cython
from libc.errno cimport errno as c_errno
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from hasip.dataplane.base.atomic cimport load_relaxed_u64, store_relaxed_u64, store_sequential_u32
from hasip.dataplane.base.memory cimport map_zeroed, unmap
from hasip.dataplane.base.ring cimport Ring, RingEntry, ring_close, ring_datagram, ring_next, ring_open, ring_peek
from hasip.dataplane.base.socket cimport EFD_CLOEXEC, EFD_NONBLOCK, close, eventfd, eventfd_read, eventfd_write
from hasip.dataplane.stage.gap cimport GAP_BOUNDS_US
from hasip.dataplane.stage.tap cimport NO_WATCHED_SLOT, TAP_CHOSEN, TAP_EVERYTHING, TAP_NUMBERS, TapHead, number_key, watch_call
from hasip.dataplane.stage.workspace cimport GAP_BUCKETS, TAP_NUMBERS_MAX, WATCHED_CALLS, Gaps, Listener, Plane, Workspace

TAP_NUMBER_LIMIT = TAP_NUMBERS_MAX      # so many numbers can be wanted at once

cdef enum:
    TAP_RING_BYTES = 8388608
    TAP_BATCH = 1000


cdef int open_tap(Plane *plane) except -1:
    """Make the rings, which have no memory before they are used."""
    cdef uint32_t i
    plane.tap.doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
    if plane.tap.doorbell < 0:
        raise OSError(c_errno, os.strerror(c_errno), "eventfd")
    plane.tap.watched = <uint64_t *>map_zeroed(WATCHED_CALLS * sizeof(uint64_t))
    plane.tap.rings = <Ring *>calloc(plane.worker_count, sizeof(Ring))
    if plane.tap.watched == NULL or plane.tap.rings == NULL:
        raise MemoryError("the tap")
    for i in range(plane.worker_count):
        if not ring_open(&plane.tap.rings[i], TAP_RING_BYTES):
            raise MemoryError("the tap")
    return 0


cdef void close_tap(Plane *plane) noexcept:
    cdef uint32_t i
    if plane.tap.rings != NULL:
        for i in range(plane.worker_count):
            ring_close(&plane.tap.rings[i])
        free(plane.tap.rings)
    unmap(plane.tap.watched, WATCHED_CALLS * sizeof(uint64_t))
    if plane.tap.doorbell > 0:
        close(plane.tap.doorbell)


cdef int set_wanted(Plane *plane, bint everything, bint trunks, numbers, call_ids) except -1:
    """Say what is to be copied; the trunks' rows were marked before. What is not wanted any more is forgotten. Errors: ValueError for too many numbers."""
    cdef uint32_t i
    cdef bytes text
    if len(numbers) > TAP_NUMBERS_MAX:
        raise ValueError(f"{len(numbers)} numbers: {TAP_NUMBERS_MAX} can be wanted at once")
    is_chosen = trunks or numbers or call_ids
    if not is_chosen:
        for i in range(WATCHED_CALLS):
            store_relaxed_u64(&plane.tap.watched[i], 0)
    keys = [number_key(plane, <bytes>number, len(number)) for number in (octets_of(each) for each in numbers)]
    for i in range(TAP_NUMBERS_MAX):
        store_relaxed_u64(&plane.tap.numbers[i], keys[i] if i < len(keys) else 0)
    for call_id in call_ids:
        text = octets_of(call_id)
        watch_call(plane, text, len(text), NO_WATCHED_SLOT)
    store_sequential_u32(&plane.tap.wants, (TAP_EVERYTHING if everything else 0) | (TAP_CHOSEN if is_chosen else 0) | (TAP_NUMBERS if numbers else 0))
    return 0


cdef bytes octets_of(str text):
    """Return what a caller may have sent; octets that are no UTF-8 come from a shell as surrogates. Errors: ValueError for any other surrogate."""
    return text.encode("utf-8", "surrogateescape")


cdef list take_tapped_of(Plane *plane):
    """Return copies, a thousand at the most; the doorbell rings again if there are more."""
    cdef uint64_t rings
    cdef uint32_t i
    cdef Ring *ring
    cdef RingEntry *entry
    cdef list taken = []
    eventfd_read(plane.tap.doorbell, &rings)
    for i in range(plane.worker_count):
        ring = &plane.tap.rings[i]
        entry = ring_peek(ring)
        while entry != NULL and len(taken) < TAP_BATCH:
            taken.append(tapped_message(plane, entry))
            ring_next(ring, entry)
            entry = ring_peek(ring)
        if entry != NULL:
            eventfd_write(plane.tap.doorbell, 1)
    return taken


cdef tuple tapped_message(Plane *plane, const RingEntry *entry):
    """Return (at_us, is_sent, transport, our address, our port, far address, far port, board slot or -1, message)."""
    cdef TapHead head
    cdef const Listener *listener = &plane.listeners[entry.source.listener]
    memcpy(&head, ring_datagram(entry), sizeof(head))
    return (head.at_us, bool(head.is_sent), TRANSPORTS[listener.transport], address_text(&listener.local), listener.local.port,
            address_text(&entry.source), entry.source.port, -1 if head.slot == NO_WATCHED_SLOT else <int>head.slot,
            (<const char *>ring_datagram(entry) + sizeof(head))[:entry.length - sizeof(head)])


cdef dict gaps_status(Plane *plane, bint is_silence):
    """Return a histogram over all workers: upper bounds in seconds, how many fell into each bucket and above, and the sum in seconds."""
    cdef uint32_t i, bucket
    cdef Gaps *gaps
    cdef uint64_t sum_us = 0
    counts = [0] * (GAP_BUCKETS + 1)
    for i in range(plane.worker_count):
        gaps = &plane.workspaces[i].silences if is_silence else &plane.workspaces[i].failover_gaps
        sum_us += load_relaxed_u64(&gaps.sum_us)
        for bucket in range(GAP_BUCKETS + 1):
            counts[bucket] += load_relaxed_u64(&gaps.counts[bucket])
    return {"bounds_s": [GAP_BOUNDS_US[bucket] / 1e6 for bucket in range(GAP_BUCKETS)], "counts": counts, "sum_s": sum_us / 1e6}
