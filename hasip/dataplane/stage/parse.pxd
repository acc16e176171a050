"""Bytes become a Message; what can't be one is answered 400 where an answer is possible.

Reads: the datagram. Writes: packet.message, the outbox. Verdicts: CONTINUE, REPLY, ABSORB, DROP.
"""
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, strlen

from hasip.dataplane.stage.admit cimport knows_source
from hasip.dataplane.stage.packet cimport VERDICT_ABSORB, VERDICT_CONTINUE, VERDICT_DROP, VERDICT_REPLY, Packet, decide
from hasip.dataplane.stage.reason cimport (
    REASON_ABSORBED_KEEPALIVE, REASON_DROPPED_MALFORMED, REASON_NONE, REASON_REFUSED_MALFORMED, REASON_REFUSED_VERSION)
from hasip.dataplane.stage.reply cimport reply_stateless
from hasip.dataplane.stage.workspace cimport Workspace
from hasip.dataplane.syntax.message cimport (
    HEADER_CALL_ID, HEADER_CSEQ, HEADER_FROM, HEADER_TO, KIND_REQUEST, METHOD_ACK, PARSE_EMPTY, PARSE_OK, PARSE_VERSION, Message)
from hasip.dataplane.syntax.parse_result cimport parse_result_header
from hasip.dataplane.syntax.parser cimport parse_message


cdef inline void parse_packet(Workspace *workspace, Packet *packet, const uint8_t *datagram, uint32_t length) noexcept nogil:
    """Parse a datagram."""
    cdef int result = parse_message(datagram, length, &packet.message)
    decide(packet, VERDICT_CONTINUE, REASON_NONE)
    if result == PARSE_OK:
        return
    if result == PARSE_EMPTY:
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_KEEPALIVE)
    elif not can_be_answered(&packet.message):
        decide(packet, VERDICT_DROP, REASON_DROPPED_MALFORMED)
    elif workspace.plane.drops_unknown and not knows_source(workspace, packet):
        return
    elif result == PARSE_VERSION:
        reply_stateless(workspace, &packet.message, &packet.source, 505, NULL, NULL)
        decide(packet, VERDICT_REPLY, REASON_REFUSED_VERSION)
    else:
        refuse_malformed(workspace, packet, result)


cdef inline bint can_be_answered(const Message *message) noexcept nogil:
    """True when a request's Via could be read and the headers a response repeats are there."""
    return (message.kind == KIND_REQUEST and message.method != METHOD_ACK and message.via.length and message.first_header[HEADER_FROM]
            and message.first_header[HEADER_TO] and message.first_header[HEADER_CALL_ID] and message.first_header[HEADER_CSEQ])


cdef inline void refuse_malformed(Workspace *workspace, Packet *packet, int result) noexcept nogil:
    """Answer 400 and name the header (§21.4.1)."""
    cdef char phrase[96]
    cdef const char *header = parse_result_header(result)
    cdef uint32_t length = min(<uint32_t>strlen(header), <uint32_t>64)
    memcpy(phrase, b"Bad Request - ", 14)
    memcpy(phrase + 14, header, length)
    phrase[14 + length] = 0
    reply_stateless(workspace, &packet.message, &packet.source, 400, phrase, NULL)
    decide(packet, VERDICT_REPLY, REASON_REFUSED_MALFORMED)
