"""Loops over one hot function each, without the GIL, for bench/: a class holds the fixed input, run(count) calls the function `count` times.

What run() returns depends on every call, so that none can be left out; the benchmarks compare it with what must come out.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from hasip.dataplane.base.arena cimport NO_SLOT, Arena, ArenaHeader, arena_close, arena_give, arena_open, arena_take
from hasip.dataplane.base.handle cimport Handle
from hasip.dataplane.base.hash cimport HashKey, siphash, siphash_words
from hasip.dataplane.base.index cimport Index, index_close, index_find, index_insert, index_open
from hasip.dataplane.base.journal cimport Journal, JournalHeader, journal_free
from hasip.dataplane.base.memory cimport map_zeroed, unmap
from hasip.dataplane.base.md5 cimport MD5_BYTES, Md5, md5_add, md5_begin, md5_end
from hasip.dataplane.base.sha256 cimport SHA256_BYTES, Sha256, sha256_add, sha256_begin, sha256_end
from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.base.wheel cimport NO_TIMER, Wheel, wheel_arm, wheel_close, wheel_open, wheel_pop_due
from hasip.dataplane.routing.board cimport LEGS_MAX, Board, advance_cursor, board_close, board_open
from hasip.dataplane.routing.numbers cimport NO_TRUNK, Numbers, numbers_add, numbers_close, numbers_find, numbers_open
from hasip.dataplane.routing.record_route cimport TOKEN_BYTES, read_token, write_token
from hasip.dataplane.routing.selection cimport Standing, order_only_primary, order_regions, order_round_robin
from hasip.dataplane.routing.whitelist cimport PEER_ACCOUNT, Whitelist, whitelist_add, whitelist_close, whitelist_find, whitelist_open
from hasip.dataplane.routing.call_table cimport Call
from hasip.dataplane.stage.reason cimport REASON_ENDED_BY_BYE, REASON_RECORDED
from hasip.dataplane.stage.record cimport put_record
from hasip.dataplane.stage.workspace cimport Plane, Workspace
from hasip.dataplane.syntax.edit_list cimport EditList, edit_begin, edit_remove, edit_replace, put_bytes, write_edited
from hasip.dataplane.syntax.message cimport MESSAGE_BYTES_MAX
from hasip.dataplane.target cimport TARGETS_MAX

cdef extern from *:
    """
    /* The compiler must think that somebody looks at it. */
    static inline void show(const void *place) { __asm__ volatile("" : : "r"(place) : "memory"); }
    """
    void show(const void *place) noexcept nogil


cdef enum:
    PROBES = 1024                   # different inputs, asked for one after the other
    JOURNAL_BYTES = 2097152         # more than 1024 records of 8 attempts
    RECORD_BYTES = 320              # about what a transaction takes


cdef HashKey fixed_key():
    cdef HashKey key
    key.first = <uint64_t>0x0706050403020100
    key.second = <uint64_t>0x0F0E0D0C0B0A0908
    return key


cdef class SelectionLoop:
    """The order of four legs for one call; round robin moves the trunk's cursor on."""
    cdef Board board

    def __cinit__(self):
        if not board_open(&self.board, 1):
            raise MemoryError

    def __dealloc__(self):
        board_close(&self.board)

    def only_primary(self, uint32_t count):
        cdef uint8_t[TARGETS_MAX] order
        cdef uint32_t i, tried = 0
        cdef uint8_t legs = 4
        show(&legs)
        with nogil:
            for i in range(count):
                tried += order_only_primary(legs, order)
                show(order)
                tried += order[0]
        return tried

    def round_robin(self, uint32_t count):
        cdef uint8_t[TARGETS_MAX] order
        cdef uint32_t i, tried = 0
        cdef uint8_t legs = 4
        show(&legs)
        with nogil:
            for i in range(count):
                tried += order_round_robin(legs, advance_cursor(&self.board.rows[0]), order)
                tried += order[0] == (i & 3)
        return tried

    def regions(self, uint32_t count):
        cdef uint8_t[LEGS_MAX] order
        cdef uint8_t[LEGS_MAX] regions
        cdef Standing[LEGS_MAX] standings
        cdef uint32_t i, tried = 0
        memset(standings, 0, sizeof(standings))
        for i in range(4):
            regions[i] = i // 2
        show(regions)
        with nogil:
            for i in range(count):
                tried += order_regions(regions, standings, 4, False, i, order)
                show(order)
                tried += order[i & 3]
        return tried


