"""What must outlive a snapshot, by stable slot of a trunk or core: call counts, rotation cursors, figures and health per leg.

Threads: all workers write, atomically; the control plane reads. Owns: its rows.
"""
from libc.stdint cimport uint32_t, uint64_t

from hasip.dataplane.base.atomic cimport exchange_if_u32, fetch_add_u32, fetch_add_u64, load_relaxed_u32
from hasip.dataplane.base.memory cimport map_zeroed, unmap

cdef enum:
    LEGS_MAX = 4
    CORES_MAX = 64              # their rows lie behind those of trunks
    CURSOR_TURN = 4294967292    # a multiple of every number of legs: where the cursor goes round, no leg is tried twice or passed over
    WITHHELD_ALL = 100
    PASSED_OVER = 99            # by every call that another leg may have, and tried after it: a failover test
    NUMBERS_REMEMBERED = 3
    LEG_NAME_WORDS = 4


cdef struct LegRow:
    uint32_t calls              # in progress on this leg
    uint32_t first_binding      # of a registered account: slot + 1 in the location service, 0: none
    uint64_t attempts           # INVITEs sent, retransmissions not counted
    uint64_t answered
    uint64_t failovers          # attempts that failed here and moved on
    uint64_t placed             # calls that came from here
    uint64_t user_key           # of the account's username, 0: none
    uint32_t is_judged          # the control plane judges its health, and is told of failures
    uint32_t withheld_percent   # of its turns: 0 none, WITHHELD_ALL when it is down
    uint32_t is_drained         # gets no new calls
    uint32_t seat               # listener + 1 that it is reached by, 0: any
    uint32_t is_silent          # it is down and says nothing: requests of its calls go round it
    uint64_t last_heard_ms      # of one that is judged
    uint32_t failed_in_row      # calls that ended in a code of the failover table, with nothing better in between…
    uint32_t failed_numbers[NUMBERS_REMEMBERED]     # …and the first different numbers among them, hashed, 0: none
    uint64_t name[LEG_NAME_WORDS]       # text ended by a NUL; by copy_words_in() and copy_words_out()


cdef struct TrunkRow:
    uint32_t calls              # the call pool: slots taken
    uint32_t cursor             # of the rotation
    uint64_t refused            # by the pool
    LegRow legs[LEGS_MAX]


cdef struct Board:
    TrunkRow *rows
    uint32_t capacity


cdef inline bint board_open(Board *board, uint32_t capacity) noexcept nogil:
    """Make room for `capacity` trunks. False: no memory."""
    board.capacity = capacity
    board.rows = <TrunkRow *>map_zeroed(sizeof(TrunkRow) * capacity)
    return board.rows != NULL


cdef inline void board_close(Board *board) noexcept nogil:
    unmap(board.rows, sizeof(TrunkRow) * board.capacity)


cdef inline bint take_pool_slot(TrunkRow *row, uint32_t limit) noexcept nogil:
    """Take one of the trunk's `limit` slots. False: all are taken, and the refusal is counted."""
    cdef uint32_t calls = load_relaxed_u32(&row.calls)
    while calls < limit:
        if exchange_if_u32(&row.calls, &calls, calls + 1):
            return True
    fetch_add_u64(&row.refused, 1)
    return False


cdef inline void give_pool_slot(TrunkRow *row) noexcept nogil:
    """Give back what take_pool_slot() took, once."""
    fetch_add_u32(&row.calls, <uint32_t>-1)


cdef inline uint32_t account_number(uint32_t slot, uint32_t leg) noexcept nogil:
    """Return the number of a leg, by its board slot and its place there."""
    return slot * LEGS_MAX + leg


cdef inline bint is_down(const LegRow *leg) noexcept nogil:
    """True for a leg that was judged to be down."""
    return load_relaxed_u32(&leg.withheld_percent) == WITHHELD_ALL


cdef inline bint is_silent(const LegRow *leg) noexcept nogil:
    """True for a leg that is down and says nothing; another one that is down refuses calls, and may still be asked in those it has."""
    return load_relaxed_u32(&leg.is_silent) != 0


cdef inline uint32_t advance_cursor(TrunkRow *row) noexcept nogil:
    """Return the rotation's place for one admitted call, and move it on."""
    cdef uint32_t place = load_relaxed_u32(&row.cursor)
    while not exchange_if_u32(&row.cursor, &place, place + 1 if place < <uint32_t>CURSOR_TURN - 1 else 0):
        pass
    return place
