"""The edits that carry a request one hop on: Request-URI, Via, Record-Route, Max-Forwards, Route. (§16.6)"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport strlen

from hasip.dataplane.base.arena cimport NO_SLOT
from hasip.dataplane.base.endpoint cimport ADDRESS_TEXT_BYTES, TRANSPORT_NAMES, TRANSPORT_PARAMETERS, TRANSPORT_UDP, Endpoint, write_host_port
from hasip.dataplane.base.handle cimport Handle
from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.routing.call_table cimport Call
from hasip.dataplane.routing.location_service cimport PATH_BYTES_MAX
from hasip.dataplane.routing.record_route cimport TOKEN_BYTES, read_token, write_token
from hasip.dataplane.stage.identity cimport put_asserted_identity, remove_credentials, remove_identity, tell_core, tell_customer
from hasip.dataplane.stage.route_set cimport RouteSet, read_route_set, remove_own_routes
from hasip.dataplane.stage.via cimport note_source, put_number
from hasip.dataplane.stage.workspace cimport Listener, Workspace
from hasip.dataplane.syntax.edit_list cimport EditList, edit_begin, edit_remove, edit_replace, put_bytes, put_room, put_written
from hasip.dataplane.syntax.header_value cimport Parameter, find_parameter, header_value
from hasip.dataplane.syntax.message cimport HEADER_FROM, HEADER_MAX_FORWARDS, HEADER_TO, METHOD_INVITE, Message, Uri
from hasip.dataplane.syntax.uri cimport parse_uri
from hasip.dataplane.transaction.branch cimport BRANCH_BYTES, write_branch

cdef enum:
    MAX_FORWARDS = 70                   # §16.6 step 3
    CHANGES_BYTES_MAX = 1536            # more than one hop can add


cdef struct Onward:
    Endpoint source                     # the previous hop, by the listener that heard it
    Endpoint destination                # the next hop, by the listener it leaves from
    Handle call                         # for Record-Route; slot NO_SLOT: none is added
    uint32_t branch_slot
    uint32_t branch_generation
    uint32_t loop_hash
    uint8_t is_retargeted               # gets a new Request-URI
    uint8_t is_from_customer            # says who it is, but we know better
    const Call *record                  # of the call it belongs to, or NULL
    const uint8_t *registered           # of a registered target: path and contact of its binding, or NULL


cdef inline void edit_onward(Workspace *workspace, const Message *message, const Onward *onward) noexcept nogil:
    """Fill workspace.edits."""
    cdef EditList *edits = &workspace.edits
    edit_begin(edits)
    if onward.registered != NULL:
        retarget_to_contact(edits, message, onward.registered + PATH_BYTES_MAX + 1)
    elif onward.is_retargeted:
        retarget(edits, message, &onward.destination, &workspace.plane.listeners[onward.destination.listener])
    follow_route_set(workspace, edits, message)
    put_via(workspace, edits, onward)
    if onward.registered != NULL and onward.registered[0]:
        put_path(edits, onward.registered)
    if onward.is_from_customer and onward.record != NULL and message.method == METHOD_INVITE:
        put_asserted_identity(edits, workspace.plane, &workspace.plane.listeners[onward.destination.listener], onward.record)
    if onward.call.slot != NO_SLOT:
        put_record_routes(workspace, edits, onward)
    if message.max_forwards < 0:
        put_bytes(edits, b"Max-Forwards: 70\r\n", 18)
    edit_replace(edits, message.header_start[0], message.header_start[0])
    note_source(edits, message, &onward.source)
    edit_identity(workspace, edits, message, onward)
    if message.max_forwards >= 0:
        lower_max_forwards(edits, message)


cdef inline void edit_identity(Workspace *workspace, EditList *edits, const Message *message, const Onward *onward) noexcept nogil:
    """A customer's claims stay here; of a call with a rewritten From, each side reads its own address."""
    if onward.is_from_customer:
        remove_identity(edits, message)
        remove_credentials(workspace, edits, message)
    if onward.record == NULL or onward.record.from_length == 0:
        return
    if onward.is_from_customer:
        tell_core(edits, workspace.plane, &workspace.plane.listeners[onward.destination.listener], onward.record, message, HEADER_FROM)
    else:
        tell_customer(edits, onward.record, message, HEADER_TO)


