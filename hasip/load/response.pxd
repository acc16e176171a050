"""The far ends' responses (RFC 3261 §8.2.6, §12.1.1, RFC 3581)."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from hasip.dataplane.base.block cimport store_bytes, stored_bytes
from hasip.dataplane.base.endpoint cimport ADDRESS_TEXT_BYTES, Endpoint, write_address
from hasip.dataplane.stage.via cimport set_response_destination
from hasip.dataplane.syntax.header_value cimport header_value
from hasip.dataplane.syntax.message cimport (
    HEADER_CALL_ID, HEADER_CSEQ, HEADER_FROM, HEADER_RECORD_ROUTE, HEADER_TO, HEADER_VIA, Message)
from hasip.load.call cimport Call, Leg, put_token
from hasip.load.generator cimport Generator, datagram, post
from hasip.load.plan cimport PRIMARY
from hasip.load.request cimport put_phrase
from hasip.load.text cimport Text, put, put_bytes, put_number, put_span, text_at

cdef enum:
    ECHO_BYTES_MAX = 1900           # fits a middle block
    FINAL_OK = 200
    TAG_PRIMARY = 0x70              # p: first letters of the far ends' tags
    TAG_SECONDARY = 0x73            # s


cdef inline uint8_t tag_letter(uint32_t seat) noexcept nogil:
    return TAG_PRIMARY if seat == PRIMARY else TAG_SECONDARY


cdef inline bint keep_echo(Generator *generator, Call *call, uint32_t seat, const Message *invite, const Endpoint *source) noexcept nogil:
    """Keep what responses to an INVITE repeat of it, and where they go. False: more than there is room for."""
    cdef uint8_t room[ECHO_BYTES_MAX]
    cdef Text text = text_at(room, ECHO_BYTES_MAX)
    cdef Leg *leg = &call.legs[seat]
    put_echo(generator, &text, invite, source, seat, call)
    leg.echo_length = <uint16_t>text.length
    put_headers(&text, invite, HEADER_RECORD_ROUTE)
    set_response_destination(invite, source, &leg.peer)
    return not text.is_cut and store_bytes(&generator.blocks, &leg.echo, room, text.length)


cdef inline void respond_to_invite(Generator *generator, Leg *leg, uint32_t seat, uint16_t status) noexcept nogil:
    """Answer a leg's INVITE; what makes a dialog carries Record-Route and Contact, a 200 our session too."""
    cdef Text text = datagram(generator)
    cdef bint makes_dialog = status < 300
    leg.status = status
    put_status_line(&text, status)
    put_bytes(&text, stored_bytes(&generator.blocks, &leg.echo), leg.echo.length if makes_dialog else leg.echo_length)
    if makes_dialog:
        put(&text, b"Contact: <")
        put_phrase(&text, &generator.plan.contacts[seat])
        put(&text, b">\r\n")
    if status == FINAL_OK:
        put(&text, b"Content-Type: application/sdp\r\nContent-Length: ")
        put_number(&text, generator.plan.session.length)
        put(&text, b"\r\n\r\n")
        put_phrase(&text, &generator.plan.session)
    else:
        put(&text, b"Content-Length: 0\r\n\r\n")
    post(generator, &text, seat, &leg.peer)


cdef inline void respond(
        Generator *generator, uint32_t seat, const Message *request, const Endpoint *source, uint16_t status, const Call *call) noexcept nogil:
    """Answer any other request. call: NULL when it belongs to none."""
    cdef Text text = datagram(generator)
    cdef Endpoint destination
    put_status_line(&text, status)
    put_echo(generator, &text, request, source, seat, call)
    put(&text, b"Content-Length: 0\r\n\r\n")
    set_response_destination(request, source, &destination)
    post(generator, &text, seat, &destination)


cdef inline void put_status_line(Text *text, uint16_t status) noexcept nogil:
    put(text, b"SIP/2.0 ")
    put_number(text, status)
    put(text, reason_phrase(status))


cdef inline const char *reason_phrase(uint16_t status) noexcept nogil:
    """Return the rest of the status line."""
    if status == 180:
        return b" Ringing\r\n"
    if status == FINAL_OK:
        return b" OK\r\n"
    if status == 481:
        return b" Call/Transaction Does Not Exist\r\n"
    if status == 487:
        return b" Request Terminated\r\n"
    return b" Refused\r\n"


cdef inline void put_echo(const Generator *generator, Text *text, const Message *request, const Endpoint *source, uint32_t seat, const Call *call) noexcept nogil:
    """Repeat Via, From, To, Call-ID and CSeq; a To without tag gets the far end's."""
    cdef uint32_t i
    put_topmost_via(text, request, source)
    for i in range(request.header_count):
        if request.header_name[i] == HEADER_VIA and i + 1 != request.first_header[HEADER_VIA]:
            put_header(text, request, i)
    put_headers(text, request, HEADER_FROM)
    put_to(generator, text, request, seat, call)
    put_headers(text, request, HEADER_CALL_ID)
    put_headers(text, request, HEADER_CSEQ)


cdef inline void put_topmost_via(Text *text, const Message *request, const Endpoint *source) noexcept nogil:
    """Repeat the first Via header; an rport without value is given one, and received with it (RFC 3581 §4)."""
    cdef uint8_t address[ADDRESS_TEXT_BYTES]
    cdef uint32_t first = request.first_header[HEADER_VIA] - 1
    cdef uint32_t start = request.header_start[first], end = request.header_start[first + 1]
    cdef uint32_t behind = request.rport_parameter.offset + request.rport_parameter.length
    if request.rport != 0:
        put_bytes(text, request.bytes + start, end - start)
        return
    put_bytes(text, request.bytes + start, behind - start)
    put(text, b"=")
    put_number(text, source.port)
    put(text, b";received=")
    put_bytes(text, address, write_address(source, address))
    put_bytes(text, request.bytes + behind, end - behind)


cdef inline void put_to(const Generator *generator, Text *text, const Message *request, uint32_t seat, const Call *call) noexcept nogil:
    """Repeat To, with a tag."""
    cdef uint32_t place = request.first_header[HEADER_TO]
    cdef uint8_t letter = tag_letter(seat)
    put(text, b"To: ")
    put_span(text, request.bytes, header_value(request, place - 1))
    if request.to_tag.length == 0:
        put(text, b";tag=")
        put_bytes(text, &letter, 1)
        if call != NULL:
            put_token(text, generator.run, call)
    put(text, b"\r\n")


cdef inline void put_headers(Text *text, const Message *message, uint8_t name) noexcept nogil:
    """Repeat all headers of a name."""
    cdef uint32_t i
    for i in range(message.header_count):
        if message.header_name[i] == name:
            put_header(text, message, i)


cdef inline void put_header(Text *text, const Message *message, uint32_t index) noexcept nogil:
    put_bytes(text, message.bytes + message.header_start[index], message.header_start[index + 1] - message.header_start[index])
