"""A 2xx that comes when the caller has had another answer: acknowledge it and hang up, or a ghost call stays. (spec: late answers; §13.2.2.4)

We act as the caller's user agent here: route set and remote target come from the 2xx itself (§12.1.2).
"""
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from hasip.dataplane.base.arena cimport NO_SLOT
from hasip.dataplane.base.block cimport store_bytes
from hasip.dataplane.base.endpoint cimport NO_FLOW, TRANSPORT_NAMES, Endpoint, write_host_port, write_number
from hasip.dataplane.base.handle cimport Handle
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.routing.record_route cimport read_token
from hasip.dataplane.stage.call cimport tag_hash
from hasip.dataplane.stage.forward cimport arm_client, begin_client, send_kept, write_header
from hasip.dataplane.stage.next_hop cimport endpoint_from_uri
from hasip.dataplane.stage.outbox cimport outbox_put, outbox_room
from hasip.dataplane.stage.reply cimport write_text
from hasip.dataplane.stage.server cimport begin_for_nobody, end_client, end_server
from hasip.dataplane.stage.workspace cimport Listener, Workspace, client_at, server_at
from hasip.dataplane.syntax.header_value cimport header_value
from hasip.dataplane.syntax.message cimport HEADER_CALL_ID, HEADER_FROM, HEADER_RECORD_ROUTE, HEADER_TO, Message, Uri
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr
from hasip.dataplane.syntax.uri cimport parse_uri
from hasip.dataplane.target cimport Target
from hasip.dataplane.transaction.branch cimport BRANCH_BYTES, STATELESS_SLOT, write_branch
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction

cdef enum:
    GHOST_ROUTES_MAX = 16
    OWN_TEXT_BYTES_MAX = 512            # what we add around the copied parts


cdef inline void end_late_answer(Workspace *workspace, ClientTransaction *client, const Message *response) noexcept nogil:
    """ACK every copy of the 2xx; BYE once, with a transaction of its own."""
    cdef uint8_t *place = outbox_room(&workspace.outbox, <uint32_t>response.body_start * 2 + OWN_TEXT_BYTES_MAX)
    cdef Target target = client.target
    set_next_hop(workspace, response, &target.endpoint)
    if place != NULL:
        outbox_put(&workspace.outbox, write_ghost_request(workspace, response, b"ACK", <uint32_t>tag_hash(workspace, response, response.to_tag),
                                                              STATELESS_SLOT, response.cseq, &target.endpoint, place), &target.endpoint)
    if not client.is_ended_by_us:
        client.is_ended_by_us = 1
        send_bye(workspace, response, &target)


cdef inline void send_bye(Workspace *workspace, const Message *response, const Target *target) noexcept nogil:
    """Send BYE by a transaction that has nobody to answer."""
    cdef uint32_t slot = begin_for_nobody(workspace)
    cdef uint32_t client_slot, length
    cdef ServerTransaction *server
    if slot == NO_SLOT:
        return
    server = server_at(workspace, slot)
    client_slot = begin_client(workspace, slot, server, target)
    if client_slot == NO_SLOT:
        end_server(workspace, slot, server)
        return
    length = 0
    if <uint32_t>response.body_start * 2 + OWN_TEXT_BYTES_MAX < sizeof(workspace.scratch):
        length = write_ghost_request(workspace, response, b"BYE", client_at(workspace, client_slot).header.generation, client_slot,
                                     response.cseq + 1, &target.endpoint, workspace.scratch)
    if length == 0 or not store_bytes(&workspace.blocks, &server.request, workspace.scratch, length):
        end_client(workspace, client_slot, client_at(workspace, client_slot))
        end_server(workspace, slot, server)
        return
    send_kept(workspace, &server.request, &target.endpoint)
    arm_client(workspace, client_slot, client_at(workspace, client_slot))


