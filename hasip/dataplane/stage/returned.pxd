"""Datagrams that came back: ICMP says unreachable, or the kernel knows no way. Exactly the attempt that sent it fails, and no other. (§18.4)"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from hasip.dataplane.base.arena cimport arena_find
from hasip.dataplane.base.socket cimport (
    CMSG_DATA, CMSG_FIRSTHDR, CMSG_NXTHDR, IP_RECVERR, IPV6_RECVERR, MSG_DONTWAIT, MSG_ERRQUEUE, SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6,
    SOL_IP, SOL_IPV6, cmsghdr, iovec, msghdr, recvmsg, sock_extended_err)
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.stage.admit cimport memmem
from hasip.dataplane.stage.attempt cimport step_attempt
from hasip.dataplane.stage.failover cimport NO_STATUS, attempt_failed
from hasip.dataplane.stage.handoff cimport hand_back
from hasip.dataplane.stage.reason cimport REASON_FAR_END_ERROR_ICMP
from hasip.dataplane.stage.server cimport end_client
from hasip.dataplane.stage.workspace cimport Plane, Workspace, count, server_at
from hasip.dataplane.transaction.branch cimport BRANCH_BYTES, STATELESS_SLOT, read_branch
from hasip.dataplane.transaction.states cimport CLIENT_TERMINATED, CLIENT_TRANSPORT_ERROR, FAIL
from hasip.dataplane.transaction.transaction cimport ClientTransaction

cdef enum:
    RETURNED_BYTES_MAX = 2048
    RETURNED_AT_ONCE_MAX = 64


cdef inline void read_errors(Workspace *workspace, uint32_t listener) noexcept nogil:
    """Read a socket's error queue, RETURNED_AT_ONCE_MAX entries at the most."""
    cdef uint8_t bytes[RETURNED_BYTES_MAX]
    cdef uint8_t control[512]
    cdef msghdr header
    cdef iovec part
    cdef ssize_t length
    cdef int i
    for i in range(RETURNED_AT_ONCE_MAX):
        memset(&header, 0, sizeof(header))
        part.iov_base = bytes
        part.iov_len = RETURNED_BYTES_MAX
        header.msg_iov = &part
        header.msg_iovlen = 1
        header.msg_control = control
        header.msg_controllen = sizeof(control)
        length = recvmsg(workspace.sockets[listener], &header, MSG_ERRQUEUE | MSG_DONTWAIT)
        if length < 0:
            return
        if is_unreachable(&header):
            fail_returned(workspace, bytes, <uint32_t>length, REASON_FAR_END_ERROR_ICMP)


cdef inline bint is_unreachable(msghdr *header) noexcept nogil:
    """True when the error is an ICMP destination unreachable (type 3, ICMPv6 type 1), whatever its code but "fragmentation needed"."""
    cdef cmsghdr *control = CMSG_FIRSTHDR(header)
    cdef const sock_extended_err *error
    while control != NULL:
        if (control.cmsg_level == SOL_IP and control.cmsg_type == IP_RECVERR) or (control.cmsg_level == SOL_IPV6 and control.cmsg_type == IPV6_RECVERR):
            error = <const sock_extended_err *>CMSG_DATA(control)
            if error.ee_origin == SO_EE_ORIGIN_ICMP:
                return error.ee_type == 3 and error.ee_code != 4
            if error.ee_origin == SO_EE_ORIGIN_ICMP6:
                return error.ee_type == 1
        control = CMSG_NXTHDR(header, control)
    return False


cdef inline void fail_returned(Workspace *workspace, const uint8_t *datagram, uint32_t length, int reason) noexcept nogil:
    """Fail the attempt whose request came back, at the worker that made it; its branch stands in our Via, the first header of what we send."""
    cdef uint32_t worker, slot, generation
    cdef ClientTransaction *client
    if not read_own_branch(workspace.plane, datagram, length, &worker, &slot, &generation) or slot == STATELESS_SLOT:
        return
    if worker != workspace.index:
        hand_back(workspace, datagram, length, worker)
        return
    client = <ClientTransaction *>arena_find(&workspace.clients, slot, generation)
    if client != NULL:
        fail_attempt(workspace, slot, client, reason)


cdef inline bint find_sender(const Plane *plane, const uint8_t *message, uint32_t length, uint32_t *worker) noexcept nogil:
    """Set the worker that sent a request. False: none of ours did."""
    cdef uint32_t slot, generation
    return read_own_branch(plane, message, length, worker, &slot, &generation) and worker[0] < plane.worker_count


cdef inline bint read_own_branch(const Plane *plane, const uint8_t *message, uint32_t length,
                                 uint32_t *worker, uint32_t *slot, uint32_t *generation) noexcept nogil:
    """Read the branch of our Via, the first header of what we send. False: it is not ours."""
    cdef const uint8_t *at = <const uint8_t *>memmem(message, length, b";branch=", 8)
    cdef Span branch
    if at == NULL or at + 8 + BRANCH_BYTES > message + length:
        return False
    branch.offset = <uint16_t>(at + 8 - message)
    branch.length = BRANCH_BYTES
    return read_branch(&plane.branch_key, message, branch, worker, slot, generation)


cdef inline void fail_attempt(Workspace *workspace, uint32_t slot, ClientTransaction *client, int reason) noexcept nogil:
    """A transport error happens to an attempt."""
    cdef uint8_t was_abandoned = client.is_abandoned
    if not step_attempt(workspace, slot, client, CLIENT_TRANSPORT_ERROR, NULL) & FAIL:
        return
    if not was_abandoned:
        count(workspace, reason)
        client.is_abandoned = 1
        attempt_failed(workspace, client.server, server_at(workspace, client.server), client, NO_STATUS, reason)
    if client.state == CLIENT_TERMINATED:
        end_client(workspace, slot, client)
