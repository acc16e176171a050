"""A leg is out: calls that ring there go on to another target, as if they had rung for too long. (spec: when a call fails over, health of zones)

Reads: the control plane's word, attempts. Writes: attempts, the outbox.
"""
from libc.stdint cimport uint32_t

from hasip.dataplane.stage.due cimport give_up_attempt
from hasip.dataplane.stage.failover cimport may_move_on
from hasip.dataplane.stage.outbox cimport outbox_is_high
from hasip.dataplane.stage.reason cimport REASON_FAR_END_OUT
from hasip.dataplane.stage.send cimport send_outbox
from hasip.dataplane.stage.workspace cimport Workspace, client_at, server_at
from hasip.dataplane.transaction.states cimport CLIENT_GIVE_UP, CLIENT_PROCEEDING
from hasip.dataplane.transaction.transaction cimport ClientTransaction

cdef enum:
    RANG_ON = 408                       # what that counts as: failover_after_progress holds for it


cdef inline void move_ringing_calls(Workspace *workspace, uint32_t account) noexcept nogil:
    """Give up the attempts that ring at a leg and whose calls have another target. A walk over all attempts, at a rare moment."""
    cdef uint32_t used = workspace.clients.fresh, slot
    cdef ClientTransaction *client
    for slot in range(used):
        client = client_at(workspace, slot)
        if client.target.account == account and rings(workspace, client) and may_move_on(workspace, server_at(workspace, client.server), RANG_ON):
            give_up_attempt(workspace, slot, client, CLIENT_GIVE_UP, RANG_ON, REASON_FAR_END_OUT)
            if outbox_is_high(&workspace.outbox):
                send_outbox(workspace)


cdef inline bint rings(const Workspace *workspace, const ClientTransaction *client) noexcept nogil:
    """True for an attempt of a new call that has had a provisional response, and is still wanted."""
    return (client.header.generation & 1 and client.is_invite and client.state == CLIENT_PROCEEDING and not client.is_abandoned
            and server_at(workspace, client.server).is_initial)
