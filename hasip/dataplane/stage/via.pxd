"""Via on its way in: what we note in the topmost value (received, rport), and where responses go. (§18.2.1, §18.2.2, RFC 3581)"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.endpoint cimport (
    ADDRESS_TEXT_BYTES, FLOW_DATAGRAM, NO_FLOW, Endpoint, endpoint_from_host, is_same_place, write_address, write_number)
from hasip.dataplane.syntax.edit_list cimport EditList, edit_replace, put_bytes, put_room, put_written
from hasip.dataplane.syntax.message cimport Message

cdef enum:
    SIP_PORT = 5060


cdef inline void set_response_destination(const Message *message, const Endpoint *source, Endpoint *destination) noexcept nogil:
    """Answer by the connection the request came by; else to the source address, to its port if asked for (rport), else to the port of its Via.

    Deviates: §18.2.2 sends to maddr if there is one. We never do: it would let anyone aim our responses at others.
    """
    destination[0] = source[0]
    if message.rport < 0 and (source.flow == NO_FLOW or source.flow == FLOW_DATAGRAM):
        destination.port = message.via_port if message.via_port else SIP_PORT


cdef inline void note_source(EditList *edits, const Message *message, const Endpoint *source) noexcept nogil:
    """Add received, if sent-by is not the source address or rport is asked for, and fill rport in."""
    cdef Endpoint sent_by
    cdef uint32_t end = message.via.offset + message.via.length
    cdef uint8_t *text
    cdef uint32_t length
    sent_by = source[0]
    if message.via_received.length == 0 and (message.rport >= 0 or not endpoint_from_host(
            &sent_by, message.bytes + message.via_host.offset, message.via_host.length) or not is_same_place(&sent_by, source)):
        put_bytes(edits, b";received=", 10)
        put_address(edits, source)
        edit_replace(edits, end, end)
    if message.rport >= 0:
        put_bytes(edits, b"rport=", 6)
        put_number(edits, source.port)
        edit_replace(edits, message.rport_parameter.offset, message.rport_parameter.offset + message.rport_parameter.length)


cdef inline void put_number(EditList *edits, uint32_t number) noexcept nogil:
    """Put a decimal number."""
    put_written(edits, write_number(number, put_room(edits, 10)))


cdef inline void put_address(EditList *edits, const Endpoint *endpoint) noexcept nogil:
    """Put an address without brackets or port."""
    put_written(edits, write_address(endpoint, put_room(edits, ADDRESS_TEXT_BYTES)))
