"""Calls in progress for tests: the call table, its file, and the token that finds a call again. One thin class per struct."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

cimport hasip.dataplane.routing.call_table as call_tables
cimport hasip.dataplane.routing.record_route as record_routes
from hasip.dataplane.base.arena cimport NO_SLOT, Arena, arena_find, arena_give, arena_take
from hasip.dataplane.base.handle cimport Handle
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.base.span cimport span_between
from tests.hash_key cimport key_of

TOKEN_BYTES = record_routes.TOKEN_BYTES
CALL_TABLE_VERSION = call_tables.CALL_TABLE_VERSION
CALL_TABLE_HEADER_BYTES = call_tables.CALL_TABLE_HEADER_BYTES
CALL_RECORD_BYTES = sizeof(call_tables.Call)
CALL_STATES = {
    "none": call_tables.CALL_NONE, "setup": call_tables.CALL_SETUP, "answered": call_tables.CALL_ANSWERED,
    "established": call_tables.CALL_ESTABLISHED, "ended": call_tables.CALL_ENDED}


def write_token(bytes key, uint32_t slot, uint32_t generation):
    cdef HashKey made = key_of(key)
    cdef uint8_t[record_routes.TOKEN_BYTES + 1] text
    cdef Handle call
    call.slot = slot
    call.generation = generation
    text[record_routes.TOKEN_BYTES] = 0xEE
    record_routes.write_token(&made, call, text)
    assert text[record_routes.TOKEN_BYTES] == 0xEE
    return (<const char *> text)[:record_routes.TOKEN_BYTES]


def read_token(bytes key, bytes user, int lead=3):
    """Return (slot, generation), or None. The token lies `lead` bytes into the message."""
    cdef HashKey made = key_of(key)
    cdef bytes message = b"=" * lead + user
    cdef Handle call
    if not record_routes.read_token(&made, message, span_between(lead, <uint16_t> len(message)), &call):
        return None
    return call.slot, call.generation


cdef class CallRange:
    """One worker's range of a call table that lies in memory: adopted at once, as a start does it."""
    cdef call_tables.CallTable table
    cdef Arena arena
    cdef object keeper                  # of the memory
    cdef readonly uint32_t adopted

    def __cinit__(self, CallMemory memory, uint32_t worker, uint32_t worker_count, uint32_t now_s):
        self.keeper = memory
        self.table.file = memory.header
        self.table.records = <uint8_t *> memory.records
        self.table.capacity = memory.header.capacity
        self.table.worker_count = worker_count
        self.table.slots_per_worker = memory.header.capacity // worker_count
        self.adopted = call_tables.adopt_range(&self.table, worker, &self.arena, now_s)
        memory.header.high_water[worker] = self.arena.fresh

    def owner(self, uint32_t slot):
        return call_tables.call_owner(&self.table, slot)

    def take(self):
        """Return (local slot, generation), or None."""
        cdef uint32_t slot = arena_take(&self.arena)
        if slot == NO_SLOT:
            return None
        self.table.file.high_water[0] = max(self.table.file.high_water[0], self.arena.fresh)
        return slot, (<call_tables.Call *> (self.arena.records + slot * sizeof(call_tables.Call))).header.generation

    def give(self, uint32_t slot):
        arena_give(&self.arena, slot)

    def has(self, uint32_t slot, uint32_t generation) -> bool:
        return arena_find(&self.arena, slot, generation) != NULL

    def set(self, uint32_t slot, str state, bint holds_slot, uint32_t expires_s, bytes number=b""):
        cdef call_tables.Call *call = <call_tables.Call *> arena_find(&self.arena, slot, self.generation(slot))
        assert call != NULL and len(number) <= call_tables.CALL_NUMBER_BYTES_MAX
        call.state = CALL_STATES[state]
        call.holds_slot = holds_slot
        call.expires_s = expires_s
        call.number_length = len(number)
        memcpy(call.number, <const char *> number, len(number))

    def generation(self, uint32_t slot):
        return (<call_tables.Call *> (self.arena.records + slot * sizeof(call_tables.Call))).header.generation

    def number(self, uint32_t slot):
        cdef call_tables.Call *call = <call_tables.Call *> (self.arena.records + slot * sizeof(call_tables.Call))
        return (<const char *> call.number)[:call.number_length]

    @property
    def taken(self):
        return self.arena.taken


cdef class CallMemory:
    """What a call table's file holds, without the file."""
    cdef call_tables.CallTableHeader *header
    cdef call_tables.Call *records

    def __cinit__(self, uint32_t capacity, uint32_t worker_count=1):
        self.header = <call_tables.CallTableHeader *> calloc(1, sizeof(call_tables.CallTableHeader))
        self.records = <call_tables.Call *> calloc(capacity, sizeof(call_tables.Call))
        if self.header == NULL or self.records == NULL:
            raise MemoryError
        self.header.capacity = capacity
        self.header.worker_count = worker_count

    def __dealloc__(self):
        free(self.header)
        free(self.records)

    def set_worker_count(self, uint32_t worker_count):
        self.header.worker_count = worker_count


def make_call_file(uint32_t capacity, calls, str magic="hasipcal", version=CALL_TABLE_VERSION, record_bytes=CALL_RECORD_BYTES):
    """Return the bytes of a call table's file with calls in it: (slot, generation, state, holds_slot, expires_s, trunk name, number)."""
    cdef call_tables.CallTableHeader header
    cdef call_tables.Call call
    cdef bytes encoded = magic.encode()
    memset(&header, 0, sizeof(header))
    memcpy(header.magic, <const char *> encoded, 8)
    header.version = version
    header.record_bytes = record_bytes
    header.capacity = capacity
    header.worker_count = 1
    header.high_water[0] = capacity
    records = [bytes(sizeof(call_tables.Call))] * capacity
    for slot, generation, state, holds_slot, expires_s, trunk, number in calls:
        memset(&call, 0, sizeof(call))
        call.header.generation = generation
        call.state = CALL_STATES[state]
        call.holds_slot = holds_slot
        call.expires_s = expires_s
        call.caller_key = slot + 1
        encoded = trunk.encode()
        memcpy(call.trunk_name, <const char *> encoded, len(encoded))
        encoded = number.encode()
        call.number_length = len(encoded)
        memcpy(call.number, <const char *> encoded, len(encoded))
        records[slot] = (<const char *> &call)[:sizeof(call)]
    return (<const char *> &header)[:sizeof(header)] + bytes(<size_t> call_tables.CALL_TABLE_HEADER_BYTES - sizeof(header)) + b"".join(records)


def header_of(bytes file):
    """Return (magic, version, record bytes, capacity, worker count, key, high water of the first workers) of a call table's file."""
    cdef call_tables.CallTableHeader header
    memcpy(&header, <const char *> file, sizeof(header))
    return ((<const char *> header.magic)[:8], header.version, header.record_bytes, header.capacity, header.worker_count,
            (<const char *> &header.key)[:sizeof(header.key)], [header.high_water[i] for i in range(4)])


def generation_in(bytes file, uint32_t slot):
    cdef call_tables.Call call
    memcpy(&call, <const char *> file + call_tables.CALL_TABLE_HEADER_BYTES + slot * sizeof(call), sizeof(call))
    return call.header.generation
