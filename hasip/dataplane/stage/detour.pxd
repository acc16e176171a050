"""Requests of a call whose leg is down: by a leg beside it, for the far end may be reached there. The call does not move. (spec: health of zones)"""
from libc.stdint cimport uint16_t, uint32_t

from hasip.dataplane.base.atomic cimport load_relaxed_u32
from hasip.dataplane.base.endpoint cimport NO_FLOW, Endpoint
from hasip.dataplane.routing.board cimport LEGS_MAX, TrunkRow, is_down, is_silent
from hasip.dataplane.stage.workspace cimport Listener, Workspace, leg_row, listener_of
from hasip.dataplane.target cimport NO_ACCOUNT


cdef inline void go_round_dead_leg(const Workspace *workspace, uint32_t account, Endpoint *endpoint) noexcept nogil:
    """Let a request to a leg of which nothing is heard leave by the interface of one beside it that is up, of the same transport and family.

    A call whose own listener is not the leg's is another zone's, which was configured in its place before; or it goes round already.
    """
    cdef const TrunkRow *row
    cdef const Listener *dead = listener_of(workspace, endpoint)
    cdef const Listener *other
    cdef uint32_t seat, i
    if account == NO_ACCOUNT or endpoint.flow != NO_FLOW or not is_silent(leg_row(workspace, account)):
        return
    seat = load_relaxed_u32(&leg_row(workspace, account).seat)
    if seat != 0 and seat != endpoint.listener + <uint32_t>1:
        return
    row = &workspace.plane.board.rows[account // LEGS_MAX]
    for i in range(LEGS_MAX):
        seat = load_relaxed_u32(&row.legs[i].seat)
        if seat == 0 or is_down(&row.legs[i]):
            continue
        other = &workspace.plane.listeners[seat - 1]
        if other != dead and other.transport == dead.transport and other.is_ipv6 == dead.is_ipv6:
            endpoint.listener = <uint16_t>(seat - 1)
            return
