"""The numbers that Request-URI and From name, however they are written. (§19.1.1, §19.1.2, RFC 3966)"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.span cimport Span
from hasip.dataplane.routing.numbers cimport NUMBER_BYTES_MAX
from hasip.dataplane.syntax.header_value cimport header_value
from hasip.dataplane.syntax.message cimport HEADER_FROM, Message, Uri
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr
from hasip.dataplane.syntax.octets cimport same_letters
from hasip.dataplane.syntax.uri cimport parse_uri


cdef inline uint32_t dialled_number(const Message *message, uint8_t *number) noexcept nogil:
    """Copy the number of a sip or tel Request-URI, which routes a new request, and which a loop repeats; return its length."""
    return uri_number(message.bytes, &message.request_uri, number)


cdef inline uint32_t calling_number(const Message *message, uint8_t *number) noexcept nogil:
    """Copy the number of From's URI; return its length, 0 where there is none."""
    cdef Span value = header_value(message, message.first_header[HEADER_FROM] - 1)
    cdef NameAddr element
    cdef Uri uri
    if not parse_name_addr(message.bytes, value.offset, value.offset + value.length, &element) or not parse_uri(message.bytes, element.uri, &uri):
        return 0
    return uri_number(message.bytes, &uri, number)


cdef inline uint32_t uri_number(const uint8_t *bytes, const Uri *uri, uint8_t *number) noexcept nogil:
    """Copy the number of a sip or tel URI, without parameters, escapes undone; return its length."""
    cdef Span span = uri.user
    cdef uint32_t at, end, length = 0
    cdef uint8_t character
    if not uri.is_sip:
        if uri.whole.length <= 4 or not same_letters(bytes + uri.whole.offset, b"tel:", 4):
            return 0
        span = uri.whole
        span.offset += 4
        span.length -= 4
    at = span.offset
    end = at + span.length
    while at < end and length <= NUMBER_BYTES_MAX and bytes[at] != c';':
        character = bytes[at]
        if character == c'%' and at + 2 < end:
            character = <uint8_t>(hexadecimal(bytes[at + 1]) << 4 | hexadecimal(bytes[at + 2]))
            at += 2
        number[length] = character
        length += 1
        at += 1
    return length


cdef inline uint8_t hexadecimal(uint8_t digit) noexcept nogil:
    return digit - c'0' if digit <= c'9' else ((digit | 32) - c'a' + 10) & 15