cdef class WhitelistLoop:
    """Look-ups of PROBES addresses; every second one is in no network."""
    cdef Whitelist whitelist
    cdef uint8_t[PROBES * 16] addresses

    def __cinit__(self, networks):
        """networks: (16 bytes, prefix length), host bits zero; the last bit of the network is inverted for the misses."""
        cdef bytes address
        if not whitelist_open(&self.whitelist, len(networks)):
            raise MemoryError
        for address, prefix_length in networks:
            whitelist_add(&self.whitelist, address, prefix_length, PEER_ACCOUNT, 0, 0)
        for i in range(PROBES):
            address = networks[i * 7919 % len(networks)][0] if i & 1 else b"\xFD" + i.to_bytes(15, "big")
            memcpy(&self.addresses[16 * i], <const char *> address, 16)

    def __dealloc__(self):
        whitelist_close(&self.whitelist)

    def run(self, uint32_t count):
        """Return how many addresses were found."""
        cdef uint32_t i, found = 0
        with nogil:
            for i in range(count):
                found += whitelist_find(&self.whitelist, &self.addresses[16 * (i % PROBES)]) != NULL
        return found


cdef class NumbersLoop:
    """Look-ups of PROBES dialled numbers of 13 characters; every second one is nobody's but for its prefix."""
    cdef Numbers numbers
    cdef uint8_t[PROBES * 16] dialled

    def __cinit__(self, uint32_t entries):
        cdef bytes text
        cdef uint32_t i
        if not numbers_open(&self.numbers, entries + 3):
            raise MemoryError
        for i in range(entries):
            text = b"+4930%08d" % i
            numbers_add(&self.numbers, text, len(text), False, 1)
        for text in (b"+49", b"+493", b"+4940"):
            numbers_add(&self.numbers, text, len(text), True, 2)
        for i in range(PROBES):
            text = b"+49%02d%08d" % (30 if i & 1 else 50, i * 7919 % entries)
            memcpy(&self.dialled[16 * i], <const char *> text, 13)

    def __dealloc__(self):
        numbers_close(&self.numbers)

    def run(self, uint32_t count):
        """Return the sum of the trunks found."""
        cdef uint32_t i, trunks = 0
        with nogil:
            for i in range(count):
                trunks += numbers_find(&self.numbers, &self.dialled[16 * (i % PROBES)], 13)
        return trunks


cdef class IndexLoop:
    """Look-ups in an index in which every slot is taken, in an order that no cache foresees."""
    cdef Index index
    cdef uint32_t entries
    cdef HashKey key

    def __cinit__(self, uint32_t entries):
        cdef uint32_t slot
        self.entries = entries
        self.key = fixed_key()
        if not index_open(&self.index, entries):
            raise MemoryError
        for slot in range(entries):
            index_insert(&self.index, self.key_of(slot), slot)

    def __dealloc__(self):
        index_close(&self.index)

    cdef uint64_t key_of(self, uint64_t slot) noexcept nogil:
        return slot * <uint64_t>0x9E3779B97F4A7C15 ^ slot << 40

    def run(self, uint32_t count):
        """Return how many keys led to their slot."""
        cdef uint32_t i, slot, right = 0
        with nogil:
            for i in range(count):
                slot = <uint32_t>(<uint64_t>i * 40503 % self.entries)
                right += index_find(&self.index, self.key_of(slot)) == slot
        return right


