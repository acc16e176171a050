"""A piece of a datagram, named by where it lies: nothing is copied out of the bytes that arrived."""
from libc.stdint cimport uint16_t


cdef struct Span:
    uint16_t offset     # from the first byte of the message
    uint16_t length     # bytes; 0 means absent or empty


cdef inline Span span_between(uint16_t start, uint16_t end) noexcept nogil:
    """Return the span of bytes start ≤ i < end."""
    cdef Span span
    span.offset = start
    span.length = <uint16_t>(end - start)
    return span
