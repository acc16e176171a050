"""A packet that belongs to another worker goes there by ring; who sleeps is woken. A full ring is a counted drop."""
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memset

from hasip.dataplane.base.asleep cimport is_to_be_woken
from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.ring cimport ring_put
from hasip.dataplane.base.socket cimport eventfd_write
from hasip.dataplane.stage.packet cimport VERDICT_DROP, VERDICT_HANDOFF, Packet, decide
from hasip.dataplane.stage.reason cimport REASON_DROPPED_RING_FULL, REASON_HANDED_OFF
from hasip.dataplane.stage.workspace cimport HOPS_RETURNED, Plane, Workspace, count, ring_between


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
    wake(other)


cdef inline void hand_back(Workspace *workspace, const uint8_t *datagram, uint32_t length, uint32_t worker) noexcept nogil:
    """Pass a datagram that came back to the worker that sent it: of sockets that share a port, the kernel tells any one."""
    cdef Plane *plane = workspace.plane
    cdef Endpoint nowhere
    memset(&nowhere, 0, sizeof(nowhere))
    if worker >= plane.worker_count or not ring_put(ring_between(plane, workspace.index, worker), &nowhere, HOPS_RETURNED, datagram, length):
        count(workspace, REASON_DROPPED_RING_FULL)
        return
    count(workspace, REASON_HANDED_OFF)
    wake(plane.workspaces[worker])


cdef inline void wake(Workspace *other) noexcept nogil:
    if is_to_be_woken(&other.is_asleep):
        eventfd_write(other.doorbell, 1)


cdef inline bint try_next_worker(Workspace *workspace, Packet *packet) noexcept nogil:
    """Let the next worker look for what we don't know; false once every worker has looked."""
    if packet.hops + 1 >= workspace.plane.worker_count:
        return False
    hand_off(workspace, packet, (workspace.index + 1) % workspace.plane.worker_count)
    return True
