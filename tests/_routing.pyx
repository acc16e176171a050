"""The leaves of hasip/dataplane/routing for tests: one thin class per struct, one function per function."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

cimport hasip.dataplane.routing.board as boards
cimport hasip.dataplane.routing.call_table as call_tables
cimport hasip.dataplane.routing.location_service as locations
cimport hasip.dataplane.routing.nonces as nonce_tables
cimport hasip.dataplane.routing.numbers as number_tables
cimport hasip.dataplane.routing.record_route as record_routes
cimport hasip.dataplane.routing.selection as selection
cimport hasip.dataplane.routing.snapshot as snapshots
cimport hasip.dataplane.routing.sources as source_tables
cimport hasip.dataplane.routing.users as user_tables
cimport hasip.dataplane.routing.whitelist as whitelists
from hasip.dataplane.base.arena cimport NO_SLOT, Arena, arena_find, arena_give, arena_take
from hasip.dataplane.base.atomic cimport fetch_add_u32, load_relaxed_u32, store_release_u32
from hasip.dataplane.base.endpoint cimport FLOW_DATAGRAM, FLOW_DEAD, NO_FLOW
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
    cdef uint8_t[boards.LEGS_MAX] regions
    cdef selection.Standing[boards.LEGS_MAX] standings
    cdef uint8_t count, i
    memset(tried, 0xEE, sizeof(tried))
    if mode == "only_primary":
        count = selection.order_only_primary(legs, tried)
    elif mode == "load_balancing":
        count = selection.order_round_robin(legs, cursor, tried)
    else:
        memset(standings, 0, sizeof(standings))
        for i in range(boards.LEGS_MAX):
            regions[i] = i
        count = selection.order_regions(regions, standings, legs, False, cursor, tried)
    return [tried[i] for i in range(count)]


def order_regions(regions, withheld_percent, uint32_t turn):
    """Return the legs that are tried at this turn, nobody being drained."""
    cdef uint8_t[boards.LEGS_MAX] places
    cdef uint8_t[boards.LEGS_MAX] tried
    cdef selection.Standing[boards.LEGS_MAX] standings
    memset(standings, 0, sizeof(standings))
    for i in range(len(regions)):
        places[i] = regions[i]
        standings[i].withheld_percent = withheld_percent[i]
    return [tried[i] for i in range(selection.order_regions(places, standings, len(regions), False, turn, tried))]


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


# ---------------------------------------------------------------------------------------- users, nonces, sources

NONCE_BYTES, NONCE_LIFE_S, NONCE_PLACES = nonce_tables.NONCE_BYTES, nonce_tables.NONCE_LIFE_S, nonce_tables.NONCE_PLACES
USERNAME_BYTES_MAX = user_tables.USERNAME_BYTES_MAX
SOURCE_PLACES, SOURCES_IN_SET = source_tables.SOURCE_SETS * source_tables.SOURCES_IN_SET, source_tables.SOURCES_IN_SET
SOURCE_SETS, FAILURES_FADE_S = source_tables.SOURCE_SETS, source_tables.FAILURES_FADE_S


cdef class Users:
    cdef user_tables.Users users

    def __cinit__(self, uint32_t capacity):
        if not user_tables.users_open(&self.users, capacity):
            raise MemoryError

    def __dealloc__(self):
        user_tables.users_close(&self.users)

    def add(self, bytes name, uint32_t trunk=0) -> bool:
        cdef user_tables.User *user = user_tables.users_add(&self.users, name, <uint32_t> len(name))
        if user == NULL:
            return False
        user.trunk = trunk
        return True

    def find(self, bytes name):
        """Return the user's trunk, or None."""
        cdef const user_tables.User *user = user_tables.users_find(&self.users, name, <uint32_t> len(name))
        if user == NULL:
            return None
        assert user.name_length == len(name) and (<const char *> user.name)[:user.name_length] == name
        return user.trunk


def write_nonce(bytes key, uint32_t now_s, uint32_t serial, bytes address):
    cdef HashKey made = key_of(key)
    cdef uint8_t[nonce_tables.NONCE_BYTES + 1] text
    assert len(address) == 16
    text[nonce_tables.NONCE_BYTES] = 0xEE
    nonce_tables.write_nonce(&made, now_s, serial, address, text)
    assert text[nonce_tables.NONCE_BYTES] == 0xEE
    return (<const char *> text)[:nonce_tables.NONCE_BYTES]


def read_nonce(bytes key, bytes text, bytes address):
    """Return (second of its making, serial number), or None."""
    cdef HashKey made = key_of(key)
    cdef nonce_tables.Nonce nonce
    assert len(address) == 16
    if not nonce_tables.read_nonce(&made, text, <uint32_t> len(text), address, &nonce):
        return None
    return nonce.made_s, nonce.serial


def is_fresh(uint32_t made_s, uint32_t now_s) -> bool:
    cdef nonce_tables.Nonce nonce
    nonce.made_s = made_s
    nonce.serial = 0
    return nonce_tables.is_fresh(&nonce, now_s)


