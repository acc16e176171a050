"""Server transactions: found, begun, answered, ended. (§17.2, RFC 6026)

A record lives until its own machine has ended and no attempt under it can still hear anything.
"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from hasip.dataplane.base.arena cimport NO_SLOT, arena_give, arena_take
from hasip.dataplane.base.block cimport release_bytes, store_bytes, stored_bytes
from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.hash cimport siphash
from hasip.dataplane.base.index cimport index_find, index_insert, index_remove
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.base.wheel cimport wheel_arm, wheel_disarm
from hasip.dataplane.stage.outbox cimport outbox_put, outbox_room
from hasip.dataplane.stage.reason cimport REASON_DROPPED_UNSENDABLE
from hasip.dataplane.stage.via cimport set_response_destination
from hasip.dataplane.stage.workspace cimport Workspace, client_at, client_timer, count, is_reliable, server_at, server_timer
from hasip.dataplane.syntax.message cimport METHOD_ACK, METHOD_INVITE, Message
from hasip.dataplane.transaction.branch cimport has_cookie
from hasip.dataplane.transaction.states cimport (
    CLIENT_ACCEPTED, CLIENT_TERMINATED, SERVER_COMPLETED, SERVER_PROCEEDING, SERVER_TERMINATED, SERVER_TRYING)
from hasip.dataplane.transaction.timers cimport T1_MS, TIMER_I_MS, TRANSACTION_TIMEOUT_MS
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction

cdef enum:
    KEY_BYTES = 512                     # of the fields that make a key; what is longer is hashed by its end


cdef inline uint64_t server_key(const Workspace *workspace, const Message *message, uint8_t method) noexcept nogil:
    """Return the key of §17.2.3: branch, sent-by and method, an ACK's being INVITE; without the magic cookie, RFC 2543's fields."""
    cdef uint8_t fields[KEY_BYTES]
    cdef uint32_t length = 0
    fields[0] = METHOD_INVITE if method == METHOD_ACK else method
    length = 1
    length = add_field(fields, length, message, message.via_sent_by)
    if has_cookie(message.bytes, message.branch):
        length = add_field(fields, length, message, message.branch)
    else:
        length = add_field(fields, length, message, message.request_uri.whole)
        length = add_field(fields, length, message, message.from_tag)
        length = add_field(fields, length, message, message.call_id)
        memcpy(fields + length, &message.cseq, 4)
        length = add_field(fields, length + 4, message, message.via)
    return siphash(&workspace.plane.branch_key, fields, length)


cdef inline uint32_t add_field(uint8_t *fields, uint32_t length, const Message *message, Span field) noexcept nogil:
    """Append a field and its length; of one that is too long, its last bytes."""
    cdef uint32_t room = KEY_BYTES - 64 - length if length < KEY_BYTES - 64 else 0
    cdef uint32_t taken = min(<uint32_t>field.length, min(room, <uint32_t>128))
    memcpy(fields + length, message.bytes + field.offset + field.length - taken, taken)
    memcpy(fields + length + taken, &field.length, 2)
    return length + taken + 2


cdef inline uint32_t find_server(const Workspace *workspace, uint64_t key) noexcept nogil:
    return index_find(&workspace.server_index, key)


cdef inline uint32_t begin_server(Workspace *workspace, const Message *message, const Endpoint *source, uint64_t key) noexcept nogil:
    """Begin a server transaction and keep its request, from which attempts are made. Return its slot, or NO_SLOT: no room."""
    cdef uint32_t slot = arena_take(&workspace.servers)
    cdef ServerTransaction *server
    if slot == NO_SLOT:
        return NO_SLOT
    server = server_at(workspace, slot)
    server.key = key
    server.is_invite = message.method == METHOD_INVITE
    server.state = SERVER_PROCEEDING if server.is_invite else SERVER_TRYING
    server.first_client = NO_SLOT
    server.call = NO_SLOT
    server.trunk = NO_SLOT
    server.all_transport_errors = 1
    set_response_destination(message, source, &server.source)
    index_insert(&workspace.server_index, key, slot)
    if not store_bytes(&workspace.blocks, &server.request, message.bytes, message.length):
        end_server(workspace, slot, server)
        return NO_SLOT
    return slot


cdef inline uint32_t begin_for_nobody(Workspace *workspace) noexcept nogil:
    """Begin the server transaction over a request of our own: there is nobody to answer. Return its slot, or NO_SLOT: no room."""
    cdef uint32_t slot = arena_take(&workspace.servers)
    cdef ServerTransaction *server
    if slot == NO_SLOT:
        return NO_SLOT
    server = server_at(workspace, slot)
    server.state = SERVER_TRYING
    server.is_ours = 1
    server.first_client = NO_SLOT
    server.call = NO_SLOT
    server.trunk = NO_SLOT
    return slot


cdef inline uint8_t *response_room(Workspace *workspace, size_t length, bint *is_lost) noexcept nogil:
    """Return where to write a transaction's response of up to `length` bytes. A full outbox loses it on the way: kept it is all the same."""
    cdef uint8_t *place = outbox_room(&workspace.outbox, length)
    is_lost[0] = place == NULL
    if place == NULL:
        count(workspace, REASON_DROPPED_UNSENDABLE)
        return workspace.scratch
    return place