cdef inline void retarget(EditList *edits, const Message *message, const Endpoint *destination, const Listener *listener) noexcept nogil:
    """Address the request to its target: the user part stays, the host becomes the target's; a tel URI becomes a sip URI (§19.1.6)."""
    cdef Span uri = message.request_uri.whole
    cdef Span old = message.request_uri.host_port
    cdef uint32_t number_end
    if message.request_uri.is_sip:
        put_host_port(edits, destination)
        put_transport(edits, listener)
        edit_replace(edits, old.offset, old.offset + old.length)
        remove_uri_parameter(edits, message, b"transport", 9)
        remove_uri_parameter(edits, message, b"maddr", 5)
        return
    number_end = uri.offset + 4
    while number_end < <uint32_t>uri.offset + uri.length and message.bytes[number_end] != c';':
        number_end += 1
    put_bytes(edits, b"sip:", 4)
    put_bytes(edits, message.bytes + uri.offset + 4, number_end - uri.offset - 4)
    put_bytes(edits, b"@", 1)
    put_host_port(edits, destination)
    put_transport(edits, listener)
    put_bytes(edits, b";user=phone", 11)
    edit_replace(edits, uri.offset, uri.offset + uri.length)


cdef inline void retarget_to_contact(EditList *edits, const Message *message, const uint8_t *contact) noexcept nogil:
    """Address the request to what was registered, to the letter but for headers, which no Request-URI has (§16.5, §16.6 step 2, §19.1.1)."""
    cdef uint32_t length = <uint32_t>strlen(<const char *>contact)
    cdef Uri uri
    if parse_uri(contact, span_between(0, <uint16_t>length), &uri):
        length = uri.parameters.offset + uri.parameters.length
    put_bytes(edits, contact, length)
    edit_replace(edits, message.request_uri.whole.offset, message.request_uri.whole.offset + message.request_uri.whole.length)


cdef inline void put_path(EditList *edits, const uint8_t *path) noexcept nogil:
    """Put the way that was registered with the contact (RFC 3327 §5.3)."""
    put_bytes(edits, b"Route: ", 7)
    put_bytes(edits, path, <uint32_t>strlen(<const char *>path))
    put_bytes(edits, b"\r\n", 2)


cdef inline void remove_uri_parameter(EditList *edits, const Message *message, const char *name, uint32_t length) noexcept nogil:
    """Remove a parameter of the Request-URI that spoke of the host it had before."""
    cdef Parameter parameter
    if message.request_uri.parameters.length and find_parameter(message.bytes, message.request_uri.parameters, name, length, &parameter):
        edit_remove(edits, parameter.whole.offset - 1, parameter.whole.offset + parameter.whole.length)


cdef inline void follow_route_set(Workspace *workspace, EditList *edits, const Message *message) noexcept nogil:
    """Take our own Route values off; put right what strict routers did, and do what they want (§16.4, §16.6 step 6)."""
    cdef RouteSet route_set
    cdef Span uri = message.request_uri.whole
    read_route_set(workspace, message, &route_set)
    if comes_from_strict_router(workspace, message, &route_set):
        put_bytes(edits, message.bytes + route_set.last.offset, route_set.last.length)
        edit_replace(edits, uri.offset, uri.offset + uri.length)
        remove_last_route(edits, message, &route_set)
        return
    if route_set.own_count:
        remove_own_routes(edits, message, route_set.own_count)
    if route_set.has_next and route_set.next_is_strict:
        put_bytes(edits, message.bytes + route_set.next_hop.whole.offset, route_set.next_hop.whole.length)
        edit_replace(edits, uri.offset, uri.offset + uri.length)
        put_bytes(edits, b"Route: <", 8)
        put_bytes(edits, message.bytes + uri.offset, uri.length)
        put_bytes(edits, b">\r\n", 3)
        edit_replace(edits, message.header_start[route_set.last_header + 1], message.header_start[route_set.last_header + 1])


