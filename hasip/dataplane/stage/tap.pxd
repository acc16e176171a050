"""The tap: copies of messages for those who look, HEP and `hasip trace`. When nobody does, one test of one flag.

What is wanted is a trunk, a number, or a Call-ID; stages know the trunk of a new request, so its Call-ID is remembered, and all that bears it is copied.
Reads: messages received, once they were decided, and messages sent. Writes: a ring of our own; a full one is a counted drop.
"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from hasip.dataplane.base.atomic cimport load_relaxed_u32, load_relaxed_u64, store_relaxed_u64
from hasip.dataplane.base.clock cimport unix_us
from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.hash cimport siphash
from hasip.dataplane.base.ring cimport ring_put_behind
from hasip.dataplane.routing.numbers cimport NUMBER_BYTES_MAX
from hasip.dataplane.stage.dialled cimport calling_number, dialled_number
from hasip.dataplane.stage.outbox cimport OutboxEntry
from hasip.dataplane.stage.packet cimport VERDICT_HANDOFF, Packet
from hasip.dataplane.stage.reason cimport REASON_ABSORBED_KEEPALIVE, REASON_DROPPED_TAPPED
from hasip.dataplane.stage.workspace cimport TAP_NUMBERS_MAX, WATCHED_CALLS, Plane, Workspace, count
from hasip.dataplane.syntax.message cimport HEADER_FROM, Message
from hasip.dataplane.syntax.octets cimport unlikely
from hasip.dataplane.syntax.parser cimport parse_message

cdef enum:
    WATCHED_WAYS = 4                    # a Call-ID has so many places; the oldest of them gives way
    WATCHED_SLOT_BITS = 24
    NO_WATCHED_SLOT = 0xFFFFFF          # of no trunk that was asked for


cdef enum TapWant:                      # bits; 0: nobody looks
    TAP_EVERYTHING = 1
    TAP_CHOSEN = 2                      # what bears a remembered Call-ID: one that was asked for, or whose trunk is wanted,
    TAP_NUMBERS = 4                     # …or that calls, or comes from, a number


cdef struct TapHead:                    # stands before a message in the ring
    uint64_t at_us                      # since 1970
    uint32_t slot                       # of the trunk, on the board, or NO_WATCHED_SLOT
    uint32_t is_sent


cdef inline void tap_received(Workspace *workspace, const Packet *packet) noexcept nogil:
    """Copy a message that was received and decided, if somebody wants it. Another worker's is that one's to copy."""
    cdef uint32_t wants = load_relaxed_u32(&workspace.plane.tap.wants)
    if unlikely(wants != 0) and packet.verdict != VERDICT_HANDOFF and packet.reason != REASON_ABSORBED_KEEPALIVE:
        tap_message(workspace, wants, &packet.message, &packet.source, False)


cdef inline void tap_sent(Workspace *workspace, uint32_t first, uint32_t behind) noexcept nogil:
    """Copy those of the outbox's entries from `first` on, that were sent, which somebody wants."""
    cdef uint32_t wants = load_relaxed_u32(&workspace.plane.tap.wants), i
    if unlikely(wants != 0):
        for i in range(first, behind):
            tap_entry(workspace, wants, &workspace.outbox.entries[i])


cdef inline void tap_entry(Workspace *workspace, uint32_t wants, const OutboxEntry *entry) noexcept nogil:
    cdef const uint8_t *bytes = workspace.outbox.bytes + entry.offset
    parse_message(bytes, entry.length, &workspace.rendered)
    tap_message(workspace, wants, &workspace.rendered, &entry.destination, True)


cdef inline void tap_message(Workspace *workspace, uint32_t wants, const Message *message, const Endpoint *far_end, bint is_sent) noexcept nogil:
    """Leave a copy for the control plane, which is woken once the turn is over."""
    cdef TapHead head
    cdef uint64_t watched = watched_call(workspace.plane, message) if wants & TAP_CHOSEN else 0
    if not wants & TAP_EVERYTHING and watched == 0:
        return
    head.at_us = unix_us()
    head.slot = <uint32_t>watched & NO_WATCHED_SLOT if watched else NO_WATCHED_SLOT
    head.is_sent = is_sent
    if ring_put_behind(&workspace.plane.tap.rings[workspace.index], far_end, 0, <const uint8_t *>&head, sizeof(head), message.bytes, message.length):
        workspace.has_tapped = 1
    else:
        count(workspace, REASON_DROPPED_TAPPED)


