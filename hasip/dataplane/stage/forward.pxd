"""Requests on their way out: a new attempt, its retransmission, its CANCEL, its ACK; and requests that pass without a transaction. (§16.6, §17.1)"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from hasip.dataplane.base.arena cimport NO_SLOT, arena_take
from hasip.dataplane.base.block cimport StoredBytes, stored_bytes
from hasip.dataplane.base.endpoint cimport TRANSPORT_TCP, Endpoint, write_number
from hasip.dataplane.base.wheel cimport wheel_arm
from hasip.dataplane.routing.call_table cimport Call
from hasip.dataplane.stage.detour cimport go_round_dead_leg
from hasip.dataplane.stage.onward cimport CHANGES_BYTES_MAX, Onward, edit_onward
from hasip.dataplane.stage.outbox cimport DATAGRAM_BYTES_MAX, outbox_put, outbox_room
from hasip.dataplane.stage.reason cimport REASON_DROPPED_UNSENDABLE, REASON_RESENT_REQUEST
from hasip.dataplane.stage.reply cimport write_text
from hasip.dataplane.stage.workspace cimport Workspace, call_of, choose_listener, client_at, client_timer, count, is_reliable, server_at
from hasip.dataplane.syntax.edit_list cimport edited_bytes_max, write_edited
from hasip.dataplane.syntax.message cimport HEADER_CALL_ID, HEADER_FROM, HEADER_ROUTE, HEADER_TO, PARSE_OK, Message
from hasip.dataplane.syntax.parser cimport parse_message
from hasip.dataplane.target cimport Target
from hasip.dataplane.transaction.branch cimport STATELESS_SLOT
from hasip.dataplane.transaction.states cimport CLIENT_CALLING
from hasip.dataplane.transaction.timers cimport T1_MS, TRANSACTION_TIMEOUT_MS
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction

cdef enum:
    PATH_MTU_SAFE_BYTES = 1300          # §18.1.1: the path's MTU is not known


cdef inline uint32_t begin_client(Workspace *workspace, uint32_t server_slot, ServerTransaction *server, const Target *target) noexcept nogil:
    """Begin an attempt at a target, under its server transaction. Return its slot, or NO_SLOT: no room."""
    cdef uint32_t slot = arena_take(&workspace.clients)
    cdef ClientTransaction *client
    if slot == NO_SLOT:
        return NO_SLOT
    client = client_at(workspace, slot)
    client.server = server_slot
    client.next_client = server.first_client
    server.first_client = slot
    server.pending += 1
    client.target = target[0]
    client.is_invite = server.is_invite
    client.state = CLIENT_CALLING
    client.resend_interval_ms = 0 if is_reliable(workspace, &target.endpoint) else T1_MS
    client.began_ms = workspace.now_ms
    client.resend_at_ms = workspace.now_ms + T1_MS
    client.deadline_ms = workspace.now_ms + TRANSACTION_TIMEOUT_MS
    return slot


cdef inline void choose_transport(Workspace *workspace, const ServerTransaction *server, uint32_t slot, ClientTransaction *client,
                                  const Message *request) noexcept nogil:
    """Send a request above the path MTU by TCP, where the target takes it so (§18.1.1).

    Deviates: §18.1.1 tries UDP again where TCP is refused; here that is a far-end error, and the call moves on.
    """
    cdef Endpoint endpoint = client.target.endpoint
    if not client.target.takes_large_by_tcp or is_reliable(workspace, &endpoint):
        return
    prepare_attempt(workspace, server, slot, client, request)
    if edited_bytes_max(&workspace.edits, request.length) > PATH_MTU_SAFE_BYTES and choose_listener(
            workspace.plane, &endpoint, TRANSPORT_TCP, endpoint.listener):
        client.target.endpoint = endpoint
        client.resend_interval_ms = 0


cdef inline void arm_client(Workspace *workspace, uint32_t slot, const ClientTransaction *client) noexcept nogil:
    """Arm the earlier of retransmission and deadline."""
    cdef uint64_t due = client.deadline_ms
    if client.resend_interval_ms and client.resend_at_ms < due:
        due = client.resend_at_ms
    wheel_arm(&workspace.wheel, client_timer(workspace, slot), due)


cdef inline const Message *kept_message(Workspace *workspace, const StoredBytes *stored) noexcept nogil:
    """Parse kept bytes again, into workspace.kept; NULL when there are none. What was kept did parse once."""
    cdef const uint8_t *bytes = stored_bytes(&workspace.blocks, stored)
    if bytes == NULL or parse_message(bytes, stored.length, &workspace.kept) != PARSE_OK:
        return NULL
    return &workspace.kept


cdef inline bint send_attempt(Workspace *workspace, const ServerTransaction *server, uint32_t slot, const ClientTransaction *client,
                              const Message *request) noexcept nogil:
    """Send an attempt's request; `request` is what the caller sent. False: it can't be sent, it is too large."""
    cdef uint8_t *place
    cdef uint32_t length
    prepare_attempt(workspace, server, slot, client, request)
    if workspace.edits.has_overflowed or edited_bytes_max(&workspace.edits, request.length) > DATAGRAM_BYTES_MAX:
        return False
    place = outbox_room(&workspace.outbox, edited_bytes_max(&workspace.edits, request.length))
    if place == NULL:
        count(workspace, REASON_DROPPED_UNSENDABLE)     # as if lost on the way: it will be retransmitted
        return True
    length = write_edited(&workspace.edits, request.bytes, request.method_name.offset, request.length, place)
    return outbox_put(&workspace.outbox, length, &client.target.endpoint)


cdef inline void prepare_attempt(Workspace *workspace, const ServerTransaction *server, uint32_t slot, const ClientTransaction *client,
                                 const Message *request) noexcept nogil:
    """Fill workspace.edits for an attempt: the same each time, so that a retransmission is one."""
    cdef Onward onward
    onward.source = server.source
    onward.destination = client.target.endpoint
    onward.is_retargeted = server.is_retargeted
    onward.call.slot = server.call if server.is_initial and server.is_invite else NO_SLOT
    onward.call.generation = server.call_generation
    onward.branch_slot = slot
    onward.branch_generation = client.header.generation
    onward.loop_hash = server.loop_hash
    onward.is_from_customer = server.is_from_customer
    onward.record = call_of(workspace, server)
    onward.registered = stored_bytes(&workspace.blocks, &client.registered)
    edit_onward(workspace, request, &onward)


cdef inline void resend_attempt(Workspace *workspace, uint32_t slot, ClientTransaction *client) noexcept nogil:
    """Retransmit an attempt's request (timers A and E). One of a call goes by another way, if its leg has been found dead meanwhile."""
    cdef const ServerTransaction *server = server_at(workspace, client.server)
    cdef const Message *request
    count(workspace, REASON_RESENT_REQUEST)
    if server.is_ours:
        send_kept(workspace, &server.request, &client.target.endpoint)
        return
    if not server.is_initial:
        go_round_dead_leg(workspace, client.target.account, &client.target.endpoint)
    request = kept_message(workspace, &server.request)
    if request != NULL:
        send_attempt(workspace, server, slot, client, request)


