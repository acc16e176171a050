"""A packet that belongs to another worker goes there by ring; who sleeps is woken. A full ring is a counted drop."""
from libc.stdint cimport uint32_t

from hasip.dataplane.base.atomic cimport load_sequential_u32
from hasip.dataplane.base.ring cimport ring_put
from hasip.dataplane.base.socket cimport eventfd_write
from hasip.dataplane.stage.packet cimport VERDICT_DROP, VERDICT_HANDOFF, Packet, decide
from hasip.dataplane.stage.reason cimport REASON_DROPPED_RING_FULL, REASON_HANDED_OFF
from hasip.dataplane.stage.workspace cimport Plane, Workspace, ring_between


cdef inline void hand_off(Workspace *workspace, Packet *packet, uint32_t worker) noexcept nogil:
    """Pass a packet to its worker. Verdicts: HANDOFF, DROP."""
    cdef Plane *plane = workspace.plane
    cdef Workspace *other
    if worker >= plane.worker_count:
        decide(packet, VERDICT_DROP, REASON_DROPPED_RING_FULL)
        return
    other = plane.workspaces[worker]
    if not ring_put(ring_between(plane, workspace.index, worker), &packet.source, packet.hops + 1,
                    packet.message.bytes, packet.message.length):
        decide(packet, VERDICT_DROP, REASON_DROPPED_RING_FULL)
        return
    decide(packet, VERDICT_HANDOFF, REASON_HANDED_OFF)
    if load_sequential_u32(&other.is_asleep):
        eventfd_write(other.doorbell, 1)


cdef inline bint try_next_worker(Workspace *workspace, Packet *packet) noexcept nogil:
    """Let the next worker look for what we don't know; false once every worker has looked."""
    if packet.hops + 1 >= workspace.plane.worker_count:
        return False
    hand_off(workspace, packet, (workspace.index + 1) % workspace.plane.worker_count)
    return True