cdef inline void note_response_sent(Workspace *workspace, uint32_t slot, ServerTransaction *server, uint32_t status,
                                    const uint8_t *response, uint32_t length) noexcept nogil:
    """After a final response went out: keep it if it may have to be sent again, and start the timers of the new state.

    A 2xx that is relayed again restarts nothing: timer L counts from the first (RFC 6026 §7.1).
    """
    if server.is_answered:
        return
    server.is_answered = 1
    if not (server.is_invite and status < 300):
        store_bytes(&workspace.blocks, &server.response, response, length)
    server.deadline_ms = workspace.now_ms
    if server.is_invite or not is_reliable(workspace, &server.source):
        server.deadline_ms += TRANSACTION_TIMEOUT_MS                            # H, J or L
    server.resend_interval_ms = T1_MS if server.state == SERVER_COMPLETED and server.is_invite and not is_reliable(workspace, &server.source) else 0
    arm_server(workspace, slot, server)
    release_request_if_done(workspace, server)


cdef inline void note_ack(Workspace *workspace, uint32_t slot, ServerTransaction *server) noexcept nogil:
    """After the ACK of a final response ≥ 300: no more retransmissions; absorb further ACKs for timer I."""
    server.resend_interval_ms = 0
    server.deadline_ms = workspace.now_ms + (0 if is_reliable(workspace, &server.source) else TIMER_I_MS)
    release_bytes(&workspace.blocks, &server.response)
    arm_server(workspace, slot, server)


cdef inline void arm_server(Workspace *workspace, uint32_t slot, const ServerTransaction *server) noexcept nogil:
    """Arm the earlier of retransmission and end."""
    cdef uint64_t due = server.deadline_ms
    if server.resend_interval_ms and workspace.now_ms + server.resend_interval_ms < due:
        due = workspace.now_ms + server.resend_interval_ms
    wheel_arm(&workspace.wheel, server_timer(workspace, slot), due)


cdef inline void resend_response(Workspace *workspace, const ServerTransaction *server) noexcept nogil:
    """Send the kept response once more, if there is one."""
    cdef uint8_t *place
    if stored_bytes(&workspace.blocks, &server.response) == NULL:
        return
    place = outbox_room(&workspace.outbox, server.response.length)
    if place == NULL:
        count(workspace, REASON_DROPPED_UNSENDABLE)
        return
    memcpy(place, stored_bytes(&workspace.blocks, &server.response), server.response.length)
    outbox_put(&workspace.outbox, server.response.length, &server.source)


cdef inline void release_request_if_done(Workspace *workspace, ServerTransaction *server) noexcept nogil:
    """Let the request's bytes go once nothing can need them: every attempt was answered with 2xx or is over."""
    cdef uint32_t slot = server.first_client
    if not server.is_answered:
        return
    while slot != NO_SLOT:
        if client_at(workspace, slot).state != CLIENT_ACCEPTED and client_at(workspace, slot).state != CLIENT_TERMINATED:
            return
        slot = client_at(workspace, slot).next_client
    release_bytes(&workspace.blocks, &server.request)
    release_bytes(&workspace.blocks, &server.best)


cdef inline void end_server(Workspace *workspace, uint32_t slot, ServerTransaction *server) noexcept nogil:
    """The machine has ended: it matches nothing any more. The record goes with the last attempt under it."""
    server.state = SERVER_TERMINATED
    server.is_answered = 1
    wheel_disarm(&workspace.wheel, server_timer(workspace, slot))
    index_remove(&workspace.server_index, slot)
    release_bytes(&workspace.blocks, &server.response)
    release_request_if_done(workspace, server)
    free_server_if_done(workspace, slot, server)


cdef inline void end_client(Workspace *workspace, uint32_t slot, ClientTransaction *client) noexcept nogil:
    """Free an attempt that can hear nothing any more, and its server transaction if that was waiting for it."""
    cdef uint32_t server_slot = client.server
    cdef ServerTransaction *server = server_at(workspace, server_slot)
    cdef uint32_t *link = &server.first_client
    client.state = CLIENT_TERMINATED
    while link[0] != slot:
        link = &client_at(workspace, link[0]).next_client
    link[0] = client.next_client
    release_bytes(&workspace.blocks, &client.registered)
    wheel_disarm(&workspace.wheel, client_timer(workspace, slot))
    arena_give(&workspace.clients, slot)
    release_request_if_done(workspace, server)
    free_server_if_done(workspace, server_slot, server)


cdef inline void free_server_if_done(Workspace *workspace, uint32_t slot, ServerTransaction *server) noexcept nogil:
    if server.state == SERVER_TERMINATED and server.first_client == NO_SLOT:
        release_bytes(&workspace.blocks, &server.request)
        release_bytes(&workspace.blocks, &server.best)
        arena_give(&workspace.servers, slot)
