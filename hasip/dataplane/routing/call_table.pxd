"""The calls: who holds a slot of which pool, since when, on which leg. A memory-mapped file of the state directory, so that they outlive the process.

One file for all workers; each owns an equal range of slots and alone writes there. A call's owner follows from its slot.
Threads: the owner writes; the control plane reads, and checks the generation before and after.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from hasip.dataplane.base.arena cimport Arena, ArenaHeader, arena_record, arena_reset
from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.routing.board cimport LEGS_MAX
from hasip.dataplane.routing.snapshot cimport CALLER_ID_BYTES_MAX

cdef enum:
    CALL_TABLE_VERSION = 4
    CALL_TABLE_HEADER_BYTES = 4096
    CALL_ID_BYTES_MAX = 127
    CALL_NUMBER_BYTES_MAX = 31
    FROM_BYTES_MAX = 191
    ATTEMPTS_KEPT = 8
    LEG_NAME_BYTES = 28            # of a leg's name, ended by a NUL: as much as a record keeps
    CALL_LINGER_MS = 5000           # T4: an ended call's late requests still find their way
    CHALLENGE_LINGER_MS = 32000     # a challenged call is sent again


cdef enum CallState:
    CALL_NONE = 0
    CALL_SETUP = 1                  # admitted, no 2xx yet
    CALL_ANSWERED = 2               # 2xx relayed, its ACK not seen
    CALL_ESTABLISHED = 3
    CALL_ENDED = 4                  # holds no slot any more


cdef enum AttemptResult:            # kept in records for years: new ones come last
    RESULT_UNFINISHED = 0
    RESULT_ANSWERED = 1
    RESULT_REFUSED = 2              # by a final response
    RESULT_SILENT = 3
    RESULT_RANG_ON = 4
    RESULT_ICMP = 5
    RESULT_SEND = 6                 # the kernel knows no way there
    RESULT_STREAM = 7
    RESULT_NOWHERE = 8              # nothing was sent
    RESULT_NOT_REGISTERED = 9
    RESULT_OUT = 10                 # it rang, and the leg went down


cdef enum EndedBy:
    ENDED_BY_US = 0
    ENDED_BY_CALLER = 1
    ENDED_BY_CALLEE = 2


cdef struct AttemptFacts:           # of one attempt, for the record; times in milliseconds since the call came in, plus 1; 0: never
    uint8_t address[16]
    uint32_t began_ms
    uint32_t ringing_ms
    uint32_t ended_ms
    uint16_t port
    uint16_t status
    uint8_t transport
    uint8_t result                  # AttemptResult
    uint8_t leg
    uint8_t name_length
    char name[LEG_NAME_BYTES]


cdef struct CallTableHeader:
    char magic[8]                   # "hasipcal"
    uint32_t version
    uint32_t record_bytes
    uint32_t capacity
    uint32_t worker_count           # by which the high-water marks were set
    HashKey key                     # of tokens and of caller keys: lasts as long as the file
    uint32_t high_water[64]         # by worker: slots of its range that were ever used


cdef struct Call:
    ArenaHeader header
    uint64_t caller_key             # Call-ID and caller's tag, hashed
    uint64_t callee_tag             # hashed; 0 until a 2xx
    uint32_t trunk                  # board slot
    uint32_t since_s                # unix seconds: admitted
    uint32_t answered_s
    uint32_t expires_s              # the hard end, by max_call_s or the session timer
    uint32_t max_expires_s          # by max_call_s alone
    uint8_t state                   # CallState
    uint8_t holds_slot
    uint8_t leg
    uint8_t call_id_length
    uint8_t number_length
    uint8_t is_challenged           # refused 401 or 407: it lingers, so that the same call sent again meets the same leg
    uint8_t answers_challenge       # it is that call sent again
    uint8_t is_to_core              # the customer placed it, from `leg`
    uint32_t core_account           # the core's leg it goes to or comes from, by account_number(), or NO_ACCOUNT
    Endpoint caller                 # where the caller is, should its Contact be of no use
    Endpoint callee
    char trunk_name[64]
    char number[CALL_NUMBER_BYTES_MAX + 1]
    char call_id[CALL_ID_BYTES_MAX + 1]
    uint8_t caller_id_length
    uint8_t from_length             # of a customer's own From, which the core does not see; 0: it was not rewritten
    char caller_id[CALLER_ID_BYTES_MAX + 1]
    char from_text[FROM_BYTES_MAX + 1]
    # What the record will say, and nobody asks before (stage/record.pxd)
    uint64_t received_unix_ms
    uint64_t received_ms            # the same moment as workers tell the time
    uint32_t ringing_ms             # as in AttemptFacts
    uint32_t answered_ms
    uint8_t mode                    # Mode + 1; 0: none chose
    uint8_t ended_by                # EndedBy
    uint8_t fails_over
    uint8_t targets                 # how many there are to try
    uint8_t legs_down               # bit by leg: so judged when the order was fixed
    uint8_t legs_drained
    uint8_t attempts_left_out       # beyond those kept
    uint8_t calling_length
    char calling[CALL_NUMBER_BYTES_MAX + 1]     # the user of From
    uint8_t source_name_length
    char source_name[LEG_NAME_BYTES]            # the customer's leg it came from
    uint8_t attempt_count
    AttemptFacts attempts[ATTEMPTS_KEPT]        # last: those beyond attempt_count are what was there before


cdef struct CallTable:
    CallTableHeader *file           # mapped
    size_t file_bytes
    uint8_t *records
    uint32_t capacity
    uint32_t slots_per_worker
    uint32_t worker_count


cdef inline uint32_t call_owner(const CallTable *table, uint32_t slot) noexcept nogil:
    """Return the worker that owns a slot."""
    return slot // table.slots_per_worker


cdef inline Call *call_record(const CallTable *table, uint32_t slot) noexcept nogil:
    return <Call *>(table.records + <size_t>slot * sizeof(Call))


cdef inline bint is_up(const Call *call, uint32_t now_s) noexcept nogil:
    """True for a call that outlives a restart: it was answered, holds a slot, and its time is not over."""
    return (call.header.generation & 1 and call.holds_slot and (call.state == CALL_ANSWERED or call.state == CALL_ESTABLISHED)
            and call.expires_s > now_s)


cdef inline bint is_sound(const Call *call) noexcept nogil:
    """True when a record from a file holds nothing that would lead out of bounds."""
    return (call.leg < LEGS_MAX and call.call_id_length <= CALL_ID_BYTES_MAX and call.number_length <= CALL_NUMBER_BYTES_MAX
            and call.caller_id_length <= CALLER_ID_BYTES_MAX and call.from_length <= FROM_BYTES_MAX and call.attempt_count <= ATTEMPTS_KEPT
            and call.calling_length <= CALL_NUMBER_BYTES_MAX and call.source_name_length <= LEG_NAME_BYTES
            and call.trunk_name[sizeof(call.trunk_name) - 1] == 0 and has_sound_attempts(call))


cdef inline bint has_sound_attempts(const Call *call) noexcept nogil:
    """True when no attempt's name is longer than its place, for a record copies it from there."""
    cdef uint32_t i
    for i in range(call.attempt_count):
        if call.attempts[i].name_length > LEG_NAME_BYTES:
            return False
    return True


cdef inline uint32_t adopt_range(const CallTable *table, uint32_t worker, Arena *arena, uint32_t now_s) noexcept nogil:
    """Describe a worker's range to its arena: calls that are up stay taken, everything else is free. Return how many stay."""
    cdef uint32_t used = min(table.file.high_water[worker], table.slots_per_worker) if table.file.worker_count == table.worker_count else table.slots_per_worker
    cdef uint32_t local
    cdef Call *call
    arena.records = table.records + <size_t>worker * table.slots_per_worker * sizeof(Call)
    arena_reset(arena, sizeof(Call), table.slots_per_worker)
    arena.cleared_bytes = <size_t>&(<Call *>NULL).attempts
    arena.fresh = used
    for local in range(used):
        call = <Call *>arena_record(arena, local)
        if is_up(call, now_s) and is_sound(call):
            arena.taken += 1
            continue
        call.state = CALL_NONE
        call.header.generation = (call.header.generation + 1) & ~<uint32_t>1
        call.header.next_free = arena.free_head
        arena.free_head = local
    return arena.taken