cdef inline bint comes_from_strict_router(const Workspace *workspace, const Message *message, RouteSet *route_set) noexcept nogil:
    """True when the Request-URI is our Record-Route URI: a strict router moved the real one behind the routes (§16.4)."""
    cdef Handle call
    if message.request_uri.user.length != TOKEN_BYTES or route_set.last.length == 0 or route_set.own_count:
        return False
    return read_request_uri_token(workspace, message, &call)


cdef inline bint read_request_uri_token(const Workspace *workspace, const Message *message, Handle *call) noexcept nogil:
    """Read the token from a Request-URI that is our Record-Route URI."""
    return read_token(&workspace.plane.calls.file.key, message.bytes, message.request_uri.user, call)


cdef inline void remove_last_route(EditList *edits, const Message *message, const RouteSet *route_set) noexcept nogil:
    """Remove the last Route value, with its header if it stands there alone."""
    cdef uint32_t header = route_set.last_header
    cdef Span value = header_value(message, header)
    if route_set.last_is_alone:
        edit_remove(edits, message.header_start[header], message.header_start[header + 1])
    else:
        edit_remove(edits, route_set.last_start - 1, value.offset + value.length)


cdef inline void put_via(Workspace *workspace, EditList *edits, const Onward *onward) noexcept nogil:
    """Put our Via; its branch names the client transaction (§16.6 step 8)."""
    cdef const Listener *listener = &workspace.plane.listeners[onward.destination.listener]
    put_bytes(edits, b"Via: SIP/2.0/", 13)
    put_bytes(edits, TRANSPORT_NAMES[listener.transport], 3)
    put_bytes(edits, b" ", 1)
    put_bytes(edits, listener.sent_by, listener.sent_by_length)
    put_bytes(edits, b";branch=", 8)
    write_branch(&workspace.plane.branch_key, workspace.index, onward.branch_slot, onward.branch_generation, onward.loop_hash,
                 put_room(edits, BRANCH_BYTES))
    put_written(edits, BRANCH_BYTES)
    put_bytes(edits, b"\r\n", 2)


cdef inline void put_record_routes(Workspace *workspace, EditList *edits, const Onward *onward) noexcept nogil:
    """Put our Record-Route, and a second one where the request leaves by another listener than it came in (RFC 5658)."""
    put_record_route(workspace, edits, onward, onward.destination.listener)
    if onward.source.listener != onward.destination.listener:
        put_record_route(workspace, edits, onward, onward.source.listener)


cdef inline void put_record_route(Workspace *workspace, EditList *edits, const Onward *onward, uint32_t listener_index) noexcept nogil:
    cdef const Listener *listener = &workspace.plane.listeners[listener_index]
    put_bytes(edits, b"Record-Route: <sip:", 19)
    write_token(&workspace.plane.calls.file.key, onward.call, put_room(edits, TOKEN_BYTES))
    put_written(edits, TOKEN_BYTES)
    put_bytes(edits, b"@", 1)
    put_bytes(edits, listener.sent_by, listener.sent_by_length)
    put_transport(edits, listener)
    put_bytes(edits, b";lr>\r\n", 6)


cdef inline void put_transport(EditList *edits, const Listener *listener) noexcept nogil:
    """Say in a URI that it is reached by TCP or TLS; UDP goes without saying (RFC 3263 §4.1)."""
    if listener.transport != TRANSPORT_UDP:
        put_bytes(edits, b";transport=", 11)
        put_bytes(edits, TRANSPORT_PARAMETERS[listener.transport], 3)


cdef inline void lower_max_forwards(EditList *edits, const Message *message) noexcept nogil:
    """Max-Forwards: one less."""
    cdef Span value = header_value(message, message.first_header[HEADER_MAX_FORWARDS] - 1)
    put_number(edits, <uint32_t>message.max_forwards - 1)
    edit_replace(edits, value.offset, value.offset + value.length)


cdef inline void put_host_port(EditList *edits, const Endpoint *endpoint) noexcept nogil:
    """Put host:port as a URI wants it."""
    put_written(edits, write_host_port(endpoint, put_room(edits, ADDRESS_TEXT_BYTES + 8)))
