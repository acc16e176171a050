"""Our branch parameter: the client transaction it belongs to, signed, and what a loop would repeat. (§8.1.1.7, §16.6 step 8)

    z9hG4bK | handle of the client transaction, 22 | loop hash, 6
"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from hasip.dataplane.base.handle cimport HANDLE_ALPHABET, HANDLE_TEXT_BYTES, Handle, character_value, read_handle, write_handle
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.base.span cimport Span
from libc.string cimport memcmp, memcpy

cdef enum:
    COOKIE_BYTES = 7
    LOOP_TEXT_BYTES = 6
    BRANCH_BYTES = COOKIE_BYTES + HANDLE_TEXT_BYTES + LOOP_TEXT_BYTES
    PURPOSE_BRANCH = 0x68636E61
    SLOT_WORKER_SHIFT = 26                  # a branch's slot: worker above, transaction below
    STATELESS_SLOT = (1 << SLOT_WORKER_SHIFT) - 1


cdef inline void write_branch(const HashKey *key, uint32_t worker, uint32_t slot, uint32_t generation, uint32_t loop_hash, uint8_t *text) noexcept nogil:
    """Write BRANCH_BYTES."""
    cdef Handle handle
    cdef int i
    handle.slot = worker << SLOT_WORKER_SHIFT | slot
    handle.generation = generation
    memcpy(text, b"z9hG4bK", COOKIE_BYTES)
    write_handle(key, PURPOSE_BRANCH, handle, text + COOKIE_BYTES)
    for i in range(LOOP_TEXT_BYTES):
        text[COOKIE_BYTES + HANDLE_TEXT_BYTES + i] = HANDLE_ALPHABET[loop_hash & 63]
        loop_hash >>= 6


cdef inline bint read_branch(const HashKey *key, const uint8_t *bytes, Span branch, uint32_t *worker, uint32_t *slot, uint32_t *generation) noexcept nogil:
    """Read whose branch it is. False: not ours, or tampered with."""
    cdef Handle handle
    if branch.length != BRANCH_BYTES or not has_cookie(bytes, branch):
        return False
    if not read_handle(key, PURPOSE_BRANCH, bytes + branch.offset + COOKIE_BYTES, &handle):
        return False
    worker[0] = handle.slot >> SLOT_WORKER_SHIFT
    slot[0] = handle.slot & STATELESS_SLOT
    generation[0] = handle.generation
    return True


cdef inline bint has_cookie(const uint8_t *bytes, Span branch) noexcept nogil:
    """True when the branch is unique by RFC 3261's rule, not RFC 2543's."""
    return branch.length > COOKIE_BYTES and memcmp(bytes + branch.offset, b"z9hG4bK", COOKIE_BYTES) == 0


cdef inline bint repeats_loop(const uint8_t *bytes, Span branch, uint32_t loop_hash) noexcept nogil:
    """True when a branch of ours carries this loop hash: the request has been here before, unchanged (§16.3 step 4)."""
    cdef int i
    if branch.length != BRANCH_BYTES:
        return False
    for i in range(LOOP_TEXT_BYTES):
        if character_value(bytes[branch.offset + COOKIE_BYTES + HANDLE_TEXT_BYTES + i]) != (loop_hash & 63):
            return False
        loop_hash >>= 6
    return True
