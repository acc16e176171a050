"""Bytes as hexadecimal digits: small ones out, either case in."""
from libc.stdint cimport uint8_t, uint32_t

cdef enum:
    NO_HEX_DIGIT = 255


cdef inline void write_hex(const uint8_t *bytes, uint32_t count, uint8_t *text) noexcept nogil:
    """Write 2 * `count` digits."""
    cdef const char *digits = b"0123456789abcdef"
    cdef uint32_t i
    for i in range(count):
        text[2 * i] = digits[bytes[i] >> 4]
        text[2 * i + 1] = digits[bytes[i] & 15]


cdef inline bint read_hex(const uint8_t *text, uint32_t count, uint8_t *bytes) noexcept nogil:
    """Read 2 * `count` digits into `count` bytes. False: something else stands among them; the bytes mean nothing then."""
    cdef uint8_t high, low
    cdef uint32_t i
    for i in range(count):
        high = hex_value(text[2 * i])
        low = hex_value(text[2 * i + 1])
        if high == NO_HEX_DIGIT or low == NO_HEX_DIGIT:
            return False
        bytes[i] = <uint8_t> (high << 4 | low)
    return True


cdef inline uint8_t hex_value(uint8_t digit) noexcept nogil:
    """Return 0 … 15, or NO_HEX_DIGIT."""
    if c'0' <= digit <= c'9':
        return digit - c'0'
    digit |= 0x20
    return digit - c'a' + 10 if c'a' <= digit <= c'f' else NO_HEX_DIGIT
