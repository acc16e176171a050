"""OPTIONS to a leg, by the way its calls take: is anybody there? When, and what an answer means, is the control plane's to say. (spec: health of zones)

Reads: a probe order from the control plane's ring. Writes: a transaction that has nobody to answer, the outbox.
"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from hasip.dataplane.base.arena cimport NO_SLOT
from hasip.dataplane.base.block cimport store_bytes
from hasip.dataplane.base.clock cimport monotonic_ns
from hasip.dataplane.base.endpoint cimport TRANSPORT_NAMES, TRANSPORT_UDP, TRANSPORT_PARAMETERS, Endpoint, write_host_port, write_number
from hasip.dataplane.base.handle cimport WORD_TEXT_BYTES, write_word
from hasip.dataplane.base.hash cimport siphash_words
from hasip.dataplane.base.ring cimport RingEntry, ring_datagram
from hasip.dataplane.stage.forward cimport arm_client, begin_client, send_kept
from hasip.dataplane.stage.reason cimport REASON_PROBED
from hasip.dataplane.stage.reply cimport write_text
from hasip.dataplane.stage.server cimport begin_for_nobody, end_client, end_server
from hasip.dataplane.stage.workspace cimport Listener, Workspace, client_at, count, server_at
from hasip.dataplane.target cimport TARGET_ADDRESS, Target
from hasip.dataplane.transaction.branch cimport BRANCH_BYTES, write_branch
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction

cdef enum:
    PROBE_BYTES_MAX = 1024


cdef struct ProbeOrder:                 # where to is the ring entry's endpoint
    uint32_t account                    # account_number() of the leg
    uint32_t serial                     # comes back with the result
    uint32_t timeout_ms                 # without a final response by then it has failed


cdef inline void send_probe(Workspace *workspace, const RingEntry *entry) noexcept nogil:
    """Send one probe. What there is no room for is never heard of again: the control plane waits for no result for long."""
    cdef const ProbeOrder *order = <const ProbeOrder *>ring_datagram(entry)
    cdef uint8_t text[PROBE_BYTES_MAX]
    cdef uint32_t slot, client_slot, length
    cdef ServerTransaction *server
    cdef ClientTransaction *client
    cdef Target target
    target.endpoint = entry.source
    target.kind = TARGET_ADDRESS
    target.transport = workspace.plane.listeners[entry.source.listener].transport
    target.takes_large_by_tcp = 0
    target.has_seat = 1
    target.leg = 0
    target.account = order.account
    slot = begin_for_nobody(workspace)
    if slot == NO_SLOT:
        return
    server = server_at(workspace, slot)
    server.probed = order.account + 1
    server.probe_serial = order.serial
    server.probed_ns = monotonic_ns()
    client_slot = begin_client(workspace, slot, server, &target)
    if client_slot == NO_SLOT:
        end_server(workspace, slot, server)
        return
    client = client_at(workspace, client_slot)
    length = write_probe(workspace, client_slot, client, order, text)
    if not store_bytes(&workspace.blocks, &server.request, text, length):
        end_client(workspace, client_slot, client)
        end_server(workspace, slot, server)
        return
    client.deadline_ms = workspace.now_ms + order.timeout_ms
    count(workspace, REASON_PROBED)
    send_kept(workspace, &server.request, &target.endpoint)
    arm_client(workspace, client_slot, client)


cdef inline uint32_t write_probe(const Workspace *workspace, uint32_t slot, const ClientTransaction *client, const ProbeOrder *order, uint8_t *text) noexcept nogil:
    """Write the request; return its length. Call-ID and tag are those of no other probe."""
    cdef const Endpoint *endpoint = &client.target.endpoint
    cdef const Listener *listener = &workspace.plane.listeners[endpoint.listener]
    cdef uint32_t length = write_text(text, b"OPTIONS ")
    length += write_uri(listener, endpoint, text + length)
    length += write_text(text + length, b" SIP/2.0\r\nVia: SIP/2.0/")
    length += write_text(text + length, TRANSPORT_NAMES[listener.transport])
    length += write_text(text + length, b" ")
    length += write_sent_by(listener, text + length)
    length += write_text(text + length, b";branch=")
    write_branch(&workspace.plane.branch_key, workspace.index, slot, client.header.generation, 0, text + length)
    length += BRANCH_BYTES
    length += write_text(text + length, b"\r\nMax-Forwards: 70\r\nFrom: <sip:")
    length += write_sent_by(listener, text + length)
    length += write_text(text + length, b">;tag=")
    length += write_identity(workspace, order, 0, text + length)
    length += write_text(text + length, b"\r\nTo: <")
    length += write_uri(listener, endpoint, text + length)
    length += write_text(text + length, b">\r\nCall-ID: ")
    length += write_identity(workspace, order, 1, text + length)
    length += write_text(text + length, b"\r\nCSeq: ")
    length += write_number(order.serial & 0x7FFFFFFF, text + length)
    return length + write_text(text + length, b" OPTIONS\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n")


cdef inline uint32_t write_uri(const Listener *listener, const Endpoint *endpoint, uint8_t *text) noexcept nogil:
    """Write where the probe goes, as a URI; return its length."""
    cdef uint32_t length = write_text(text, b"sip:")
    length += write_host_port(endpoint, text + length)
    if listener.transport != TRANSPORT_UDP:
        length += write_text(text + length, b";transport=")
        length += write_text(text + length, TRANSPORT_PARAMETERS[listener.transport])
    return length


cdef inline uint32_t write_sent_by(const Listener *listener, uint8_t *text) noexcept nogil:
    memcpy(text, listener.sent_by, listener.sent_by_length)
    return listener.sent_by_length


cdef inline uint32_t write_identity(const Workspace *workspace, const ProbeOrder *order, uint32_t which, uint8_t *text) noexcept nogil:
    """Write a word that stands for this probe alone; return its length."""
    write_word(siphash_words(&workspace.plane.branch_key, <uint64_t>order.account << 32 | order.serial, which), text)
    return WORD_TEXT_BYTES
