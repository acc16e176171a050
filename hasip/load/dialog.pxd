"""The caller's side of a dialog: route set, remote target and remote party, kept from the 200 (RFC 3261 §12.1.2)."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from hasip.dataplane.base.block cimport store_bytes
from hasip.dataplane.base.endpoint cimport Endpoint, endpoint_from_host
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.syntax.header_value cimport Parameter, find_parameter, header_value, next_list_value
from hasip.dataplane.syntax.message cimport HEADER_RECORD_ROUTE, HEADER_TO, Message, Uri
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr
from hasip.dataplane.syntax.uri cimport parse_uri
from hasip.load.call cimport Call
from hasip.load.generator cimport Generator
from hasip.load.text cimport Text, put, put_span, text_at

cdef enum:
    ROUTES_MAX = 16
    DIALOG_BYTES_MAX = 1900         # fits a middle block
    SIP_PORT = 5060


cdef inline bint keep_dialog(Generator *generator, Call *call, const Message *answer) noexcept nogil:
    """Keep what ACK and BYE need. False: no Contact, a route that is not loose, or more than there is room for."""
    cdef uint8_t room[DIALOG_BYTES_MAX]
    cdef Text text = text_at(room, DIALOG_BYTES_MAX)
    cdef Span routes[ROUTES_MAX]
    cdef Span remote
    cdef uint32_t count = read_record_routes(answer, routes), i
    if answer.contact_uri.length == 0 or answer.first_header[HEADER_TO] == 0:
        return False
    remote = header_value(answer, answer.first_header[HEADER_TO] - 1)
    if not set_next_hop(answer, routes, count, &call.next_hop):
        return False
    for i in range(count):
        put(&text, b"Route: ")
        put_span(&text, answer.bytes, routes[count - 1 - i])
        put(&text, b"\r\n")
    call.routes_length = <uint16_t>text.length
    put_span(&text, answer.bytes, answer.contact_uri)
    call.target_length = answer.contact_uri.length
    put_span(&text, answer.bytes, remote)
    call.remote_length = remote.length
    return not text.is_cut and store_bytes(&generator.blocks, &call.dialog, room, text.length)


cdef inline uint32_t read_record_routes(const Message *message, Span *routes) noexcept nogil:
    """List the Record-Route values, the topmost first, ROUTES_MAX at the most; return how many."""
    cdef uint32_t i, at, count = 0
    cdef Span header
    for i in range(message.header_count):
        if message.header_name[i] != HEADER_RECORD_ROUTE:
            continue
        header = header_value(message, i)
        at = header.offset
        while count < ROUTES_MAX and next_list_value(message.bytes, header, &at, &routes[count]):
            count += 1
    return count


cdef inline bint set_next_hop(const Message *answer, const Span *routes, uint32_t count, Endpoint *next_hop) noexcept nogil:
    """Send in-dialog requests to the first route, or to the remote target when there is none. False: no numeric address, or no lr."""
    cdef NameAddr element
    cdef Uri uri
    cdef Parameter lr
    cdef Span whole = answer.contact_uri
    cdef uint32_t end
    if count:
        end = routes[count - 1].offset + routes[count - 1].length
        if not parse_name_addr(answer.bytes, routes[count - 1].offset, end, &element):
            return False
        whole = element.uri
    if not parse_uri(answer.bytes, whole, &uri):
        return False
    if count and not find_parameter(answer.bytes, uri.parameters, b"lr", 2, &lr):
        return False
    next_hop.port = uri.port if uri.port else SIP_PORT
    return endpoint_from_host(next_hop, answer.bytes + uri.host.offset, uri.host.length)
