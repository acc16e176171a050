"""How long failovers take, in buckets: from a failure to the departure of the next INVITE, and how long a leg was silent before. (spec: when a call fails over)

Threads: one worker counts, relaxed; the control plane reads.
"""
from libc.stdint cimport uint32_t, uint64_t

from hasip.dataplane.base.atomic cimport count_many_u64
from hasip.dataplane.base.clock cimport monotonic_ns
from hasip.dataplane.stage.workspace cimport GAP_BUCKETS, Gaps, Workspace


cdef extern from *:
    """
    static const uint32_t HASIP_GAP_BOUNDS_US[] = {50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000, 2000000,
                                                   2500000, 5000000, 10000000};
    """
    const uint32_t *GAP_BOUNDS_US "HASIP_GAP_BOUNDS_US"         # GAP_BUCKETS of them; the last bucket has what is above


cdef inline void note_departures(Workspace *workspace) noexcept nogil:
    """The outbox is sent: this turn's failovers took as long as the turn so far, which counts from before the first failure was read."""
    if workspace.failovers_in_turn:
        note_gap(&workspace.failover_gaps, (monotonic_ns() - workspace.turn_ns) // 1000, workspace.failovers_in_turn)
        workspace.failovers_in_turn = 0


cdef inline void note_silence(Workspace *workspace, uint64_t since_ms) noexcept nogil:
    """A call moves on from a leg that said nothing since then."""
    note_gap(&workspace.silences, (workspace.now_ms - since_ms) * 1000, 1)


cdef inline void note_gap(Gaps *gaps, uint64_t gap_us, uint32_t how_many) noexcept nogil:
    cdef uint32_t bucket = 0
    while bucket < GAP_BUCKETS and gap_us > GAP_BOUNDS_US[bucket]:
        bucket += 1
    count_many_u64(&gaps.counts[bucket], how_many)
    count_many_u64(&gaps.sum_us, gap_us * how_many)
