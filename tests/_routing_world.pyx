"""The published world for tests: whitelist, numbers, selection and the board, and the snapshot that has them. One thin class per struct."""
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memset

cimport hasip.dataplane.routing.board as boards
cimport hasip.dataplane.routing.numbers as number_tables
cimport hasip.dataplane.routing.selection as selection
cimport hasip.dataplane.routing.snapshot as snapshots
cimport hasip.dataplane.routing.whitelist as whitelists
from hasip.dataplane.base.atomic cimport load_relaxed_u32
from hasip.dataplane.target cimport TARGETS_MAX
from tests.meeting cimport meet

NUMBER_BYTES_MAX = number_tables.NUMBER_BYTES_MAX
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
            meet(&self.arrived, threads)
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
            meet(&self.arrived, threads)
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
            meet(&self.arrived, threads)
            for i in range(rounds):
                selection.order_round_robin(legs, boards.advance_cursor(&self.board.rows[trunk]), tried)
                counts[tried[0]] += 1
        return [counts[i] for i in range(legs)]


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
