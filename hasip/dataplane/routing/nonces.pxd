"""Nonces without memory, and the little memory that refuses replays. (RFC 7616 §3.3, §5.4)

A nonce is the second of its making, a serial number and a keyed hash of both with the address it was given to: 32 hexadecimal digits. Any
node with the key knows its own, and that only who can read what is sent to that address has it. What has to be kept is the count it was
last used with, for as long as it is good: in sets of four, by its hash. A full set forgets nothing: the newcomer is called stale.
Owns: its table. Threads: one.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from hasip.dataplane.base.hash cimport HashKey, siphash
from hasip.dataplane.base.hex cimport read_hex, write_hex
from hasip.dataplane.base.memory cimport map_zeroed, unmap

cdef enum:
    NONCE_BYTES = 32                # as text
    NONCE_LIFE_S = 300
    NONCE_SETS = 65536              # a power of two
    NONCES_IN_SET = 4


cdef struct Nonce:
    uint32_t made_s
    uint32_t serial
    uint64_t hash


cdef struct NonceUse:
    uint64_t hash
    uint32_t count                  # 0: this place is free
    uint32_t made_s


cdef struct NonceTable:
    NonceUse *uses


cdef inline bint nonces_open(NonceTable *nonces) noexcept nogil:
    """Map the table. False: no memory."""
    nonces.uses = <NonceUse *>map_zeroed(<size_t>NONCE_SETS * NONCES_IN_SET * sizeof(NonceUse))
    return nonces.uses != NULL


cdef inline void nonces_close(NonceTable *nonces) noexcept nogil:
    unmap(nonces.uses, <size_t>NONCE_SETS * NONCES_IN_SET * sizeof(NonceUse))


cdef inline void write_nonce(const HashKey *key, uint32_t now_s, uint32_t serial, const uint8_t *address, uint8_t *text) noexcept nogil:
    """Write a new nonce for an address of 16 bytes; room for NONCE_BYTES."""
    cdef uint8_t bytes[16]
    cdef uint64_t hash
    memcpy(bytes, &now_s, 4)
    memcpy(bytes + 4, &serial, 4)
    hash = nonce_hash(key, bytes, address)
    memcpy(bytes + 8, &hash, 8)
    write_hex(bytes, 16, text)


cdef inline bint read_nonce(const HashKey *key, const uint8_t *text, uint32_t length, const uint8_t *address, Nonce *nonce) noexcept nogil:
    """Read a nonce that was given to an address. False: it was not, or never by us."""
    cdef uint8_t bytes[16]
    if length != NONCE_BYTES or not read_hex(text, 16, bytes):
        return False
    memcpy(&nonce.made_s, bytes, 4)
    memcpy(&nonce.serial, bytes + 4, 4)
    memcpy(&nonce.hash, bytes + 8, 8)
    return nonce.hash == nonce_hash(key, bytes, address)


cdef inline uint64_t nonce_hash(const HashKey *key, const uint8_t *bytes, const uint8_t *address) noexcept nogil:
    cdef uint8_t fields[24]
    memcpy(fields, bytes, 8)
    memcpy(fields + 8, address, 16)
    return siphash(key, fields, 24)


cdef inline bint is_fresh(const Nonce *nonce, uint32_t now_s) noexcept nogil:
    """True while a nonce may be used; one from the future was not made by this clock."""
    return now_s - nonce.made_s <= <uint32_t>NONCE_LIFE_S


cdef inline bint use_nonce(NonceTable *nonces, const Nonce *nonce, uint32_t count, uint32_t now_s) noexcept nogil:
    """True when a nonce has not been used with this count, nor with a higher one; from now on it has."""
    cdef NonceUse *set_of = &nonces.uses[(nonce.hash & <uint64_t>(NONCE_SETS - 1)) * NONCES_IN_SET]
    cdef NonceUse *free_place = NULL
    cdef uint32_t i
    if count == 0:
        return False
    for i in range(NONCES_IN_SET):
        if set_of[i].count and set_of[i].hash == nonce.hash:
            if count <= set_of[i].count:
                return False
            set_of[i].count = count
            return True
        if set_of[i].count == 0 or now_s - set_of[i].made_s > <uint32_t>NONCE_LIFE_S:
            free_place = &set_of[i]
    if free_place == NULL:
        return False
    free_place.hash = nonce.hash
    free_place.count = count
    free_place.made_s = nonce.made_s
    return True
