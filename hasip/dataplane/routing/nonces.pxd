"""Nonces without memory, and the little memory that refuses replays. (RFC 7616 §3.3, §5.4)

A nonce is the second of its making, a serial number and a keyed hash of both with the address it was given to: 22 characters, so that a response
fits two blocks of MD5. Any node with the key knows its own, and that only who can read what is sent to that address has it. What has to be kept is
the count it was last used with, and by which request, at the place its serial number names. Where a newer one stands there, it is called stale:
nobody knows any more.
Owns: its table. Threads: one.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from hasip.dataplane.base.hash cimport HashKey, siphash
from hasip.dataplane.base.handle cimport WORD_TEXT_BYTES, read_word, write_word
from hasip.dataplane.base.memory cimport map_zeroed, prefetch, unmap

cdef enum:
    NONCE_BYTES = 2 * WORD_TEXT_BYTES
    NONCE_LIFE_S = 300
    NONCE_PLACES = 1048576          # a power of two: so many newer ones may be used before one is called stale early


cdef struct Nonce:
    uint32_t made_s
    uint32_t serial


cdef struct NonceUse:
    uint32_t serial
    uint32_t made_s
    uint32_t count                  # it was last used with; 0: this place is free
    uint16_t outcome                # what became of that request; whoever served it writes it here
    uint64_t request                # which it was (§17.2.3)


cdef enum NonceResult:
    NONCE_IS_NEW = 0                # not used with this count before
    NONCE_IS_REPEATED = 1           # last used with this count, by the same request: its retransmission
    NONCE_IS_STALE = 2


cdef struct NonceTable:
    NonceUse *uses


cdef inline bint nonces_open(NonceTable *nonces) noexcept nogil:
    """Map the table. False: no memory."""
    nonces.uses = <NonceUse *>map_zeroed(<size_t>NONCE_PLACES * sizeof(NonceUse))
    return nonces.uses != NULL


cdef inline void nonces_close(NonceTable *nonces) noexcept nogil:
    unmap(nonces.uses, <size_t>NONCE_PLACES * sizeof(NonceUse))


cdef inline void write_nonce(const HashKey *key, uint32_t now_s, uint32_t serial, const uint8_t *address, uint8_t *text) noexcept nogil:
    """Write a new nonce for an address of 16 bytes; room for NONCE_BYTES."""
    cdef uint64_t made = <uint64_t>now_s << 32 | serial
    write_word(made, text)
    write_word(nonce_hash(key, made, address), text + WORD_TEXT_BYTES)


cdef inline bint read_nonce(const HashKey *key, const uint8_t *text, uint32_t length, const uint8_t *address, Nonce *nonce) noexcept nogil:
    """Read a nonce that was given to an address. False: it was not, or never by us."""
    cdef uint64_t made, hash
    if length != NONCE_BYTES or not read_word(text, &made) or not read_word(text + WORD_TEXT_BYTES, &hash):
        return False
    nonce.made_s = <uint32_t>(made >> 32)
    nonce.serial = <uint32_t>made
    return hash == nonce_hash(key, made, address)


cdef inline uint64_t nonce_hash(const HashKey *key, uint64_t made, const uint8_t *address) noexcept nogil:
    cdef uint8_t fields[24]
    memcpy(fields, &made, 8)
    memcpy(fields + 8, address, 16)
    return siphash(key, fields, 24)


cdef inline bint is_fresh(const Nonce *nonce, uint32_t now_s) noexcept nogil:
    """True while a nonce may be used; one from the future was not made by this clock."""
    return now_s - nonce.made_s <= <uint32_t>NONCE_LIFE_S


cdef inline void nonce_foresee(const NonceTable *nonces, const Nonce *nonce) noexcept nogil:
    """Fetch what is known of a nonce's use, while its proof is computed."""
    prefetch(&nonces.uses[nonce.serial & <uint32_t>(NONCE_PLACES - 1)])


cdef inline int use_nonce(NonceTable *nonces, const Nonce *nonce, uint32_t count, uint64_t request, NonceUse **found) noexcept nogil:
    """Use a nonce with a count, higher than any before; return a NonceResult, and unless it is stale the place that remembers it.

    Of two at one place the newer stays.
    """
    cdef NonceUse *use = &nonces.uses[nonce.serial & <uint32_t>(NONCE_PLACES - 1)]
    cdef uint64_t held = <uint64_t>use.made_s << 32 | use.serial, asked = <uint64_t>nonce.made_s << 32 | nonce.serial
    found[0] = use
    if count == 0:
        return NONCE_IS_STALE
    if use.count > 0 and asked <= held:
        if asked < held or count < use.count or (count == use.count and request != use.request):
            return NONCE_IS_STALE
        if count == use.count:
            return NONCE_IS_REPEATED
    use.serial = nonce.serial
    use.made_s = nonce.made_s
    use.count = count
    use.outcome = 0
    use.request = request
    return NONCE_IS_NEW
