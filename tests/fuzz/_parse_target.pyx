"""What the fuzzer feeds: every function of hasip/dataplane/syntax that reads bytes of a stranger, and edits as the router makes them.

No Python object is touched.
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.syntax.contact cimport (
    CONTACT_FOUND, CONTACT_NONE, EXPIRES_ABSENT, Q_MAX, Contact, ContactResult, ContactWalk, begin_contacts, next_contact)
from hasip.dataplane.syntax.credentials cimport CREDENTIALS_OK, Credentials, read_credentials
from hasip.dataplane.syntax.edit_list cimport (
    EditList, edit_begin, edit_remove, edit_replace, edited_bytes_max, put_bytes, put_room, put_written, write_edited)
from hasip.dataplane.syntax.header_value cimport Parameter, find_parameter, header_value, next_list_value, read_delta_seconds
from hasip.dataplane.syntax.message cimport (
    HEADER_OTHER, HEADERS_MAX, KIND_REQUEST, MESSAGE_BYTES_MAX, PARSE_OK, READABLE_BEHIND, Message, ParseResult)
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr
from hasip.dataplane.syntax.parser cimport parse_message
from hasip.dataplane.syntax.simd cimport choose_simd
from hasip.dataplane.syntax.uri cimport Uri, parse_uri
from hasip.dataplane.syntax.via cimport Via, parse_via


cdef bint is_inside(Span span, uint32_t length) noexcept nogil:
    """Return whether a span lies in the datagram."""
    return <uint32_t> span.offset + span.length <= length


cdef bint walk_list(const Message *message, Span value, uint32_t length) noexcept nogil:
    """Read a value as a list of anything, and each element as an address."""
    cdef uint32_t at = value.offset, end = value.offset + value.length, seconds
    cdef bint is_sound = True
    cdef NameAddr element
    cdef Parameter parameter
    cdef Span found
    cdef Uri uri
    while next_list_value(message.bytes, value, &at, &found):
        is_sound &= is_inside(found, length)
        read_delta_seconds(message.bytes, found, &seconds)
    at = value.offset
    while at and parse_name_addr(message.bytes, at, end, &element):
        is_sound &= is_inside(element.uri, length) and is_inside(element.parameters, length)
        if parse_uri(message.bytes, element.uri, &uri):
            is_sound &= is_inside(uri.host, length) and is_inside(uri.parameters, length)
        if find_parameter(message.bytes, element.parameters, b"tag", 3, &parameter):
            is_sound &= is_inside(parameter.whole, length)
        is_sound &= element.next == 0 or element.next > at
        at = element.next
    return is_sound


cdef bint walk_vias(const Message *message, Span value, uint32_t length) noexcept nogil:
    """Read every value of a Via header."""
    cdef uint32_t at = value.offset, end = value.offset + value.length
    cdef bint is_sound = True
    cdef Via via
    while at and parse_via(message.bytes, at, end, &via):
        is_sound &= is_inside(via.whole, length) and is_inside(via.branch, length)
        is_sound &= via.next == 0 or via.next > at
        at = via.next
    return is_sound


cdef bint is_within(Span span, Span whole) noexcept nogil:
    """Return whether a span is absent, or lies in another."""
    return span.offset == 0 or (span.offset >= whole.offset and span.offset + span.length <= whole.offset + whole.length)


cdef bint read_as_credentials(const Message *message, Span value) noexcept nogil:
    """Read a value as Digest credentials; all that was found stands in it."""
    cdef Credentials found
    if read_credentials(message.bytes, value, &found) != CREDENTIALS_OK:
        return True
    return (is_within(found.username, value) and is_within(found.realm, value) and is_within(found.nonce, value)
            and is_within(found.uri, value) and is_within(found.response, value) and is_within(found.cnonce, value)
            and is_within(found.opaque, value) and is_within(found.qop, value) and is_within(found.algorithm_text, value)
            and is_within(found.nc_text, value))


cdef bint walk_contacts(const Message *message, uint32_t length) noexcept nogil:
    """Take all contacts; there are no more of them than octets."""
    cdef ContactWalk walk
    cdef Contact contact
    cdef ContactResult result
    cdef uint32_t count = 0
    cdef bint is_sound = True
    begin_contacts(message, &walk)
    result = next_contact(message, &walk, &contact)
    while result != CONTACT_NONE and count <= length:
        if result == CONTACT_FOUND:
            is_sound &= is_inside(contact.uri.whole, length) and is_inside(contact.uri.host, length) and is_inside(contact.instance, length)
            is_sound &= contact.q <= Q_MAX and (contact.expires == EXPIRES_ABSENT or contact.expires >> 32 == 0)
        count += 1
        result = next_contact(message, &walk, &contact)
    return is_sound and count <= length


cdef Span spans_of(const Message *message, uint32_t i) noexcept nogil:
    """Return the i-th of the message's 17 spans."""
    cdef Span[17] spans = [
        message.via, message.via_host, message.branch, message.via_received, message.rport_parameter, message.from_tag, message.to_tag,
        message.call_id, message.route_uri, message.contact_uri, message.contact_host, message.cseq_method_name, message.method_name,
        message.request_uri.whole, message.request_uri.host_port, message.request_uri.parameters, message.reason_phrase]
    return spans[i]


