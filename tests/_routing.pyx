"""The leaves of hasip/dataplane/routing for tests: one thin class per struct, one function per function."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

cimport hasip.dataplane.routing.board as boards
cimport hasip.dataplane.routing.call_table as call_tables
cimport hasip.dataplane.routing.numbers as number_tables
cimport hasip.dataplane.routing.record_route as record_routes
cimport hasip.dataplane.routing.selection as selection
cimport hasip.dataplane.routing.snapshot as snapshots
cimport hasip.dataplane.routing.whitelist as whitelists
from hasip.dataplane.base.arena cimport NO_SLOT, Arena, arena_find, arena_give, arena_take
from hasip.dataplane.base.atomic cimport fetch_add_u32, load_relaxed_u32
from hasip.dataplane.base.handle cimport Handle
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.base.span cimport span_between
from hasip.dataplane.target cimport TARGETS_MAX

cdef extern from "<sched.h>" nogil:
    int sched_yield() noexcept

TOKEN_BYTES = record_routes.TOKEN_BYTES
NUMBER_BYTES_MAX = number_tables.NUMBER_BYTES_MAX
CALL_TABLE_VERSION = call_tables.CALL_TABLE_VERSION
CALL_TABLE_HEADER_BYTES = call_tables.CALL_TABLE_HEADER_BYTES
CALL_RECORD_BYTES = sizeof(call_tables.Call)
CALL_STATES = {
    "none": call_tables.CALL_NONE, "setup": call_tables.CALL_SETUP, "answered": call_tables.CALL_ANSWERED,
    "established": call_tables.CALL_ESTABLISHED, "ended": call_tables.CALL_ENDED}
MODES = {
    "only_primary": selection.MODE_ONLY_PRIMARY, "load_balancing": selection.MODE_LOAD_BALANCING,
    "auto_failover": selection.MODE_AUTO_FAILOVER, "2t": selection.MODE_2T, "4t": selection.MODE_4T, "2t4t": selection.MODE_2T4T}


cdef class Whitelist:
    cdef whitelists.Whitelist whitelist

    def __cinit__(self, uint32_t networks):
        if not whitelists.whitelist_open(&self.whitelist, networks):
            raise MemoryError

    def __dealloc__(self):
        whitelists.whitelist_close(&self.whitelist)

    def add(self, bytes address, uint8_t prefix_length, uint8_t kind=whitelists.PEER_ACCOUNT, uint32_t owner=0, uint8_t leg=0) -> bool:
        assert len(address) == 16
        return whitelists.whitelist_add(&self.whitelist, address, prefix_length, kind, owner, leg)

    def find(self, bytes address):
        """Return the (kind, owner, leg) of every peer that an address may be, newest first."""
        assert len(address) == 16
        cdef const whitelists.Peer *peer = whitelists.whitelist_find(&self.whitelist, address)
        peers = []
        while peer:
            peers.append((peer.kind, peer.owner, peer.leg))
            peer = whitelists.next_peer(&self.whitelist, peer)
        return peers

    @property
    def lengths(self):
        return [self.whitelist.lengths[i] for i in range(self.whitelist.length_count)]


cdef class Numbers:
    cdef number_tables.Numbers numbers

    def __cinit__(self, uint32_t capacity):
        if not number_tables.numbers_open(&self.numbers, capacity):
            raise MemoryError

    def __dealloc__(self):
        number_tables.numbers_close(&self.numbers)

    def add(self, bytes text, bint is_prefix, uint32_t trunk):
        """Return None, or the trunk that has it already."""
        cdef uint32_t holder = number_tables.numbers_add(&self.numbers, text, <uint32_t> len(text), is_prefix, trunk)
        return None if holder == number_tables.NO_TRUNK else holder

    def find(self, bytes text):
        cdef uint32_t trunk = number_tables.numbers_find(&self.numbers, text, <uint32_t> len(text))
        return None if trunk == number_tables.NO_TRUNK else trunk


def order(str mode, uint8_t legs, uint64_t cursor=0):
    """Return the legs a mode tries, in order."""
    cdef uint8_t[TARGETS_MAX] tried
    cdef uint8_t count
    memset(tried, 0xEE, sizeof(tried))
    if mode == "only_primary":
        count = selection.order_only_primary(legs, tried)
    elif mode == "load_balancing":
        count = selection.order_round_robin(legs, cursor, tried)
    else:
        count = selection.order_failover(legs, tried)
    return [tried[i] for i in range(count)]


def fails_over(str mode) -> bool:
    return selection.mode_fails_over(MODES[mode])


cdef class Board:
    """A board; what many threads do to it begins when all of them have come, so that they do it at once."""
    cdef boards.Board board
    cdef uint32_t arrived

    cdef void wait_for(self, uint32_t threads) noexcept nogil:
        fetch_add_u32(&self.arrived, 1)
        while load_relaxed_u32(&self.arrived) < threads:
            sched_yield()

    def __cinit__(self, uint32_t capacity):
        if not boards.board_open(&self.board, capacity):
            raise MemoryError

    def __dealloc__(self):
        boards.board_close(&self.board)

    def take(self, uint32_t trunk, uint32_t limit) -> bool:
        return boards.take_pool_slot(&self.board.rows[trunk], limit)

    def give(self, uint32_t trunk):
        boards.give_pool_slot(&self.board.rows[trunk])

    def advance(self, uint32_t trunk):
        return boards.advance_cursor(&self.board.rows[trunk])

    def set_cursor(self, uint32_t trunk, uint64_t cursor):
        self.board.rows[trunk].cursor = cursor

    def calls(self, uint32_t trunk):
        return self.board.rows[trunk].calls

    def refused(self, uint32_t trunk):
        return self.board.rows[trunk].refused

    def take_and_give(self, uint32_t trunk, uint32_t limit, uint32_t rounds, uint32_t threads):
        """Take a slot and give it back `rounds` times, without the GIL. Return (slots taken, rounds in which the limit was exceeded)."""
        cdef boards.TrunkRow *row = &self.board.rows[trunk]
        cdef uint32_t i, taken = 0, exceeded = 0
        with nogil:
            self.wait_for(threads)
            for i in range(rounds):
                if boards.take_pool_slot(row, limit):
                    taken += 1
                    exceeded += load_relaxed_u32(&row.calls) > limit
                    boards.give_pool_slot(row)
        return taken, exceeded

    def take_all(self, uint32_t trunk, uint32_t limit, uint32_t rounds, uint32_t threads):
        """Try to take `rounds` slots and keep them, without the GIL. Return how many there were."""
        cdef uint32_t i, taken = 0
        with nogil:
            self.wait_for(threads)
            for i in range(rounds):
                taken += boards.take_pool_slot(&self.board.rows[trunk], limit)
        return taken

    def rotate(self, uint32_t trunk, uint8_t legs, uint32_t rounds, uint32_t threads):
        """Let `rounds` calls choose by rotation, without the GIL. Return how many each leg got."""
        cdef uint32_t[TARGETS_MAX] counts
        cdef uint8_t[TARGETS_MAX] tried
        cdef uint32_t i
        memset(counts, 0, sizeof(counts))
        with nogil:
            self.wait_for(threads)
            for i in range(rounds):
                selection.order_round_robin(legs, boards.advance_cursor(&self.board.rows[trunk]), tried)
                counts[tried[0]] += 1
        return [counts[i] for i in range(legs)]


cdef HashKey key_of(bytes key):
    cdef HashKey made
    assert len(key) == sizeof(made)
    memcpy(&made, <const char *> key, sizeof(made))
    return made


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


cdef class Snapshot:
    """A world, to be filled up to what was announced."""
    cdef snapshots.Snapshot *snapshot

    def __cinit__(self, uint32_t trunks, uint32_t numbers, uint32_t networks):
        self.snapshot = snapshots.snapshot_new(1, trunks, numbers, networks, 1)
        if self.snapshot == NULL:
            raise MemoryError

    def __dealloc__(self):
        snapshots.snapshot_free(self.snapshot)
        snapshots.snapshot_free(NULL)

    def is_empty(self) -> bool:
        return (self.snapshot.trunk_count == 0 and self.snapshot.core_count == 0 and self.snapshot.numbers.count == 0
                and self.snapshot.whitelist.peer_count == 0)

    def room(self):
        """Return the (trunks, numbers, networks) it was made for."""
        return self.snapshot.trunk_capacity, self.snapshot.numbers.capacity, self.snapshot.whitelist.peer_capacity

    def add_network(self, bytes address, uint8_t prefix_length) -> bool:
        return whitelists.whitelist_add(&self.snapshot.whitelist, address, prefix_length, whitelists.PEER_CORE, 0, 0)

    def add_number(self, bytes text, uint32_t trunk) -> bool:
        return number_tables.numbers_add(&self.snapshot.numbers, text, <uint32_t> len(text), False, trunk) == number_tables.NO_TRUNK

    def finds(self, bytes address, bytes number):
        return (whitelists.whitelist_find(&self.snapshot.whitelist, address) != NULL,
                number_tables.numbers_find(&self.snapshot.numbers, number, <uint32_t> len(number)) != number_tables.NO_TRUNK)


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