cdef class ArenaLoop:
    """Take a record and give another back; a quarter of the arena is in use."""
    cdef Arena arena
    cdef uint32_t[PROBES] held

    def __cinit__(self):
        cdef uint32_t i
        if not arena_open(&self.arena, RECORD_BYTES, 4 * PROBES):
            raise MemoryError
        for i in range(PROBES):
            self.held[i] = arena_take(&self.arena)

    def __dealloc__(self):
        arena_close(&self.arena)

    def run(self, uint32_t count):
        """Return how many records could be taken."""
        cdef uint32_t i, place, taken = 0
        with nogil:
            for i in range(count):
                place = i * 7919 % PROBES
                arena_give(&self.arena, self.held[place])
                self.held[place] = arena_take(&self.arena)
                taken += self.held[place] != NO_SLOT
        return taken


cdef class WheelLoop:
    """Arm and move timers as a busy worker does, while its clock goes on by a tick for every 16 of them."""
    cdef Wheel wheel
    cdef uint32_t timers
    cdef uint64_t now_ms

    def __cinit__(self, uint32_t timers):
        self.timers = timers
        self.now_ms = 10
        if not wheel_open(&self.wheel, timers, self.now_ms):
            raise MemoryError

    def __dealloc__(self):
        wheel_close(&self.wheel)

    def arm(self, uint32_t count):
        """Arm timers, armed or not, between 0.5 s and 33 s ahead. Return how many are armed."""
        cdef uint32_t i
        with nogil:
            for i in range(count):
                wheel_arm(&self.wheel, i % self.timers, self.now_ms + 500 + <uint64_t>i * 40503 % 32500)
        return self.wheel.armed

    def arm_and_fire(self, uint32_t count):
        """Arm `count` timers and let each fire. Return how many did."""
        cdef uint32_t i, fired = 0
        with nogil:
            for i in range(count):
                wheel_arm(&self.wheel, i % self.timers, self.now_ms + 500 + <uint64_t>i * 40503 % 1500)
                if i % 16 == 15:
                    self.now_ms += 10
                    while wheel_pop_due(&self.wheel, self.now_ms) != NO_TIMER:
                        fired += 1
            self.now_ms += 60000
            while wheel_pop_due(&self.wheel, self.now_ms) != NO_TIMER:
                fired += 1
        return fired


cdef class EditLoop:
    """Write a message with the edits of one hop: two replacements, one removal, an insertion of our Via and Record-Route."""
    cdef EditList edits
    cdef bytes message
    cdef uint8_t *place

    def __cinit__(self, bytes message, edits):
        """edits: (start, end, text)."""
        cdef bytes text
        self.message = message
        self.place = <uint8_t *>malloc(MESSAGE_BYTES_MAX)
        if self.place == NULL:
            raise MemoryError
        edit_begin(&self.edits)
        for start, end, text in edits:
            put_bytes(&self.edits, <const char *> text, len(text))
            edit_replace(&self.edits, start, end)

    def __dealloc__(self):
        free(self.place)

    def run(self, uint32_t count):
        """Return how many bytes were written."""
        cdef uint32_t i, length = len(self.message)
        cdef const uint8_t *bytes = self.message
        cdef uint64_t written = 0
        with nogil:
            for i in range(count):
                written += write_edited(&self.edits, bytes, 0, length, self.place)
        return written


cdef class TokenLoop:
    cdef HashKey key
    cdef uint8_t[PROBES * TOKEN_BYTES] tokens

    def __cinit__(self):
        self.key = fixed_key()
        self.write(PROBES)

    def write(self, uint32_t count):
        """Return the sum of the tokens' last characters."""
        cdef Handle call
        cdef uint8_t *token
        cdef uint32_t i, last = 0
        with nogil:
            for i in range(count):
                call.slot = i % PROBES
                call.generation = 7
                token = &self.tokens[i % PROBES * TOKEN_BYTES]
                write_token(&self.key, call, token)
                last += token[TOKEN_BYTES - 1]
        return last

    def read(self, uint32_t count):
        """Return how many tokens named their call."""
        cdef Handle call
        cdef uint32_t i, right = 0
        with nogil:
            for i in range(count):
                right += (read_token(&self.key, &self.tokens[i % PROBES * TOKEN_BYTES], span_between(0, TOKEN_BYTES), &call)
                          and call.slot == i % PROBES and call.generation == 7)
        return right


