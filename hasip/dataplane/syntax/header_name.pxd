"""Header names: which of the names the router knows a line begins with (RFC 3261 §7.3.1, compact forms §7.3.3)."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from hasip.dataplane.syntax.octets cimport same_letters

cdef extern from "hasip/dataplane/syntax/simd.h" nogil:
    enum:
        HEADER_NAME_BYTES
    uint32_t known_header_name "hasip_known_header_name" (const uint8_t *name, uint32_t length)
    uint32_t name_lines "hasip_name_lines" (
        const uint8_t *octets, uint32_t count, const uint16_t *header_start, uint16_t *value_start,
        uint8_t *number, uint8_t *first, uint8_t *how_many)          # returns how many lines remain, the last of them an odd one


cdef inline uint8_t classify_header_name(const uint8_t *name, uint32_t length) noexcept nogil:
    """Return the HeaderName of a name without white space, in any case, long or compact; HEADER_OTHER for the rest.

    Reads: the octet before the name, too, which in a message is LF.
    """
    if length - 1 >= <uint32_t> HEADER_NAME_BYTES - 1:    # 0 wraps around
        return 0
    return <uint8_t> known_header_name(name, length)


cdef inline bint is_charging_name(const uint8_t *name, uint32_t length) noexcept nogil:
    """Return whether a name begins with "P-Charging-": a trust domain keeps such headers to itself, known or not (RFC 7315 §4.5, §4.6)."""
    return length > 11 and same_letters(name, b"p-charging-", 11)
