"""Pool slots of calls that have ended, given back once what told of the end has been sent. (spec: the call pool)

Between workers nothing orders what they send. A slot that is free before its BYE is out could be another worker's, whose INVITE overtakes it, and the far end
would see one call too many. A lone worker sends in the order in which it takes, and waits for nothing.
Reads, writes: the worker's list; the trunk's row on the board.
"""
from libc.stdint cimport uint32_t

from hasip.dataplane.routing.board cimport give_pool_slot
from hasip.dataplane.stage.workspace cimport RETURNING_MAX, Workspace


cdef inline void return_pool_slot(Workspace *workspace, uint32_t slot) noexcept nogil:
    """Give a slot of a trunk's pool back, at the end of the turn where others could overtake us. What the list has no room for is given back now."""
    if workspace.plane.worker_count == 1 or workspace.returning_count == RETURNING_MAX:
        give_pool_slot(&workspace.plane.board.rows[slot])
        return
    workspace.returning[workspace.returning_count] = slot
    workspace.returning_count += 1


cdef inline void return_waiting_slots(Workspace *workspace) noexcept nogil:
    """Give back what waits: all that was put into the outbox is sent."""
    cdef uint32_t i
    for i in range(workspace.returning_count):
        give_pool_slot(&workspace.plane.board.rows[workspace.returning[i]])
    workspace.returning_count = 0
