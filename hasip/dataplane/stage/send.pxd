"""Messages out: the outbox, one burst per socket; what goes by TCP or TLS is left for the control plane, by ring.

The kernel's refusals become far-end errors of the attempts concerned.
"""
from libc.stdint cimport uint32_t
from libc.string cimport memset

from hasip.dataplane.base.atomic cimport count_many_u64
from hasip.dataplane.base.endpoint cimport endpoint_to_sockaddr
from hasip.dataplane.base.ring cimport ring_put
from hasip.dataplane.base.socket cimport (
    EAGAIN, EMSGSIZE, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_WANT, IPPROTO_IP, MSG_DONTWAIT, errno, eventfd_write, iovec, mmsghdr, sendmmsg,
    sendto, setsockopt, sockaddr, sockaddr_in6, socklen_t)
from hasip.dataplane.stage.gap cimport note_departures
from hasip.dataplane.stage.outbox cimport Outbox, OutboxEntry
from hasip.dataplane.stage.reason cimport (
    REASON_DROPPED_STREAMS_BUSY, REASON_DROPPED_UNSENDABLE, REASON_FAR_END_ERROR_SEND, REASON_FAR_END_ERROR_STREAM)
from hasip.dataplane.stage.returned cimport fail_returned, read_errors
from hasip.dataplane.stage.returning cimport return_waiting_slots
from hasip.dataplane.stage.tap cimport tap_sent
from hasip.dataplane.stage.workspace cimport Plane, Workspace, count, is_reliable, ring_between

cdef enum:
    SEND_BATCH = 64
    SEND_TRIES = 8                      # an ICMP error of an earlier datagram fails a send that has nothing to do with it


cdef inline void send_outbox(Workspace *workspace) noexcept nogil:
    """Send all that was put, also what failing sends put there meanwhile; then empty the outbox."""
    cdef Outbox *outbox = &workspace.outbox
    cdef uint32_t tries = 0
    cdef bint streams = False
    while outbox.sent < outbox.count:
        if is_reliable(workspace, &outbox.entries[outbox.sent].destination):
            leave_for_stream(workspace, outbox)
            streams = True
            continue
        if send_burst(workspace, outbox):
            tries = 0
            continue
        if errno == EMSGSIZE and send_fragmented(workspace, outbox):
            continue
        if errno != EAGAIN and tries < SEND_TRIES:
            read_errors(workspace, outbox.entries[outbox.sent].destination.listener)
            tries += 1
            continue
        drop_first(workspace, outbox)
        tries = 0
    outbox.used = 0
    outbox.count = 0
    outbox.sent = 0
    note_departures(workspace)
    return_waiting_slots(workspace)
    if streams:
        eventfd_write(workspace.plane.control_doorbell, 1)


cdef inline bint send_burst(Workspace *workspace, Outbox *outbox) noexcept nogil:
    """Send as many datagrams as leave by the first one's socket and fit one call. False: the first could not be sent, see errno."""
    cdef mmsghdr headers[SEND_BATCH]
    cdef iovec parts[SEND_BATCH]
    cdef sockaddr_in6 addresses[SEND_BATCH]
    cdef const OutboxEntry *entry = &outbox.entries[outbox.sent]
    cdef uint32_t listener = entry.destination.listener
    cdef uint32_t burst = 0
    cdef int sent
    while burst < SEND_BATCH and outbox.sent + burst < outbox.count:
        entry = &outbox.entries[outbox.sent + burst]
        if entry.destination.listener != listener:
            break
        parts[burst].iov_base = outbox.bytes + entry.offset
        parts[burst].iov_len = entry.length
        memset(&headers[burst], 0, sizeof(mmsghdr))
        headers[burst].msg_hdr.msg_name = &addresses[burst]
        headers[burst].msg_hdr.msg_namelen = endpoint_to_sockaddr(&entry.destination, &addresses[burst])
        headers[burst].msg_hdr.msg_iov = &parts[burst]
        headers[burst].msg_hdr.msg_iovlen = 1
        burst += 1
    sent = sendmmsg(workspace.sockets[listener], headers, burst, MSG_DONTWAIT)
    if sent <= 0:
        return False
    tap_sent(workspace, outbox.sent, outbox.sent + <uint32_t>sent)
    outbox.sent += <uint32_t>sent
    count_many_u64(&workspace.sent_count, <uint32_t>sent)
    return True


cdef inline bint send_fragmented(Workspace *workspace, Outbox *outbox) noexcept nogil:
    """Send the first datagram, which is larger than the path's MTU, in fragments: the one thing our sockets don't do by themselves. False: see errno."""
    cdef const OutboxEntry *entry = &outbox.entries[outbox.sent]
    cdef int descriptor = workspace.sockets[entry.destination.listener], may_fragment = IP_PMTUDISC_WANT, may_not = IP_PMTUDISC_DO
    cdef sockaddr_in6 address
    cdef socklen_t address_length = endpoint_to_sockaddr(&entry.destination, &address)
    cdef ssize_t sent
    setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &may_fragment, sizeof(int))
    sent = sendto(descriptor, outbox.bytes + entry.offset, entry.length, MSG_DONTWAIT, <const sockaddr *>&address, address_length)
    setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &may_not, sizeof(int))
    if sent < 0:
        return False
    tap_sent(workspace, outbox.sent, outbox.sent + 1)
    outbox.sent += 1
    count_many_u64(&workspace.sent_count, 1)
    return True


cdef inline void leave_for_stream(Workspace *workspace, Outbox *outbox) noexcept nogil:
    """Leave the first message for the connection it is to go by; a full ring fails the attempt, as a dead connection would."""
    cdef const OutboxEntry *entry = &outbox.entries[outbox.sent]
    cdef Plane *plane = workspace.plane
    outbox.sent += 1
    if ring_put(ring_between(plane, workspace.index, plane.worker_count), &entry.destination, 0, outbox.bytes + entry.offset, entry.length):
        count_many_u64(&workspace.sent_count, 1)
        tap_sent(workspace, outbox.sent - 1, outbox.sent)
        return
    count(workspace, REASON_DROPPED_STREAMS_BUSY)
    fail_returned(workspace, outbox.bytes + entry.offset, entry.length, REASON_FAR_END_ERROR_STREAM)


cdef inline void drop_first(Workspace *workspace, Outbox *outbox) noexcept nogil:
    """The kernel refuses the first datagram: a full buffer is bad luck, everything else a far-end error."""
    cdef const OutboxEntry *entry = &outbox.entries[outbox.sent]
    outbox.sent += 1
    count(workspace, REASON_DROPPED_UNSENDABLE)
    if errno != EAGAIN:
        fail_returned(workspace, outbox.bytes + entry.offset, entry.length, REASON_FAR_END_ERROR_SEND)
