"""Counters and figures, read while workers write them."""
from libc.stdint cimport uint32_t, uint64_t

from hasip.dataplane.base.atomic cimport load_relaxed_u32, load_relaxed_u64
from hasip.dataplane.routing.board cimport LEGS_MAX, LegRow, TrunkRow
from hasip.dataplane.stage.reason cimport REASON_HANDED_OFF, REASON_SENTENCES, REASON_SYMBOLS
from hasip.dataplane.stage.reason cimport REASONS as REASON_COUNT
from hasip.dataplane.stage.workspace cimport Plane, Workspace

REASONS = {(<bytes>REASON_SYMBOLS[i]).decode().lower(): (<bytes>REASON_SENTENCES[i]).decode() for i in range(1, REASON_COUNT)}


cdef dict counters_of(Plane *plane):
    """Return how many packets or transactions ended for each reason, over all workers."""
    cdef uint32_t i
    cdef int reason
    cdef uint64_t total
    counters = {}
    for reason in range(1, REASON_COUNT):
        total = 0
        for i in range(plane.worker_count):
            total += load_relaxed_u64(&plane.workspaces[i].counters[reason])
        counters[(<bytes>REASON_SYMBOLS[reason]).decode().lower()] = total
    return counters


cdef list figures_of_workers(Plane *plane):
    """Return what each worker has done, and holds."""
    cdef Workspace *workspace
    figures = []
    for i in range(plane.worker_count):
        workspace = plane.workspaces[i]
        figures.append({
            "received": load_relaxed_u64(&workspace.received_count), "sent": load_relaxed_u64(&workspace.sent_count),
            "loops": load_relaxed_u64(&workspace.loop_count), "transactions": load_relaxed_u32(&workspace.servers.taken),
            "calls": load_relaxed_u32(&workspace.calls.taken), "handed_off": load_relaxed_u64(&workspace.counters[REASON_HANDED_OFF]),
            "cpu_ns": load_relaxed_u64(&workspace.cpu_ns),
        })
    return figures


cdef dict figures_of_trunk(Plane *plane, uint32_t slot):
    """Return what a board slot counts, and its legs. Errors: IndexError."""
    cdef TrunkRow *row
    cdef LegRow *leg
    if slot >= plane.board.capacity:
        raise IndexError(f"board slot {slot}: there are {plane.board.capacity}")
    row = &plane.board.rows[slot]
    legs = []
    for i in range(LEGS_MAX):
        leg = &row.legs[i]
        legs.append({"attempts": load_relaxed_u64(&leg.attempts), "calls": load_relaxed_u32(&leg.calls),
                     "failovers": load_relaxed_u64(&leg.failovers), "answered": load_relaxed_u64(&leg.answered),
                     "placed": load_relaxed_u64(&leg.placed)})
    return {"calls": load_relaxed_u32(&row.calls), "refused": load_relaxed_u64(&row.refused), "legs": legs}