cdef inline void send_kept(Workspace *workspace, const StoredBytes *stored, const Endpoint *destination) noexcept nogil:
    """Send kept bytes as they are."""
    cdef uint8_t *place = outbox_room(&workspace.outbox, stored.length)
    if place == NULL or stored_bytes(&workspace.blocks, stored) == NULL:
        count(workspace, REASON_DROPPED_UNSENDABLE)
        return
    memcpy(place, stored_bytes(&workspace.blocks, stored), stored.length)
    outbox_put(&workspace.outbox, stored.length, destination)


cdef inline void send_cancel(Workspace *workspace, uint32_t slot, const ClientTransaction *client) noexcept nogil:
    """Cancel an attempt (§9.1): same Request-URI, Via, From, To, Call-ID, CSeq number and Route as its INVITE."""
    if render_attempt(workspace, slot, client):
        send_hop_request(workspace, b"CANCEL", &workspace.rendered, &client.target.endpoint)


cdef inline void send_ack(Workspace *workspace, uint32_t slot, const ClientTransaction *client, const Message *response) noexcept nogil:
    """Acknowledge a final response ≥ 300 (§17.1.1.3): To is the response's."""
    if render_attempt(workspace, slot, client):
        send_hop_request(workspace, b"ACK", response, &client.target.endpoint)


