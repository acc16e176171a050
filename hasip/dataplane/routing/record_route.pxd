"""The token in our Record-Route URI: which call this is, signed. It stands in the URI's user part, which every user agent gives back. (§16.6 step 4)"""
from libc.stdint cimport uint8_t

from hasip.dataplane.base.handle cimport HANDLE_TEXT_BYTES, Handle, read_handle, write_handle
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.base.span cimport Span

cdef enum:
    TOKEN_BYTES = HANDLE_TEXT_BYTES
    PURPOSE_CALL = 0x6C6C6163


cdef inline void write_token(const HashKey *key, Handle call, uint8_t *text) noexcept nogil:
    """Write TOKEN_BYTES that name a call."""
    write_handle(key, PURPOSE_CALL, call, text)


cdef inline bint read_token(const HashKey *key, const uint8_t *bytes, Span user, Handle *call) noexcept nogil:
    """Read the call from a URI's user part. False: not a token of ours."""
    return user.length == TOKEN_BYTES and read_handle(key, PURPOSE_CALL, bytes + user.offset, call)
