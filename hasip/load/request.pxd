"""The caller's requests (RFC 3261 §8.1.1, §9.1, §12.2.1.1, §13.2.2.4, §17.1.1.3), written anew each time they are sent."""
from libc.stdint cimport uint8_t

from hasip.dataplane.base.block cimport stored_bytes
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.syntax.header_value cimport header_value
from hasip.dataplane.syntax.message cimport HEADER_CALL_ID, HEADER_FROM, HEADER_TO, Message
from hasip.load.call cimport Call, put_call_id, put_token
from hasip.load.generator cimport Generator, datagram, post
from hasip.load.plan cimport CALLER, Phrase
from hasip.load.text cimport Text, put, put_bytes, put_number, put_span

cdef enum:                          # letters that keep the branches of a call apart
    LETTER_INVITE = 0x69            # i: INVITE, its CANCEL and the ACK of a failure
    LETTER_ACK = 0x61               # a: the ACK of a 200
    LETTER_BYE = 0x62               # b


cdef inline void send_invite(Generator *generator, const Call *call) noexcept nogil:
    """Offer the call to the router."""
    cdef Text text = datagram(generator)
    begin_request(generator, &text, call, b"INVITE ", LETTER_INVITE)
    put_outside_dialog(generator, &text, call)
    put(&text, b"CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <")
    put_phrase(&text, &generator.plan.contacts[CALLER])
    put(&text, b">\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\nContent-Type: application/sdp\r\nContent-Length: ")
    put_number(&text, generator.plan.session.length)
    put(&text, b"\r\n\r\n")
    put_phrase(&text, &generator.plan.session)
    post(generator, &text, CALLER, &generator.plan.target)


cdef inline void send_cancel(Generator *generator, const Call *call) noexcept nogil:
    """Take the INVITE back: its branch, URI, From, To and number are the INVITE's (§9.1)."""
    cdef Text text = datagram(generator)
    begin_request(generator, &text, call, b"CANCEL ", LETTER_INVITE)
    put_outside_dialog(generator, &text, call)
    put(&text, b"CSeq: 1 CANCEL\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
    post(generator, &text, CALLER, &generator.plan.target)


cdef inline void send_failure_ack(Generator *generator, const Message *response) noexcept nogil:
    """Acknowledge a final response that is no 2xx (§17.1.1.3). All it needs is in the response, so it works for calls long over too."""
    cdef Text text = datagram(generator)
    put(&text, b"ACK ")
    put_phrase(&text, &generator.plan.request_uri)
    put(&text, b" SIP/2.0\r\nVia: ")
    put_span(&text, response.bytes, response.via)
    put(&text, b"\r\nFrom: ")
    put_header_value(&text, response, HEADER_FROM)
    put(&text, b"\r\nTo: ")
    put_header_value(&text, response, HEADER_TO)
    put(&text, b"\r\nCall-ID: ")
    put_header_value(&text, response, HEADER_CALL_ID)
    put(&text, b"\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
    post(generator, &text, CALLER, &generator.plan.target)


cdef inline void send_ack(Generator *generator, const Call *call) noexcept nogil:
    """Acknowledge the 200, through the dialog (§13.2.2.4)."""
    send_in_dialog(generator, call, b"ACK ", LETTER_ACK, b"\r\nCSeq: 1 ACK")


cdef inline void send_bye(Generator *generator, const Call *call) noexcept nogil:
    """Hang up (§15.1.1)."""
    send_in_dialog(generator, call, b"BYE ", LETTER_BYE, b"\r\nCSeq: 2 BYE")


cdef inline void send_in_dialog(Generator *generator, const Call *call, const char *method, uint8_t letter, const char *cseq) noexcept nogil:
    """Send a request to the remote target along the route set (§12.2.1.1)."""
    cdef Text text = datagram(generator)
    cdef const uint8_t *routes = stored_bytes(&generator.blocks, &call.dialog)
    cdef const uint8_t *target = routes + call.routes_length
    put(&text, method)
    put_bytes(&text, target, call.target_length)
    put_via(generator, &text, call, letter)
    put_bytes(&text, routes, call.routes_length)
    put_from(generator, &text, call)
    put(&text, b"\r\nTo: ")
    put_bytes(&text, target + call.target_length, call.remote_length)
    put(&text, b"\r\nCall-ID: ")
    put_call_id(&text, generator.run, call)
    put(&text, cseq)
    put(&text, b"\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
    post(generator, &text, CALLER, &call.next_hop)


cdef inline void begin_request(const Generator *generator, Text *text, const Call *call, const char *method, uint8_t letter) noexcept nogil:
    """Put the request line of a request to the called number, and the Via."""
    put(text, method)
    put_phrase(text, &generator.plan.request_uri)
    put_via(generator, text, call, letter)


cdef inline void put_via(const Generator *generator, Text *text, const Call *call, uint8_t letter) noexcept nogil:
    """End the request line, and put our Via."""
    put(text, b" SIP/2.0\r\nVia: SIP/2.0/UDP ")
    put_phrase(text, &generator.plan.host_ports[CALLER])
    put(text, b";branch=z9hG4bK")
    put_bytes(text, &letter, 1)
    put_token(text, generator.run, call)
    put(text, b"\r\n")


cdef inline void put_outside_dialog(const Generator *generator, Text *text, const Call *call) noexcept nogil:
    """Put From, To and Call-ID of a request that finds no dialog."""
    put_from(generator, text, call)
    put(text, b"\r\nTo: <")
    put_phrase(text, &generator.plan.request_uri)
    put(text, b">\r\nCall-ID: ")
    put_call_id(text, generator.run, call)
    put(text, b"\r\n")


cdef inline void put_from(const Generator *generator, Text *text, const Call *call) noexcept nogil:
    """Put the From header, its line not ended."""
    put(text, b"From: <")
    put_phrase(text, &generator.plan.from_uri)
    put(text, b">;tag=c")
    put_token(text, generator.run, call)


cdef inline void put_header_value(Text *text, const Message *message, uint8_t name) noexcept nogil:
    """Put the value of the first header of that name, if there is one."""
    cdef Span value
    if message.first_header[name]:
        value = header_value(message, message.first_header[name] - 1)
        put_span(text, message.bytes, value)


cdef inline void put_phrase(Text *text, const Phrase *phrase) noexcept nogil:
    put_bytes(text, phrase.bytes, phrase.length)