cdef void retarget(EditList *edits, const Message *message) noexcept nogil:
    """Replace the Request-URI's host, and take a parameter off that spoke of it."""
    cdef Span old = message.request_uri.host_port
    cdef Parameter parameter
    cdef uint8_t *room
    if not message.request_uri.is_sip:
        return
    room = put_room(edits, 56)
    room[0] = c'['
    put_written(edits, 1)
    put_bytes(edits, b"2001:db8::9]:5062", 17)
    edit_replace(edits, old.offset, old.offset + old.length)
    if find_parameter(message.bytes, message.request_uri.parameters, b"transport", 9, &parameter):
        edit_remove(edits, parameter.whole.offset - 1, parameter.whole.offset + parameter.whole.length)


cdef void edit_as_on_the_way(EditList *edits, const Message *message) noexcept nogil:
    """Edit a message as one hop does: Request-URI, a Via in front, received and rport behind the next one, some headers off."""
    cdef uint32_t i, end = message.via.offset + message.via.length
    cdef Span rport = message.rport_parameter
    edit_begin(edits)
    if message.kind == KIND_REQUEST:
        retarget(edits, message)
    put_bytes(edits, b"Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKfuzz\r\n", 48)
    edit_replace(edits, message.header_start[0], message.header_start[0])
    put_bytes(edits, b";received=192.0.2.1", 19)
    edit_replace(edits, end, end)
    if rport.length:
        put_bytes(edits, b"rport=5060", 10)
        edit_replace(edits, rport.offset, rport.offset + rport.length)
    for i in range(message.header_count):
        if message.header_start[i] & 1 and message.header_name[i] == HEADER_OTHER:      # no name that the parser would look for next
            edit_remove(edits, message.header_start[i], message.header_start[i + 1])
    put_bytes(edits, b"Reason: SIP;cause=503\r\n", 23)
    edit_replace(edits, message.header_start[message.header_count], message.header_start[message.header_count])


cdef bint edit_message(const Message *message) noexcept nogil:
    """Write an edited message into exactly the room it was said to need; what comes out must be a message, with our Via on top.

    A write behind the room is ASan's to find, also for a list that has overflowed, which the router would not send.
    """
    cdef EditList edits
    cdef uint8_t *place
    cdef uint32_t start, room, length
    cdef bint is_sound
    edit_as_on_the_way(&edits, message)
    start = message.method_name.offset if message.kind == KIND_REQUEST else 0
    room = edited_bytes_max(&edits, message.length - start)
    place = <uint8_t *> malloc(room)
    length = write_edited(&edits, message.bytes, start, message.length, place)
    is_sound = length <= room and (edits.has_overflowed or is_still_a_message(message, place, length))
    free(place)
    return is_sound


cdef bint is_still_a_message(const Message *message, const uint8_t *bytes, uint32_t length) noexcept nogil:
    """Parse what was written, from a buffer that ends READABLE_BEHIND bytes behind it."""
    cdef Message written
    cdef uint8_t *place
    cdef bint is_sound
    if length > MESSAGE_BYTES_MAX or message.header_count + 2 > HEADERS_MAX:
        return True
    place = <uint8_t *> malloc(length + READABLE_BEHIND)
    memcpy(place, bytes, length)
    is_sound = parse_message(place, length, &written) == PARSE_OK
    is_sound = is_sound and written.kind == message.kind and written.via.length == 41 and written.call_id.length == message.call_id.length
    free(place)
    return is_sound


cdef public bint hasip_fuzz_parse(const uint8_t *bytes, uint32_t length, const char *variant) noexcept nogil:
    """Parse a datagram, walk all that was found, and edit it. Returns False when a span leaves the datagram, an iterator stands still or
    the edited message is none.

    Reads: READABLE_BEHIND bytes behind `length`.
    """
    cdef Message message
    cdef ParseResult result
    cdef uint32_t i
    cdef bint is_sound = True
    cdef Span value
    choose_simd(variant)
    result = parse_message(bytes, length, &message)
    if length > MESSAGE_BYTES_MAX:
        return True
    for i in range(message.header_count):
        value = header_value(&message, i)
        is_sound &= is_inside(value, length)
        is_sound &= walk_vias(&message, value, length) and walk_list(&message, value, length) and read_as_credentials(&message, value)
    for i in range(17):
        is_sound &= is_inside(spans_of(&message, i), length)
    is_sound &= walk_contacts(&message, length) and message.body_start <= length and message.length <= length
    return is_sound and (result != PARSE_OK or edit_message(&message))
