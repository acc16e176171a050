"""Files of the state directory, mapped: what must outlive the process lies in them."""
import os

from libc.errno cimport errno as c_errno
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from hasip.dataplane.base.endpoint cimport ADDRESS_TEXT_BYTES, Endpoint, write_address
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.base.memory cimport MAP_FAILED, MAP_SHARED, PROT_READ, PROT_WRITE, mmap


cdef bytes read_start(str path, size_t length):
    """Return the first bytes of a file, and nothing of one that is not there or empty. Errors: OSError."""
    try:
        with open(path, "rb") as file:
            return file.read(length)
    except FileNotFoundError:
        return b""


cdef void *map_state_file(str path, size_t size) except NULL:
    """Map a file, made if it is not there, so long at the least. Errors: OSError."""
    cdef void *place
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, size)
        place = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    finally:
        os.close(descriptor)
    if place == MAP_FAILED:
        raise OSError(c_errno, os.strerror(c_errno), path)
    return place


cdef int fill_key(HashKey *key) except -1:
    """Fill a key with random bytes."""
    cdef bytes random = os.urandom(sizeof(HashKey))
    memcpy(key, <const char *>random, sizeof(HashKey))
    return 0


cdef str address_text(const Endpoint *endpoint):
    """Return an endpoint's address without brackets."""
    cdef uint8_t text[ADDRESS_TEXT_BYTES]
    return (<const char *>text)[:write_address(endpoint, text)].decode("ascii")