cdef inline void note_trunk(Workspace *workspace, const Message *message, uint32_t slot) noexcept nogil:
    """The trunk of a request is known now: remember its Call-ID, if the trunk is wanted or a number; of one that was asked for, remember the trunk."""
    cdef uint32_t wants = load_relaxed_u32(&workspace.plane.tap.wants)
    if unlikely(wants & TAP_CHOSEN) and (
            load_relaxed_u32(&workspace.plane.board.rows[slot].is_tapped) or (wants & TAP_NUMBERS and names_number(workspace.plane, message))
            or watched_call(workspace.plane, message)):
        watch_call(workspace.plane, message.bytes + message.call_id.offset, message.call_id.length, slot)


cdef inline bint names_number(const Plane *plane, const Message *message) noexcept nogil:
    """True when a wanted number is dialled, or calls."""
    cdef uint8_t number[NUMBER_BYTES_MAX + 1]
    if is_wanted(plane, number, dialled_number(message, number)):
        return True
    return message.first_header[HEADER_FROM] != 0 and is_wanted(plane, number, calling_number(message, number))


cdef inline bint is_wanted(const Plane *plane, const uint8_t *number, uint32_t length) noexcept nogil:
    cdef uint64_t key = number_key(plane, number, length)
    cdef uint32_t i
    for i in range(TAP_NUMBERS_MAX):
        if load_relaxed_u64(&plane.tap.numbers[i]) == key:
            return True
    return False


cdef inline uint64_t number_key(const Plane *plane, const uint8_t *number, uint32_t length) noexcept nogil:
    """Return a number's key, never 0; a plus before it makes no difference."""
    cdef uint32_t plus = length > 0 and number[0] == c'+'
    return siphash(&plane.branch_key, number + plus, length - plus) | 1


# ------------------------------------------------------------------------------------------------ remembered Call-IDs: hash and slot in one word, 0 for none


cdef inline void watch_call(Plane *plane, const uint8_t *call_id, uint32_t length, uint32_t slot) noexcept nogil:
    """Remember a Call-ID. Many writers, each word by itself: who loses a race is remembered at the call's next message."""
    cdef uint64_t key = siphash(&plane.branch_key, call_id, length)
    cdef uint64_t mark = watched_mark(key, slot)
    cdef uint64_t *places = &plane.tap.watched[first_place(key)]
    cdef uint32_t i
    for i in range(WATCHED_WAYS):
        if load_relaxed_u64(&places[i]) >> WATCHED_SLOT_BITS == mark >> WATCHED_SLOT_BITS:
            store_relaxed_u64(&places[i], mark)
            return
    for i in range(WATCHED_WAYS - 1, 0, -1):
        store_relaxed_u64(&places[i], load_relaxed_u64(&places[i - 1]))
    store_relaxed_u64(&places[0], mark)


cdef inline uint64_t watched_call(const Plane *plane, const Message *message) noexcept nogil:
    """Return the mark of a message's Call-ID, or 0: not remembered."""
    cdef uint64_t key, word
    cdef uint32_t i
    if message.call_id.length == 0:
        return 0
    key = siphash(&plane.branch_key, message.bytes + message.call_id.offset, message.call_id.length)
    for i in range(WATCHED_WAYS):
        word = load_relaxed_u64(&plane.tap.watched[first_place(key) + i])
        if word >> WATCHED_SLOT_BITS == watched_mark(key, 0) >> WATCHED_SLOT_BITS:
            return word
    return 0


cdef inline uint64_t first_place(uint64_t key) noexcept nogil:
    return (key & (WATCHED_CALLS // WATCHED_WAYS - 1)) * WATCHED_WAYS


cdef inline uint64_t watched_mark(uint64_t key, uint32_t slot) noexcept nogil:
    """Return a hash's upper bits, never all 0, before a slot."""
    return (((key >> WATCHED_SLOT_BITS) | 1) << WATCHED_SLOT_BITS) | slot