cdef class Nonces:
    cdef nonce_tables.NonceTable table
    cdef uint64_t requests

    def __cinit__(self):
        if not nonce_tables.nonces_open(&self.table):
            raise MemoryError

    def __dealloc__(self):
        nonce_tables.nonces_close(&self.table)

    def result_of(self, uint32_t made_s, uint32_t serial, uint32_t count, uint64_t request) -> str:
        cdef nonce_tables.Nonce nonce
        cdef nonce_tables.NonceUse *found
        nonce.made_s = made_s
        nonce.serial = serial
        return ("new", "repeated", "stale")[nonce_tables.use_nonce(&self.table, &nonce, count, request, &found)]

    def use(self, uint32_t made_s, uint32_t serial, uint32_t count) -> bool:
        self.requests += 1
        return self.result_of(made_s, serial, count, self.requests) == "new"


cdef class Sources:
    cdef source_tables.SourceTable table

    def __cinit__(self):
        if not source_tables.sources_open(&self.table):
            raise MemoryError

    def __dealloc__(self):
        source_tables.sources_close(&self.table)

    def take(self, uint64_t key, uint32_t per_s, uint32_t burst, uint64_t now_ms) -> bool:
        return source_tables.take_token(
            source_tables.find_source(&self.table, key, burst, now_ms, <uint32_t> (now_ms // 1000)), per_s, burst, now_ms)

    def give(self, uint64_t key, uint32_t count, uint32_t burst, uint64_t now_ms):
        source_tables.give_tokens(source_tables.find_source(&self.table, key, burst, now_ms, <uint32_t> (now_ms // 1000)), count, burst)

    def fail(self, uint64_t key, uint32_t failures_max, uint32_t ban_s, uint64_t now_ms) -> bool:
        return source_tables.note_failed_proof(
            source_tables.find_source(&self.table, key, 1, now_ms, <uint32_t> (now_ms // 1000)), failures_max, ban_s, <uint32_t> (now_ms // 1000))

    def is_banned(self, uint64_t key, uint64_t now_ms) -> bool:
        return source_tables.find_source(&self.table, key, 1, now_ms, <uint32_t> (now_ms // 1000)).banned_until_s > now_ms // 1000

    def tokens(self, uint64_t key, uint32_t burst, uint64_t now_ms):
        """Return thousandths of a request."""
        return source_tables.find_source(&self.table, key, burst, now_ms, <uint32_t> (now_ms // 1000)).tokens


# ---------------------------------------------------------------------------------------- the location service

LOCATION_VERSION, LOCATION_HEADER_BYTES, BINDING_BYTES = locations.LOCATION_VERSION, locations.LOCATION_HEADER_BYTES, sizeof(locations.Binding)
BINDINGS_PER_ACCOUNT_MAX, LEGS_MAX = locations.BINDINGS_PER_ACCOUNT_MAX, boards.LEGS_MAX
FLOWS = {"none": NO_FLOW, "dead": <uint32_t> FLOW_DEAD, "datagram": <uint32_t> FLOW_DATAGRAM, "connection": 7}


cdef class BindingSlots:
    cdef locations.BindingSlots slots

    def __cinit__(self, uint32_t first, uint32_t capacity):
        if not locations.binding_slots_open(&self.slots, first, capacity):
            raise MemoryError

    def __dealloc__(self):
        locations.binding_slots_close(&self.slots)

    def take(self):
        cdef uint32_t local = locations.take_binding_slot(&self.slots)
        return None if local == locations.NO_BINDING_SLOT else local

    def give(self, uint32_t local):
        locations.give_binding_slot(&self.slots, local)

    @property
    def taken(self):
        return self.slots.taken


cdef int fill_binding(locations.Binding *binding, dict fields) except -1:
    """Fill a record in; what is not told has a plain value."""
    cdef bytes username = fields.get("username", b"acme-1"), contact = fields.get("contact", b"sip:desk@127.0.0.1:5060"), path = fields.get("path", b"")
    cdef bytes address = fields.get("address", b"\0" * 10 + b"\xff\xff\x7f\0\0\x01")
    memset(binding, 0, sizeof(locations.Binding))
    binding.sequence = fields.get("sequence", 0)
    binding.next = fields.get("next", 0)
    binding.user_key = fields.get("user_key", 0)
    binding.instance_key = fields.get("instance_key", 0)
    binding.reg_id = fields.get("reg_id", 0)
    binding.expires_s = fields.get("expires_s", 0xFFFFFFFF)
    binding.registered_s = fields.get("registered_s", 1)
    binding.account = fields.get("account", 0)
    binding.q = fields.get("q", 1000)
    binding.endpoint.port = fields.get("port", 5060)
    binding.endpoint.listener = fields.get("listener", 0)
    binding.endpoint.flow = FLOWS[fields.get("flow", "none")]
    binding.username_length = len(username)
    binding.contact_length = len(contact)
    binding.path_length = len(path)
    memcpy(binding.endpoint.address, <const char *> address, 16)
    memcpy(binding.username, <const char *> username, len(username))
    memcpy(binding.contact, <const char *> contact, len(contact))
    memcpy(binding.path, <const char *> path, len(path))
    return 0


def make_binding_file(uint32_t capacity, dict bindings, magic=b"hasiploc", version=LOCATION_VERSION, record_bytes=BINDING_BYTES):
    """Return the bytes of a file of bindings: slot → fields."""
    cdef locations.LocationHeader header
    cdef locations.Binding binding
    memset(&header, 0, sizeof(header))
    memcpy(header.magic, <const char *> magic, 8)
    header.version = version
    header.record_bytes = record_bytes
    header.capacity = capacity
    records = [bytes(sizeof(binding))] * capacity
    for slot, fields in bindings.items():
        fill_binding(&binding, fields)
        records[slot] = (<const char *> &binding)[:sizeof(binding)]
    return (<const char *> &header)[:sizeof(header)] + bytes(<size_t> locations.LOCATION_HEADER_BYTES - sizeof(header)) + b"".join(records)


def usernames_in(bytes file):
    """Return slot → username of the records that are in use."""
    cdef locations.Binding binding
    cdef size_t slot
    found = {}
    for slot in range((len(file) - locations.LOCATION_HEADER_BYTES) // sizeof(binding)):
        memcpy(&binding, <const char *> file + locations.LOCATION_HEADER_BYTES + slot * sizeof(binding), sizeof(binding))
        if binding.expires_s:
            found[slot] = (<const char *> binding.username)[:binding.username_length]
    return found


cdef class Location:
    """A location service in memory with one account, whose chain is what `link` says."""
    cdef locations.LocationService service
    cdef boards.LegRow leg
    cdef uint32_t arrived
    cdef uint32_t is_over

    def __cinit__(self, uint32_t capacity):
        self.service.records = <uint8_t *> calloc(capacity, sizeof(locations.Binding))
        self.service.capacity = capacity
        if self.service.records == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.service.records)

    def put(self, uint32_t slot, **fields):
        """Write a record."""
        cdef locations.Binding binding
        fill_binding(&binding, fields)
        locations.write_binding(locations.binding_record(&self.service, slot), &binding)

    def leave_odd(self, uint32_t slot):
        """The owner stopped in the middle of writing."""
        locations.binding_record(&self.service, slot).sequence |= 1

    def link(self, uint32_t link):
        store_release_u32(&self.leg.first_binding, link)

    def find(self, uint64_t user_key, uint32_t now_s, uint32_t account=0):
        """Return the contact of the best binding, or None."""
        cdef locations.Binding best
        if not locations.find_binding(&self.service, &self.leg, account, user_key, now_s, &best):
            return None
        return (<const char *> best.contact)[:best.contact_length]

    def change_all_the_time(self, uint32_t rounds):
        """As the owner: refresh the binding of slot 0, while that of slot 1 comes, goes to another account and is freed. Without the GIL."""
        cdef locations.Binding first, second, other, nothing
        cdef uint32_t i
        fill_binding(&first, {"user_key": 1, "contact": b"sip:a@b", "q": 500})
        fill_binding(&second, {"user_key": 1, "next": 1, "contact": b"sip:c@d", "q": 100})
        fill_binding(&other, {"user_key": 2, "account": 9, "contact": b"sip:x@y"})
        memset(&nothing, 0, sizeof(nothing))
        locations.write_binding(locations.binding_record(&self.service, 0), &first)
        store_release_u32(&self.leg.first_binding, 1)
        with nogil:
            fetch_add_u32(&self.arrived, 1)
            while load_relaxed_u32(&self.arrived) < 2:
                sched_yield()
            for i in range(rounds):
                first.registered_s = i
                locations.write_binding(locations.binding_record(&self.service, 0), &first)
                locations.write_binding(locations.binding_record(&self.service, 1), &second)
                store_release_u32(&self.leg.first_binding, 2)
                store_release_u32(&self.leg.first_binding, 1)
                locations.write_binding(locations.binding_record(&self.service, 1), &nothing)
                locations.write_binding(locations.binding_record(&self.service, 1), &other)
            fetch_add_u32(&self.is_over, 1)

    def look_all_the_time(self):
        """As another worker: look until the owner is done. Return (look-ups, how many found nothing, how many found another's)."""
        cdef locations.Binding best
        cdef uint32_t looked = 0, missed = 0, wrong = 0
        with nogil:
            fetch_add_u32(&self.arrived, 1)
            while load_relaxed_u32(&self.arrived) < 2:
                sched_yield()
            while load_relaxed_u32(&self.is_over) == 0:
                looked += 1
                if not locations.find_binding(&self.service, &self.leg, 0, 1, 5, &best):
                    missed += 1
                elif best.user_key != 1 or best.account != 0:
                    wrong += 1
        return looked, missed, wrong
