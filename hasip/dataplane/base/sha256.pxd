"""SHA-256 (FIPS 180-4 §6.2): what newer user agents make Digest credentials with (RFC 8760)."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

cdef extern from "hasip/dataplane/base/sha256.h" nogil:
    const uint32_t[64] SHA256_CUBE_ROOTS "hasip_sha256_cube_roots"
    const uint32_t[8] SHA256_SQUARE_ROOTS "hasip_sha256_square_roots"

cdef extern from * nogil:
    uint32_t big_endian_32 "__builtin_bswap32" (uint32_t word)
    uint64_t big_endian_64 "__builtin_bswap64" (uint64_t word)

cdef enum:
    SHA256_BYTES = 32
    SHA256_BLOCK_BYTES = 64


cdef struct Sha256:
    uint32_t[8] state
    uint64_t length                # bytes added so far
    uint8_t[SHA256_BLOCK_BYTES] block  # the last ones of them, which fill no block yet


cdef inline void sha256_begin(Sha256 *sha256) noexcept nogil:
    """Start a hash."""
    memcpy(sha256.state, SHA256_SQUARE_ROOTS, sizeof(sha256.state))
    sha256.length = 0


cdef inline void sha256_add(Sha256 *sha256, const uint8_t *bytes, size_t length) noexcept nogil:
    """Hash `length` more bytes."""
    cdef size_t held = <size_t> (sha256.length % SHA256_BLOCK_BYTES), missing = SHA256_BLOCK_BYTES - held
    sha256.length += length
    if length < missing:
        memcpy(sha256.block + held, bytes, length)
        return
    memcpy(sha256.block + held, bytes, missing)
    absorb_block(sha256, sha256.block)
    bytes += missing
    length -= missing
    while length >= SHA256_BLOCK_BYTES:
        absorb_block(sha256, bytes)
        bytes += SHA256_BLOCK_BYTES
        length -= SHA256_BLOCK_BYTES
    memcpy(sha256.block, bytes, length)


cdef inline void sha256_end(Sha256 *sha256, uint8_t *digest) noexcept nogil:
    """Write SHA256_BYTES of digest. The hash is used up."""
    cdef uint64_t bits = big_endian_64(sha256.length << 3)
    cdef size_t held = <size_t> (sha256.length % SHA256_BLOCK_BYTES)
    cdef uint32_t i, word
    sha256.block[held] = 0x80
    held += 1
    memset(sha256.block + held, 0, SHA256_BLOCK_BYTES - held)
    if held > SHA256_BLOCK_BYTES - sizeof(bits):
        absorb_block(sha256, sha256.block)
        memset(sha256.block, 0, SHA256_BLOCK_BYTES)
    memcpy(sha256.block + SHA256_BLOCK_BYTES - sizeof(bits), &bits, sizeof(bits))
    absorb_block(sha256, sha256.block)
    for i in range(8):
        word = big_endian_32(sha256.state[i])
        memcpy(digest + 4 * i, &word, 4)


cdef inline void absorb_block(Sha256 *sha256, const uint8_t *block) noexcept nogil:
    """Mix one block into the state in 64 steps (FIPS 180-4 §6.2.2)."""
    cdef uint32_t[64] words
    cdef uint32_t[8] mixed
    cdef uint32_t i
    schedule_words(block, words)
    memcpy(mixed, sha256.state, sizeof(mixed))
    for i in range(64):
        mix_word(mixed, words[i] + SHA256_CUBE_ROOTS[i])
    for i in range(8):
        sha256.state[i] += mixed[i]


cdef inline void schedule_words(const uint8_t *block, uint32_t *words) noexcept nogil:
    """Make 64 words of the block's 16."""
    cdef uint32_t i, early, late
    memcpy(words, block, SHA256_BLOCK_BYTES)
    for i in range(16):
        words[i] = big_endian_32(words[i])
    for i in range(16, 64):
        early = words[i - 15]
        late = words[i - 2]
        early = rotate_right_32(early, 7) ^ rotate_right_32(early, 18) ^ (early >> 3)
        late = rotate_right_32(late, 17) ^ rotate_right_32(late, 19) ^ (late >> 10)
        words[i] = words[i - 16] + early + words[i - 7] + late


cdef inline void mix_word(uint32_t *mixed, uint32_t word) noexcept nogil:
    """Take one step: the eight words move on by one place, with two new ones among them."""
    cdef uint32_t a = mixed[0], b = mixed[1], c = mixed[2], e = mixed[4], f = mixed[5], g = mixed[6]
    cdef uint32_t first = mixed[7] + word + (rotate_right_32(e, 6) ^ rotate_right_32(e, 11) ^ rotate_right_32(e, 25)) + ((e & f) ^ (~e & g))
    cdef uint32_t second = (rotate_right_32(a, 2) ^ rotate_right_32(a, 13) ^ rotate_right_32(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    memmove(mixed + 1, mixed, 7 * sizeof(uint32_t))
    mixed[4] += first
    mixed[0] = first + second


cdef inline uint32_t rotate_right_32(uint32_t word, uint8_t bits) noexcept nogil:
    return (word >> bits) | (word << (32 - bits))
