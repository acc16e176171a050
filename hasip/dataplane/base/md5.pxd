"""MD5 (RFC 1321): what most user agents make Digest credentials with (RFC 7616 §3.4). Nothing of our own is trusted to it."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

cdef extern from "hasip/dataplane/base/md5.h" nogil:
    const uint32_t[64] MD5_SINES "hasip_md5_sines"

cdef enum:
    MD5_BYTES = 16
    MD5_BLOCK_BYTES = 64


cdef struct Md5:
    uint32_t[4] state
    uint64_t length                # bytes added so far
    uint8_t[MD5_BLOCK_BYTES] block     # the last ones of them, which fill no block yet


cdef inline void md5_begin(Md5 *md5) noexcept nogil:
    """Start a hash."""
    md5.state[0] = 0x67452301
    md5.state[1] = 0xefcdab89
    md5.state[2] = 0x98badcfe
    md5.state[3] = 0x10325476
    md5.length = 0


cdef inline void md5_add(Md5 *md5, const uint8_t *bytes, size_t length) noexcept nogil:
    """Hash `length` more bytes."""
    cdef size_t held = <size_t> (md5.length % MD5_BLOCK_BYTES), missing = MD5_BLOCK_BYTES - held
    md5.length += length
    if length < missing:
        memcpy(md5.block + held, bytes, length)
        return
    memcpy(md5.block + held, bytes, missing)
    absorb_block(md5, md5.block)
    bytes += missing
    length -= missing
    while length >= MD5_BLOCK_BYTES:
        absorb_block(md5, bytes)
        bytes += MD5_BLOCK_BYTES
        length -= MD5_BLOCK_BYTES
    memcpy(md5.block, bytes, length)


cdef inline void md5_end(Md5 *md5, uint8_t *digest) noexcept nogil:
    """Write MD5_BYTES of digest. The hash is used up."""
    cdef uint64_t bits = md5.length << 3
    cdef size_t held = <size_t> (md5.length % MD5_BLOCK_BYTES)
    md5.block[held] = 0x80
    held += 1
    memset(md5.block + held, 0, MD5_BLOCK_BYTES - held)
    if held > MD5_BLOCK_BYTES - sizeof(bits):
        absorb_block(md5, md5.block)
        memset(md5.block, 0, MD5_BLOCK_BYTES)
    memcpy(md5.block + MD5_BLOCK_BYTES - sizeof(bits), &bits, sizeof(bits))
    absorb_block(md5, md5.block)
    memcpy(digest, md5.state, MD5_BYTES)


cdef inline void absorb_block(Md5 *md5, const uint8_t *block) noexcept nogil:
    """Mix one block into the state: four rounds of 16 steps (RFC 1321 §3.4). Each step waits for the one before, so what else it needs is added first."""
    cdef uint32_t[16] words
    cdef uint32_t a = md5.state[0], b = md5.state[1], c = md5.state[2], d = md5.state[3], i
    memcpy(words, block, MD5_BLOCK_BYTES)
    for i in range(0, 16, 4):
        a = b + rotate_left_32((a + words[i] + MD5_SINES[i]) + (d ^ (b & (c ^ d))), 7)
        d = a + rotate_left_32((d + words[i + 1] + MD5_SINES[i + 1]) + (c ^ (a & (b ^ c))), 12)
        c = d + rotate_left_32((c + words[i + 2] + MD5_SINES[i + 2]) + (b ^ (d & (a ^ b))), 17)
        b = c + rotate_left_32((b + words[i + 3] + MD5_SINES[i + 3]) + (a ^ (c & (d ^ a))), 22)
    for i in range(16, 32, 4):
        a = b + rotate_left_32((a + words[(5 * i + 1) & 15] + MD5_SINES[i] + (c & ~d)) + (b & d), 5)
        d = a + rotate_left_32((d + words[(5 * i + 6) & 15] + MD5_SINES[i + 1] + (b & ~c)) + (a & c), 9)
        c = d + rotate_left_32((c + words[(5 * i + 11) & 15] + MD5_SINES[i + 2] + (a & ~b)) + (d & b), 14)
        b = c + rotate_left_32((b + words[(5 * i) & 15] + MD5_SINES[i + 3] + (d & ~a)) + (c & a), 20)
    for i in range(32, 48, 4):
        a = b + rotate_left_32((a + words[(3 * i + 5) & 15] + MD5_SINES[i]) + (b ^ (c ^ d)), 4)
        d = a + rotate_left_32((d + words[(3 * i + 8) & 15] + MD5_SINES[i + 1]) + (a ^ (b ^ c)), 11)
        c = d + rotate_left_32((c + words[(3 * i + 11) & 15] + MD5_SINES[i + 2]) + (d ^ (a ^ b)), 16)
        b = c + rotate_left_32((b + words[(3 * i + 14) & 15] + MD5_SINES[i + 3]) + (c ^ (d ^ a)), 23)
    for i in range(48, 64, 4):
        a = b + rotate_left_32((a + words[(7 * i) & 15] + MD5_SINES[i]) + (c ^ (b | ~d)), 6)
        d = a + rotate_left_32((d + words[(7 * i + 7) & 15] + MD5_SINES[i + 1]) + (b ^ (a | ~c)), 10)
        c = d + rotate_left_32((c + words[(7 * i + 14) & 15] + MD5_SINES[i + 2]) + (a ^ (d | ~b)), 15)
        b = c + rotate_left_32((b + words[(7 * i + 5) & 15] + MD5_SINES[i + 3]) + (d ^ (c | ~a)), 21)
    md5.state[0] += a
    md5.state[1] += b
    md5.state[2] += c
    md5.state[3] += d


cdef inline uint32_t rotate_left_32(uint32_t word, uint8_t bits) noexcept nogil:
    return (word << bits) | (word >> (32 - bits))
