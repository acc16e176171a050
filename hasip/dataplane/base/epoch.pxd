"""Publication: one pointer that workers read without locks, and the moment from which an old one may be freed.

A worker is *inside* between epoch_enter() and epoch_leave(), and holds what it read only there. The publisher exchanges the pointer,
then asks epoch_has_passed() later, at leisure: it never waits, and neither does a worker.
Threads: any number of workers, one publisher. Source: Fraser, "Practical lock-freedom" (2004), §5.2.3, with one pointer.
"""
from libc.stdint cimport uint64_t

from hasip.dataplane.base.atomic cimport exchange_pointer, load_sequential_pointer, load_sequential_u64, store_sequential_u64

cdef enum:
    EPOCH_WORKERS_MAX = 64
    EPOCH_OUTSIDE = 0


cdef struct EpochSeat:
    uint64_t entered            # the epoch in which the worker went inside, or EPOCH_OUTSIDE
    uint64_t padding[7]


cdef struct Publication:
    void *current
    uint64_t epoch              # starts at 1
    EpochSeat seats[EPOCH_WORKERS_MAX]


cdef inline void publication_open(Publication *publication) noexcept nogil:
    cdef int i
    publication.current = NULL
    publication.epoch = 1
    for i in range(EPOCH_WORKERS_MAX):
        publication.seats[i].entered = EPOCH_OUTSIDE


cdef inline void *epoch_enter(Publication *publication, int worker) noexcept nogil:
    """Go inside and return what is published now."""
    store_sequential_u64(&publication.seats[worker].entered, load_sequential_u64(&publication.epoch))
    return load_sequential_pointer(&publication.current)


cdef inline void epoch_leave(Publication *publication, int worker) noexcept nogil:
    """Go outside: nothing read inside is held any more."""
    store_sequential_u64(&publication.seats[worker].entered, EPOCH_OUTSIDE)


cdef inline void *publish_pointer(Publication *publication, void *fresh, uint64_t *retired_epoch) noexcept nogil:
    """Publish `fresh`; return the old pointer and the epoch after which nobody holds it."""
    cdef void *old = exchange_pointer(&publication.current, fresh)
    retired_epoch[0] = publication.epoch
    store_sequential_u64(&publication.epoch, publication.epoch + 1)
    return old


cdef inline bint epoch_has_passed(Publication *publication, uint64_t epoch, int workers) noexcept nogil:
    """True when no worker can still hold what was retired in `epoch`."""
    cdef uint64_t entered
    cdef int i
    for i in range(workers):
        entered = load_sequential_u64(&publication.seats[i].entered)
        if entered != EPOCH_OUTSIDE and entered <= epoch:
            return False
    return True
