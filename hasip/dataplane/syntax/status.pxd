"""Status codes (RFC 3261 §7.2, §21): classes, phrases, and which ones say that the far end, not the call, failed."""
from libc.stdint cimport uint16_t, uint32_t

cdef extern from "hasip/dataplane/syntax/status.h" nogil:
    const char *reason_phrase_of "hasip_reason_phrase" (uint32_t status)    # "" for codes the router does not send

cdef enum:
    STATUS_MIN = 100
    STATUS_MAX = 699


cdef inline bint is_status(uint32_t status) noexcept nogil:
    return STATUS_MIN <= status <= STATUS_MAX


cdef inline bint is_provisional(uint16_t status) noexcept nogil:
    return 100 <= status < 200


cdef inline bint is_final(uint16_t status) noexcept nogil:
    return 200 <= status <= STATUS_MAX


cdef inline bint is_success(uint16_t status) noexcept nogil:
    return 200 <= status < 300


cdef inline bint is_redirection(uint16_t status) noexcept nogil:
    return 300 <= status < 400


cdef inline bint is_client_error(uint16_t status) noexcept nogil:
    return 400 <= status < 500


cdef inline bint is_server_error(uint16_t status) noexcept nogil:
    return 500 <= status < 600


cdef inline bint is_global_failure(uint16_t status) noexcept nogil:
    return 600 <= status <= STATUS_MAX


cdef inline bint default_fails_over(uint16_t status) noexcept nogil:
    """Return whether the next target is tried after this response, unless the trunk says otherwise.

    The code is taken as it is: a code we do not know is not treated as the x00 of its class (which §8.1.3.2 is about the meaning
    for a user agent), for 599 says nothing about whether another target would serve.
    """
    return (status == 408 or status == 480 or 500 <= status <= 505 or status == 513 or status == 580)