cdef class HashLoop:
    """A hash of a text; each changes what the next is of, as latency is what a packet pays."""
    cdef HashKey key
    cdef bytes text

    def __cinit__(self, bytes text):
        self.key = fixed_key()
        self.text = text

    def run(self, uint32_t count):
        """Return the last hash."""
        cdef HashKey key = self.key
        cdef const uint8_t *place = self.text
        cdef size_t length = len(self.text)
        cdef uint32_t i
        with nogil:
            for i in range(count):
                key.first = siphash(&key, place, length)
        return key.first

    def run_md5(self, uint32_t count):
        """Return the last digest; each is what the next text begins with."""
        cdef bytearray text = bytearray(self.text)
        cdef uint8_t *place = text
        cdef size_t length = len(text)
        cdef uint32_t i
        cdef Md5 md5
        assert length >= MD5_BYTES
        with nogil:
            for i in range(count):
                md5_begin(&md5)
                md5_add(&md5, place, length)
                md5_end(&md5, place)
        return bytes(text[:MD5_BYTES])

    def run_sha256(self, uint32_t count):
        """Return the last digest; each is what the next text begins with."""
        cdef bytearray text = bytearray(self.text)
        cdef uint8_t *place = text
        cdef size_t length = len(text)
        cdef uint32_t i
        cdef Sha256 sha256
        assert length >= SHA256_BYTES
        with nogil:
            for i in range(count):
                sha256_begin(&sha256)
                sha256_add(&sha256, place, length)
                sha256_end(&sha256, place)
        return bytes(text[:SHA256_BYTES])

    def run_words(self, uint32_t count):
        """Return the last hash, of two words."""
        cdef HashKey key = self.key
        cdef uint32_t i
        with nogil:
            for i in range(count):
                key.first = siphash_words(&key, key.first, i)
        return key.first


cdef class RecordLoop:
    """The record of a call that ended, put into a journal that is emptied now and then."""
    cdef Workspace *workspace
    cdef Plane *plane
    cdef Call call

    def __cinit__(self, int attempts):
        cdef int i
        self.plane = <Plane *>map_zeroed(sizeof(Plane))
        self.workspace = <Workspace *>map_zeroed(sizeof(Workspace))
        if self.plane == NULL or self.workspace == NULL:
            raise MemoryError
        self.workspace.plane = self.plane
        self.plane.journals = <Journal *>map_zeroed(sizeof(Journal))
        self.plane.journals[0].size = JOURNAL_BYTES
        self.plane.journals[0].file = <JournalHeader *>map_zeroed(sizeof(JournalHeader))
        self.plane.journals[0].bytes = <uint8_t *>map_zeroed(JOURNAL_BYTES)
        memset(&self.call, 0, sizeof(Call))
        memcpy(self.call.trunk_name, b"customer-17", 11)
        memcpy(self.call.call_id, b"ea9039e80000000000000001@load", 29)
        self.call.call_id_length = 29
        memcpy(self.call.number, b"+6561230000", 11)
        self.call.number_length = 11
        self.call.attempt_count = attempts
        for i in range(attempts):
            memcpy(self.call.attempts[i].name, b"primary", 7)
            self.call.attempts[i].name_length = 7

    def __dealloc__(self):
        unmap(self.plane.journals[0].bytes, JOURNAL_BYTES)
        unmap(self.plane.journals[0].file, sizeof(JournalHeader))
        unmap(self.plane.journals, sizeof(Journal))
        unmap(self.workspace, sizeof(Workspace))
        unmap(self.plane, sizeof(Plane))

    def run(self, uint32_t count):
        cdef Journal *journal = &self.plane.journals[0]
        cdef uint64_t before = self.workspace.counters[REASON_RECORDED]
        cdef uint32_t i
        with nogil:
            for i in range(count):
                if i % 1024 == 0:
                    journal_free(journal, journal.file.written)
                put_record(self.workspace, &self.call, 200, REASON_ENDED_BY_BYE)
        return self.workspace.counters[REASON_RECORDED] - before
