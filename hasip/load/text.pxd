"""Text being written into bytes of a known size: too much of it is noted, and never written."""
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, strlen

from hasip.dataplane.base.endpoint cimport write_number
from hasip.dataplane.base.span cimport Span


cdef struct Text:
    uint8_t *bytes
    uint32_t length
    uint32_t capacity
    bint is_cut                     # something did not fit


cdef inline Text text_at(uint8_t *place, uint32_t capacity) noexcept nogil:
    """Return an empty text."""
    cdef Text text
    text.bytes = place
    text.length = 0
    text.capacity = capacity
    text.is_cut = False
    return text


cdef inline void put_bytes(Text *text, const void *place, uint32_t length) noexcept nogil:
    if length > text.capacity - text.length:
        text.is_cut = True
        return
    memcpy(text.bytes + text.length, place, length)
    text.length += length


cdef inline void put(Text *text, const char *words) noexcept nogil:
    """Put words that end in a zero; for a literal their length is known when this is compiled."""
    put_bytes(text, words, <uint32_t>strlen(words))


cdef inline void put_span(Text *text, const uint8_t *message, Span span) noexcept nogil:
    put_bytes(text, message + span.offset, span.length)


cdef inline void put_number(Text *text, uint32_t number) noexcept nogil:
    cdef uint8_t digits[10]
    put_bytes(text, digits, write_number(number, digits))


cdef inline void put_hex(Text *text, uint32_t number) noexcept nogil:
    """Put eight digits."""
    cdef uint8_t digits[8]
    cdef uint32_t i, digit
    for i in range(8):
        digit = number >> (28 - 4 * i) & 15
        digits[i] = <uint8_t>(c'0' + digit if digit < 10 else c'a' + digit - 10)
    put_bytes(text, digits, 8)
