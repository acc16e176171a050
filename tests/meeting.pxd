"""Threads of a test that begin at once, and give way while they wait."""
from libc.stdint cimport uint32_t

from hasip.dataplane.base.atomic cimport fetch_add_u32, load_relaxed_u32


cdef extern from "<sched.h>" nogil:
    int sched_yield() noexcept


cdef inline void meet(uint32_t *arrived, uint32_t threads) noexcept nogil:
    """Arrive; return when so many threads have."""
    fetch_add_u32(arrived, 1)
    while load_relaxed_u32(arrived) < threads:
        sched_yield()
