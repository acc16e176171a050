"""Datagrams in: one recvmmsg a socket, a batch at a time."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from hasip.dataplane.base.endpoint cimport endpoint_from_sockaddr
from hasip.dataplane.base.memory cimport map_zeroed, unmap
from hasip.dataplane.base.socket cimport recvmmsg, sockaddr_in6
from hasip.dataplane.stage.workspace cimport RECEIVE_BATCH, RECEIVE_SLOT_BYTES, ReceiveBatch, Workspace
from hasip.dataplane.syntax.message cimport MESSAGE_BYTES_MAX


cdef inline bint receive_open(ReceiveBatch *batch) noexcept nogil:
    """Map the slots. False: no memory."""
    cdef uint32_t i
    batch.bytes = <uint8_t *>map_zeroed(<size_t>RECEIVE_BATCH * RECEIVE_SLOT_BYTES)
    if batch.bytes == NULL:
        return False
    memset(batch.headers, 0, sizeof(batch.headers))
    for i in range(RECEIVE_BATCH):
        batch.parts[i].iov_base = batch.bytes + <size_t>i * RECEIVE_SLOT_BYTES
        batch.parts[i].iov_len = MESSAGE_BYTES_MAX
        batch.headers[i].msg_hdr.msg_iov = &batch.parts[i]
        batch.headers[i].msg_hdr.msg_iovlen = 1
        batch.headers[i].msg_hdr.msg_name = &batch.sources[i]
    return True


cdef inline void receive_close(ReceiveBatch *batch) noexcept nogil:
    unmap(batch.bytes, <size_t>RECEIVE_BATCH * RECEIVE_SLOT_BYTES)


cdef inline int receive_batch(Workspace *workspace, uint32_t listener, int flags) noexcept nogil:
    """Take what waits in a listener's socket, up to RECEIVE_BATCH datagrams; return how many, -1 for none or an error (errno).

    flags: MSG_DONTWAIT, or MSG_WAITFORONE to sleep until the first one, for SLEEP_MS at the most.
    """
    cdef ReceiveBatch *batch = &workspace.batch
    cdef int i, received
    for i in range(RECEIVE_BATCH):
        batch.headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in6)
    received = recvmmsg(workspace.sockets[listener], batch.headers, RECEIVE_BATCH, flags, NULL)
    for i in range(received):
        endpoint_from_sockaddr(&batch.packets[i].source, &batch.sources[i])
        batch.packets[i].source.listener = <uint16_t>listener
        batch.packets[i].hops = 0
    return received
