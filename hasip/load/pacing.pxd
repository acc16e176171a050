"""When each call starts: an open loop. A slow router does not slow its callers down, so its queues are measured and not hidden."""
from libc.stdint cimport uint64_t


cdef struct Pacing:
    uint64_t begun_ns
    double gap_ns


cdef inline void pacing_begin(Pacing *pacing, double calls_per_second, uint64_t now_ns) noexcept nogil:
    """Let the first call start now, and the others evenly behind it."""
    pacing.begun_ns = now_ns
    pacing.gap_ns = 1e9 / calls_per_second


cdef inline uint64_t start_of_call(const Pacing *pacing, uint64_t place) noexcept nogil:
    """Return when the call with `place` calls before it is to start. Units: monotonic nanoseconds."""
    return pacing.begun_ns + <uint64_t>(<double>place * pacing.gap_ns)
