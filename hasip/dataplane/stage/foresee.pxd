"""What a batch will look up, fetched while the rest of it is parsed: memory is far, and all of a batch can be under way at once.

Reads: the message. Writes: the packet's key of §17.2.3. (A look-up in a table of a million costs two misses; bench: a saturated worker.)
"""
from libc.stdint cimport uint32_t

from hasip.dataplane.base.arena cimport arena_record
from hasip.dataplane.base.index cimport index_foresee, index_foresee_entry
from hasip.dataplane.base.memory cimport prefetch
from hasip.dataplane.stage.packet cimport VERDICT_CONTINUE, Packet
from hasip.dataplane.stage.server cimport server_key
from hasip.dataplane.stage.workspace cimport Workspace
from hasip.dataplane.syntax.message cimport KIND_RESPONSE, METHOD_CANCEL, METHOD_INVITE
from hasip.dataplane.transaction.branch cimport read_branch


cdef inline void foresee(Workspace *workspace, Packet *packet) noexcept nogil:
    """Fetch what a parsed packet will look up first: a request its transaction's bucket, a response its attempt."""
    cdef uint32_t worker, slot, generation
    if packet.verdict != VERDICT_CONTINUE:
        return
    if packet.message.kind != KIND_RESPONSE:
        packet.server_key = server_key(workspace, &packet.message, METHOD_INVITE if packet.message.method == METHOD_CANCEL else packet.message.method)
        index_foresee(&workspace.server_index, packet.server_key)
    elif (read_branch(&workspace.plane.branch_key, packet.message.bytes, packet.message.branch, &worker, &slot, &generation)
            and slot < workspace.clients.capacity):
        prefetch(arena_record(&workspace.clients, slot))


cdef inline void foresee_entry(const Workspace *workspace, const Packet *packet) noexcept nogil:
    """Fetch what stands in the bucket."""
    if packet.verdict == VERDICT_CONTINUE and packet.message.kind != KIND_RESPONSE:
        index_foresee_entry(&workspace.server_index, packet.server_key)
