"""Route headers: which of them are ours, which call they name, and where the request goes next. (§16.4, §16.6 steps 6 and 7)"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from hasip.dataplane.base.atomic cimport load_acquire_u32
from hasip.dataplane.base.endpoint cimport Endpoint, endpoint_from_host, is_same_place
from hasip.dataplane.base.handle cimport Handle
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.routing.record_route cimport read_token
from hasip.dataplane.stage.via cimport SIP_PORT
from hasip.dataplane.stage.workspace cimport Plane, Workspace
from hasip.dataplane.syntax.edit_list cimport EditList, edit_remove
from hasip.dataplane.syntax.header_value cimport Parameter, find_parameter, header_value
from hasip.dataplane.syntax.message cimport HEADER_ROUTE, Message, Uri
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr
from hasip.dataplane.syntax.octets cimport same_letters
from hasip.dataplane.syntax.uri cimport parse_uri, read_plain_uri


cdef struct RouteSet:
    uint32_t own_count              # leading values that name this node
    uint8_t names_call              # one of these carries a token of ours…
    Handle call                     # …for this call
    uint8_t has_next                # a value of somebody else follows
    uint8_t next_is_strict          # without lr: a strict router (§16.6 step 6)
    uint8_t is_malformed
    Uri next_hop
    Span last                       # the last value's URI, for requests that come from strict routers
    uint32_t last_header            # where that value stands
    uint16_t last_start
    uint8_t last_is_alone


cdef inline void read_route_set(const Workspace *workspace, const Message *message, RouteSet *route_set) noexcept nogil:
    """Walk over all Route values."""
    cdef uint32_t i
    route_set.own_count = 0
    route_set.names_call = 0
    route_set.has_next = 0
    route_set.next_is_strict = 0
    route_set.is_malformed = 0
    route_set.last.length = 0
    if message.first_header[HEADER_ROUTE] == 0:
        return
    for i in range(<uint32_t>message.first_header[HEADER_ROUTE] - 1, message.header_count):
        if message.header_name[i] == HEADER_ROUTE:
            read_route_header(workspace, message, i, route_set)


cdef inline void read_route_header(const Workspace *workspace, const Message *message, uint32_t header, RouteSet *route_set) noexcept nogil:
    """Walk over the values of one Route header."""
    cdef Span value = header_value(message, header)
    cdef uint32_t at = value.offset, end = at + value.length, next_at
    cdef Uri uri
    cdef Parameter loose
    while at < end:
        if not read_route_value(message.bytes, at, end, &uri, &next_at):
            route_set.is_malformed = 1
            return
        if not route_set.has_next and is_ours(workspace, message, &uri, route_set):
            route_set.own_count += 1
        elif not route_set.has_next:
            route_set.has_next = 1
            route_set.next_hop = uri
            route_set.next_is_strict = not find_parameter(message.bytes, uri.parameters, b"lr", 2, &loose)
        route_set.last = uri.whole
        route_set.last_header = header
        route_set.last_start = <uint16_t>at
        route_set.last_is_alone = at == value.offset and next_at == 0
        if next_at == 0:
            return
        at = next_at


cdef inline bint read_route_value(const uint8_t *bytes, uint32_t at, uint32_t end, Uri *uri, uint32_t *next_at) noexcept nogil:
    """Read one Route value, and where the next one starts (0: this is the last). False: ill-formed. Most are "<sip:…;lr>" and nothing else."""
    cdef NameAddr element
    cdef size_t stop = read_plain_uri(bytes, at + 1, end, uri) if bytes[at] == c'<' else 0
    if stop and stop + 1 == end and bytes[stop] == c'>':
        next_at[0] = 0
        return True
    if not parse_name_addr(bytes, at, end, &element) or not parse_uri(bytes, element.uri, uri):
        return False
    next_at[0] = element.next
    return True


cdef inline bint is_ours(const Workspace *workspace, const Message *message, const Uri *uri, RouteSet *route_set) noexcept nogil:
    """True when a URI names this node: by a token, or by address."""
    cdef Handle call
    if read_token(&workspace.plane.calls.file.key, message.bytes, uri.user, &call):
        if not route_set.names_call:
            route_set.names_call = 1
            route_set.call = call
        return True
    return is_own_address(workspace.plane, message.bytes, uri)


cdef inline bint is_own_address(const Plane *plane, const uint8_t *bytes, const Uri *uri) noexcept nogil:
    """True when a URI's host and port are one of our listeners, or its host one of our domains."""
    cdef Endpoint endpoint
    cdef uint32_t i
    endpoint.port = uri.port if uri.port else SIP_PORT
    if endpoint_from_host(&endpoint, bytes + uri.host.offset, uri.host.length):
        for i in range(load_acquire_u32(&plane.listener_count)):
            if is_same_place(&endpoint, &plane.listeners[i].local) or is_same_place(&endpoint, &plane.listeners[i].advertised):
                return True
        return False
    for i in range(plane.domain_count):
        if plane.domains[i].length == uri.host.length and same_letters(bytes + uri.host.offset, plane.domains[i].name, uri.host.length):
            return True
    return False


cdef inline void remove_own_routes(EditList *edits, const Message *message, uint32_t own_count) noexcept nogil:
    """Remove the first `own_count` Route values: whole headers where nothing else stands in them (§16.4)."""
    cdef uint32_t header = message.first_header[HEADER_ROUTE]
    cdef uint32_t at, end
    cdef Span value
    cdef Uri uri
    while own_count and header and header <= message.header_count:
        if message.header_name[header - 1] != HEADER_ROUTE:
            header += 1
            continue
        value = header_value(message, header - 1)
        at = value.offset
        end = at + value.length
        while own_count and read_route_value(message.bytes, at, end, &uri, &at):
            own_count -= 1
            if at == 0:
                break
        if at == 0:
            edit_remove(edits, message.header_start[header - 1], message.header_start[header])
        else:
            edit_remove(edits, value.offset, at)
        header += 1
