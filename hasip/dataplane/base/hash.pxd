"""SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash. Table keys and tokens use it, so that no sender can choose collisions or forge one."""
from libc.stdint cimport uint8_t, uint64_t
from libc.stddef cimport size_t
from libc.string cimport memcpy


cdef struct HashKey:
    uint64_t first
    uint64_t second


cdef struct SipState:
    uint64_t v0
    uint64_t v1
    uint64_t v2
    uint64_t v3


cdef inline uint64_t siphash(const HashKey *key, const uint8_t *place, size_t length) noexcept nogil:
    """Return the 64-bit SipHash-2-4 of `length` bytes."""
    cdef SipState state
    cdef size_t blocks = length >> 3
    cdef size_t i
    cdef uint64_t word
    start_hash(&state, key)
    for i in range(blocks):
        memcpy(&word, place + 8 * i, 8)
        absorb_word(&state, word)
    absorb_word(&state, last_octets(place, length) | (<uint64_t>length << 56))
    return finish_hash(&state)


cdef inline uint64_t last_octets(const uint8_t *place, size_t length) noexcept nogil:
    """Return the octets behind the last whole word, little endian. No call of memcpy, no octet read that is not the input's."""
    cdef uint64_t word = 0
    cdef size_t i
    if length & 7 == 0:
        return 0
    if length >= 8:
        memcpy(&word, place + length - 8, 8)
        return word >> (64 - 8 * (length & 7))
    for i in range(length):
        word |= <uint64_t>place[i] << (8 * i)
    return word


cdef inline uint64_t siphash_words(const HashKey *key, uint64_t first, uint64_t second) noexcept nogil:
    """Return the SipHash-2-4 of two words (16 bytes, little endian)."""
    cdef SipState state
    start_hash(&state, key)
    absorb_word(&state, first)
    absorb_word(&state, second)
    absorb_word(&state, <uint64_t>16 << 56)
    return finish_hash(&state)


cdef inline void start_hash(SipState *state, const HashKey *key) noexcept nogil:
    state.v0 = key.first ^ <uint64_t>0x736f6d6570736575
    state.v1 = key.second ^ <uint64_t>0x646f72616e646f6d
    state.v2 = key.first ^ <uint64_t>0x6c7967656e657261
    state.v3 = key.second ^ <uint64_t>0x7465646279746573


cdef inline void absorb_word(SipState *state, uint64_t word) noexcept nogil:
    state.v3 ^= word
    sip_round(state)
    sip_round(state)
    state.v0 ^= word


cdef inline uint64_t finish_hash(SipState *state) noexcept nogil:
    state.v2 ^= 0xff
    sip_round(state)
    sip_round(state)
    sip_round(state)
    sip_round(state)
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3


cdef inline void sip_round(SipState *state) noexcept nogil:
    state.v0 += state.v1
    state.v1 = rotate_left(state.v1, 13) ^ state.v0
    state.v0 = rotate_left(state.v0, 32)
    state.v2 += state.v3
    state.v3 = rotate_left(state.v3, 16) ^ state.v2
    state.v0 += state.v3
    state.v3 = rotate_left(state.v3, 21) ^ state.v0
    state.v2 += state.v1
    state.v1 = rotate_left(state.v1, 17) ^ state.v2
    state.v2 = rotate_left(state.v2, 32)


cdef inline uint64_t rotate_left(uint64_t word, int bits) noexcept nogil:
    return (word << bits) | (word >> (64 - bits))
