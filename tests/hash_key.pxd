"""Keys of tests, given as bytes."""
from libc.string cimport memcpy

from hasip.dataplane.base.hash cimport HashKey


cdef inline HashKey key_of(bytes key):
    cdef HashKey made
    assert len(key) == sizeof(made)
    memcpy(&made, <const char *> key, sizeof(made))
    return made
