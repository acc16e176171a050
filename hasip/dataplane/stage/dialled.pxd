"""The number that a Request-URI dials, however it is written: what routes a new request, and what a loop repeats. (§19.1.1, §19.1.2, RFC 3966)"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.span cimport Span
from hasip.dataplane.routing.numbers cimport NUMBER_BYTES_MAX
from hasip.dataplane.syntax.message cimport Message


cdef inline uint32_t dialled_number(const Message *message, uint8_t *number) noexcept nogil:
    """Copy the number of a sip or tel Request-URI, without parameters, escapes undone (§19.1.1, §19.1.2); return its length."""
    cdef Span span = message.request_uri.user
    cdef uint32_t at, end, length = 0
    cdef uint8_t character
    if not message.request_uri.is_sip:
        span = message.request_uri.whole
        span.offset += 4
        span.length -= 4
    at = span.offset
    end = at + span.length
    while at < end and length <= NUMBER_BYTES_MAX and message.bytes[at] != c';':
        character = message.bytes[at]
        if character == c'%' and at + 2 < end:
            character = <uint8_t>(hexadecimal(message.bytes[at + 1]) << 4 | hexadecimal(message.bytes[at + 2]))
            at += 2
        number[length] = character
        length += 1
        at += 1
    return length


cdef inline uint8_t hexadecimal(uint8_t digit) noexcept nogil:
    return digit - c'0' if digit <= c'9' else ((digit | 32) - c'a' + 10) & 15
