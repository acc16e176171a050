"""Changes to a message on its way through: what to remove and what to put in, in the order of the bytes; then one pass writes the result.

Inserted text is kept in the list itself. A list that overflows says so, and nothing is sent.
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

cdef enum:
    EDITS_MAX = 24
    EDIT_TEXT_BYTES = 1536
    EDIT_ROOM_BYTES_MAX = 64


cdef struct Edit:
    uint16_t at                 # first byte removed, or where the text goes
    uint16_t removed            # bytes
    uint16_t text               # offset in the list's text
    uint16_t text_length


cdef struct EditList:
    uint32_t count
    uint32_t text_used
    uint32_t text_begun         # where the text being written starts
    uint8_t has_overflowed
    Edit edits[EDITS_MAX]
    uint8_t text[EDIT_TEXT_BYTES + EDIT_ROOM_BYTES_MAX]     # the last bytes are for room in a list that has none


cdef inline void edit_begin(EditList *edits) noexcept nogil:
    """Empty the list."""
    edits.count = 0
    edits.text_used = 0
    edits.text_begun = 0
    edits.has_overflowed = 0


cdef inline void put_bytes(EditList *edits, const void *bytes, uint32_t length) noexcept nogil:
    """Add to the text that the next edit will insert."""
    if edits.text_used + length > EDIT_TEXT_BYTES:
        edits.has_overflowed = 1
        return
    memcpy(edits.text + edits.text_used, bytes, length)
    edits.text_used += length


cdef inline uint8_t *put_room(EditList *edits, uint32_t length) noexcept nogil:
    """Return room for `length` ≤ EDIT_ROOM_BYTES_MAX bytes of text, to be used up to what put_written() says. What overflows is written aside."""
    if edits.text_used + length > EDIT_TEXT_BYTES:
        edits.has_overflowed = 1
    return edits.text + (EDIT_TEXT_BYTES if edits.has_overflowed else edits.text_used)


cdef inline void put_written(EditList *edits, uint32_t length) noexcept nogil:
    """Count what was written into the room."""
    if not edits.has_overflowed:
        edits.text_used += length


cdef inline void edit(EditList *edits, uint32_t start, uint32_t end, bint has_text) noexcept nogil:
    """Remove the bytes start ≤ i < end; with has_text, insert there what was put since the last edit."""
    cdef uint32_t i = edits.count
    if i == EDITS_MAX:
        edits.has_overflowed = 1
        return
    while i and (edits.edits[i - 1].at > start or (edits.edits[i - 1].at == start and edits.edits[i - 1].removed and start == end)):
        edits.edits[i] = edits.edits[i - 1]
        i -= 1
    edits.edits[i].at = <uint16_t>start
    edits.edits[i].removed = <uint16_t>(end - start)
    edits.edits[i].text = <uint16_t>edits.text_begun
    edits.edits[i].text_length = <uint16_t>(edits.text_used - edits.text_begun) if has_text else 0
    if has_text:
        edits.text_begun = edits.text_used
    edits.count += 1


cdef inline void edit_remove(EditList *edits, uint32_t start, uint32_t end) noexcept nogil:
    """Remove the bytes start ≤ i < end."""
    edit(edits, start, end, False)


cdef inline void edit_replace(EditList *edits, uint32_t start, uint32_t end) noexcept nogil:
    """Remove the bytes start ≤ i < end and insert there what was put since the last edit. An empty range inserts."""
    edit(edits, start, end, True)


cdef inline uint32_t edited_bytes_max(const EditList *edits, uint32_t length) noexcept nogil:
    """Return how long a message of `length` bytes can become."""
    return length + edits.text_used


cdef inline uint32_t write_edited(const EditList *edits, const uint8_t *bytes, uint32_t start, uint32_t end, uint8_t *place) noexcept nogil:
    """Write the bytes start ≤ i < end with the edits that begin there done; return how many were written.

    Edits must not overlap; the list keeps them in order, equal places in the order of their coming.
    """
    cdef uint32_t at = start, written = 0, i
    cdef const Edit *each
    for i in range(edits.count):
        each = &edits.edits[i]
        if each.at < at or each.at > end:
            continue
        memcpy(place + written, bytes + at, each.at - at)
        written += each.at - at
        memcpy(place + written, edits.text + each.text, each.text_length)
        written += each.text_length
        at = each.at + each.removed
    if at < end:
        memcpy(place + written, bytes + at, end - at)
        written += end - at
    return written