cdef inline bint render_attempt(Workspace *workspace, uint32_t slot, const ClientTransaction *client) noexcept nogil:
    """Write an attempt's request as it was sent into workspace.rendered. False: its bytes are gone."""
    cdef const ServerTransaction *server = server_at(workspace, client.server)
    cdef const Message *request = kept_message(workspace, &server.request)
    cdef uint32_t length
    if request == NULL:
        return False
    prepare_attempt(workspace, server, slot, client, request)
    if edited_bytes_max(&workspace.edits, request.body_start) > DATAGRAM_BYTES_MAX:
        return False
    length = write_edited(&workspace.edits, request.bytes, request.method_name.offset, request.length, workspace.scratch)
    return parse_message(workspace.scratch, length, &workspace.rendered) == PARSE_OK


cdef inline void send_hop_request(Workspace *workspace, const char *method, const Message *to_source, const Endpoint *destination) noexcept nogil:
    """Send an ACK or CANCEL made from workspace.rendered, with the To of `to_source`."""
    cdef const Message *sent = &workspace.rendered
    cdef uint8_t *place = outbox_room(&workspace.outbox, <uint32_t>sent.body_start + to_source.body_start + CHANGES_BYTES_MAX)
    cdef uint32_t length = 0, i
    if place == NULL:
        count(workspace, REASON_DROPPED_UNSENDABLE)
        return
    length += write_text(place + length, method)
    length += write_text(place + length, b" ")
    memcpy(place + length, sent.bytes + sent.request_uri.whole.offset, sent.request_uri.whole.length)
    length += sent.request_uri.whole.length
    length += write_text(place + length, b" SIP/2.0\r\n")
    length += write_header(sent, 0, place + length)                    # our Via is the first header of what we send
    length += write_text(place + length, b"Max-Forwards: 70\r\n")
    for i in range(sent.header_count):
        if sent.header_name[i] == HEADER_ROUTE:
            length += write_header(sent, i, place + length)
    length += write_header(sent, sent.first_header[HEADER_FROM] - 1, place + length)
    length += write_header(to_source, to_source.first_header[HEADER_TO] - 1, place + length)
    length += write_header(sent, sent.first_header[HEADER_CALL_ID] - 1, place + length)
    length += write_text(place + length, b"CSeq: ")
    length += write_number(sent.cseq, place + length)
    length += write_text(place + length, b" ")
    length += write_text(place + length, method)
    length += write_text(place + length, b"\r\nContent-Length: 0\r\n\r\n")
    outbox_put(&workspace.outbox, length, destination)


cdef inline uint32_t write_header(const Message *message, uint32_t index, uint8_t *place) noexcept nogil:
    """Copy a whole header with its line end; return its length."""
    cdef uint32_t length = message.header_start[index + 1] - message.header_start[index]
    memcpy(place, message.bytes + message.header_start[index], length)
    return length


cdef inline bint forward_stateless(Workspace *workspace, const Message *request, const Endpoint *source, const Endpoint *destination,
                                   const Call *record, uint32_t branch_generation, bint is_retargeted, bint is_from_customer) noexcept nogil:
    """Pass the ACK of a 2xx on: no transaction, the same branch for each retransmission (§16.6 step 8, §16.11). False: too large."""
    cdef Onward onward
    cdef uint8_t *place
    cdef uint32_t length
    onward.source = source[0]
    onward.destination = destination[0]
    onward.is_retargeted = is_retargeted
    onward.call.slot = NO_SLOT
    onward.branch_slot = STATELESS_SLOT
    onward.branch_generation = branch_generation
    onward.loop_hash = 0
    onward.is_from_customer = is_from_customer
    onward.record = record
    onward.registered = NULL
    edit_onward(workspace, request, &onward)
    place = outbox_room(&workspace.outbox, edited_bytes_max(&workspace.edits, request.length))
    if place == NULL or workspace.edits.has_overflowed:
        return False
    length = write_edited(&workspace.edits, request.bytes, request.method_name.offset, request.length, place)
    return outbox_put(&workspace.outbox, length, destination)