cdef inline uint32_t collect_routes(const Workspace *workspace, const Message *response, Span *routes) noexcept nogil:
    """Return how many Record-Route values stand above ours: the way from us to the far end, nearest last."""
    cdef uint32_t found = 0, i, at, end
    cdef Span value
    cdef NameAddr element
    cdef Uri uri
    cdef Handle call
    for i in range(response.header_count):
        if response.header_name[i] != HEADER_RECORD_ROUTE:
            continue
        value = header_value(response, i)
        at = value.offset
        end = at + value.length
        while at and at < end and found < GHOST_ROUTES_MAX and parse_name_addr(response.bytes, at, end, &element):
            if not parse_uri(response.bytes, element.uri, &uri) or read_token(&workspace.plane.calls.file.key, response.bytes, uri.user, &call):
                return found
            routes[found] = element.uri
            found += 1
            at = element.next
    return found


cdef inline void set_next_hop(const Workspace *workspace, const Message *response, Endpoint *endpoint) noexcept nogil:
    """Set the endpoint by the nearest route or the Contact; a flow stays, and so does the target's own address where that is a name."""
    cdef Span routes[GHOST_ROUTES_MAX]
    cdef uint32_t count = collect_routes(workspace, response, routes)
    cdef Uri uri
    cdef Endpoint found = endpoint[0]
    if endpoint.flow != NO_FLOW or not parse_uri(response.bytes, routes[count - 1] if count else response.contact_uri, &uri):
        return
    if endpoint_from_uri(workspace.plane, response.bytes, &uri, endpoint.listener, &found):
        endpoint[0] = found


cdef inline uint32_t write_ghost_request(const Workspace *workspace, const Message *response, const char *method, uint32_t generation,
                                         uint32_t slot, uint32_t cseq, const Endpoint *destination, uint8_t *place) noexcept nogil:
    """Write ACK or BYE of the dialog that a 2xx made; return its length."""
    cdef const Listener *listener = &workspace.plane.listeners[destination.listener]
    cdef Span routes[GHOST_ROUTES_MAX]
    cdef uint32_t count = collect_routes(workspace, response, routes)
    cdef uint32_t length = write_text(place, method)
    length += write_text(place + length, b" ")
    length += write_remote_target(response, destination, place + length)
    length += write_text(place + length, b" SIP/2.0\r\nVia: SIP/2.0/")
    length += write_text(place + length, TRANSPORT_NAMES[listener.transport])
    length += write_text(place + length, b" ")
    memcpy(place + length, listener.sent_by, listener.sent_by_length)
    length += listener.sent_by_length
    length += write_text(place + length, b";branch=")
    write_branch(&workspace.plane.branch_key, workspace.index, slot, generation, 0, place + length)
    length += BRANCH_BYTES
    length += write_text(place + length, b"\r\nMax-Forwards: 70\r\n")
    while count:
        count -= 1
        length += write_text(place + length, b"Route: <")
        length += write_span(response, routes[count], place + length)
        length += write_text(place + length, b">\r\n")
    length += write_header(response, response.first_header[HEADER_FROM] - 1, place + length)
    length += write_header(response, response.first_header[HEADER_TO] - 1, place + length)
    length += write_header(response, response.first_header[HEADER_CALL_ID] - 1, place + length)
    length += write_text(place + length, b"CSeq: ")
    length += write_number(cseq, place + length)
    length += write_text(place + length, b" ")
    length += write_text(place + length, method)
    return length + write_text(place + length, b"\r\nContent-Length: 0\r\n\r\n")


cdef inline uint32_t write_remote_target(const Message *response, const Endpoint *destination, uint8_t *place) noexcept nogil:
    """Write the Contact's URI; of a 2xx without one, where the request goes."""
    if response.contact_uri.length:
        return write_span(response, response.contact_uri, place)
    return write_text(place, b"sip:") + write_host_port(destination, place + 4)


cdef inline uint32_t write_span(const Message *message, Span span, uint8_t *place) noexcept nogil:
    memcpy(place, message.bytes + span.offset, span.length)
    return span.length
