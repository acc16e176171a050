"""Methods (RFC 3261 §7.1 and the extensions a proxy meets)."""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.syntax.message cimport METHOD_OTHER

cdef extern from "hasip/dataplane/syntax/method.h" nogil:
    uint8_t known_method "hasip_known_method" (const uint8_t *name, uint32_t length)


cdef inline uint8_t classify_method(const uint8_t *name, uint32_t length) noexcept nogil:
    """Return the Method of a token; METHOD_OTHER for one the router treats like any other. Reads: 9 octets from `name`."""
    return known_method(name, length) if length else METHOD_OTHER
