"""Time. A worker reads the clock once per batch and passes it on; nothing below the worker reads it."""
from libc.stdint cimport uint32_t, uint64_t
from posix.time cimport clock_gettime, timespec


cdef extern from "<time.h>" nogil:
    int CLOCK_MONOTONIC
    int CLOCK_REALTIME
    int CLOCK_THREAD_CPUTIME_ID


cdef inline uint64_t monotonic_ms() noexcept nogil:
    """Return milliseconds since some fixed moment in the past; never goes back."""
    cdef timespec moment
    clock_gettime(CLOCK_MONOTONIC, &moment)
    return <uint64_t>moment.tv_sec * 1000 + <uint64_t>moment.tv_nsec // 1000000


cdef inline uint64_t monotonic_ns() noexcept nogil:
    """Return nanoseconds since some fixed moment in the past; never goes back."""
    cdef timespec moment
    clock_gettime(CLOCK_MONOTONIC, &moment)
    return <uint64_t>moment.tv_sec * 1000000000 + <uint64_t>moment.tv_nsec


cdef inline uint64_t thread_cpu_ns() noexcept nogil:
    """Return the processor time this thread has used, in nanoseconds."""
    cdef timespec moment
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &moment)
    return <uint64_t>moment.tv_sec * 1000000000 + <uint64_t>moment.tv_nsec


cdef inline uint64_t unix_ms() noexcept nogil:
    """Return milliseconds since 1970: what people will read is dated in these."""
    cdef timespec moment
    clock_gettime(CLOCK_REALTIME, &moment)
    return <uint64_t>moment.tv_sec * 1000 + <uint64_t>moment.tv_nsec // 1000000


cdef inline uint32_t unix_seconds() noexcept nogil:
    """Return seconds since 1970: what outlives a restart is dated in these."""
    cdef timespec moment
    clock_gettime(CLOCK_REALTIME, &moment)
    return <uint32_t>moment.tv_sec
