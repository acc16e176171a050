"""One call as all three take part in it. As they sit in one process, one record holds what each of them knows."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp

from hasip.dataplane.base.arena cimport ArenaHeader
from hasip.dataplane.base.block cimport StoredBytes
from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.span cimport Span
from hasip.load.plan cimport SEATS
from hasip.load.text cimport Text, put, put_hex

cdef enum:
    TOKEN_BYTES = 24                # run, slot, generation: eight hexadecimal digits each
    CALL_ID_BYTES = 29              # the token and "@load"
    BRANCH_BYTES = 32               # "z9hG4bK", a letter, the token
    TAG_BYTES = 25                  # a letter and the token

cdef enum CallerState:
    CALLING = 1                     # INVITE sent
    PROCEEDING                      # 1xx came
    CANCELLING                      # CANCEL sent
    TALKING                         # ACK sent
    ENDING                          # BYE sent
    REGISTERING                     # REGISTER sent
    DONE

cdef enum LegState:
    LEG_UNUSED = 0                  # no INVITE came
    LEG_SILENT
    LEG_RINGING
    LEG_ANSWERED                    # 200 sent, open until its ACK and a BYE have come
    LEG_REFUSED                     # another final sent, open until its ACK has come
    LEG_CLOSED

cdef enum Failure:                  # what the first thing was that went wrong; sentences in _load.pyx
    FAILURE_NONE = 0
    FAILURE_TIMEOUT
    FAILURE_STATUS
    FAILURE_WRONG_LEG
    FAILURE_ALTERED
    FAILURE_ROUTE
    FAILURE_SECOND_INVITE
    FAILURE_BYE_REFUSED
    FAILURE_NO_ROOM
    FAILURE_ABANDONED
    FAILURES


cdef struct Leg:                    # a far end's share
    uint64_t branch                 # hash of the INVITE's
    uint64_t invited_ns
    uint64_t refused_ns             # 0: not
    uint64_t due_ms                 # when to repeat the final response, 0: never
    uint64_t give_up_ms
    uint32_t interval_ms
    uint16_t status                 # of the last response to the INVITE
    uint16_t echo_length            # Via, From, To, Call-ID, CSeq; behind them in `echo` are the Record-Routes
    StoredBytes echo                # what responses to the INVITE repeat of it
    Endpoint peer                   # where they go
    uint8_t state                   # LegState
    uint8_t is_acknowledged
    uint8_t is_ended                # BYE came


cdef struct Call:
    ArenaHeader header
    uint32_t slot
    uint8_t state                   # CallerState
    uint8_t failure                 # Failure
    uint8_t landed                  # seat that answered, 0: none
    uint8_t is_cancel_answered
    uint16_t status                 # final one, 0: none yet
    uint64_t started_ns
    uint64_t deadline_ms
    uint64_t due_ms                 # when to send again, or to go on; 0: nothing is due
    uint64_t give_up_ms             # timer B or F
    uint32_t interval_ms
    uint16_t routes_length          # pieces of `dialog`, in this order
    uint16_t target_length
    uint16_t remote_length
    StoredBytes dialog              # Route headers, remote target, To with its tag; of a registration: nonce and realm
    Endpoint next_hop
    uint32_t user                   # of a registration: whose, …
    uint32_t cseq
    uint32_t nonce_count
    uint16_t nonce_length
    Leg legs[SEATS]                 # by seat; the caller's is not used


cdef inline bint is_leg_open(const Leg *leg) noexcept nogil:
    """True while a far end waits for something."""
    return leg.state == LEG_RINGING or leg.state == LEG_ANSWERED or leg.state == LEG_REFUSED


cdef inline bint is_pending(const Call *call) noexcept nogil:
    """True while the INVITE has no final response."""
    return call.state < TALKING and call.status == 0


cdef inline void fail(Call *call, Failure failure) noexcept nogil:
    """Note what went wrong, unless something did before."""
    if call.failure == FAILURE_NONE:
        call.failure = <uint8_t>failure


cdef inline void put_token(Text *text, uint32_t run, const Call *call) noexcept nogil:
    put_hex(text, run)
    put_hex(text, call.slot)
    put_hex(text, call.header.generation)


cdef inline void put_call_id(Text *text, uint32_t run, const Call *call) noexcept nogil:
    put_token(text, run, call)
    put(text, b"@load")


cdef inline bint read_token(const uint8_t *place, uint32_t run, uint32_t *slot, uint32_t *generation) noexcept nogil:
    """Read a token of this run. False: none."""
    cdef uint32_t found
    return read_hex(place, &found) and found == run and read_hex(place + 8, slot) and read_hex(place + 16, generation)


cdef inline bint read_hex(const uint8_t *place, uint32_t *number) noexcept nogil:
    """Read eight digits."""
    cdef uint32_t i, digit
    number[0] = 0
    for i in range(8):
        if c'0' <= place[i] <= c'9':
            digit = place[i] - c'0'
        elif c'a' <= place[i] <= c'f':
            digit = place[i] - c'a' + 10
        else:
            return False
        number[0] = number[0] << 4 | digit
    return True


cdef inline bint is_call_id(const uint8_t *bytes, Span call_id) noexcept nogil:
    """True when it has the form of ours."""
    return call_id.length == CALL_ID_BYTES and memcmp(bytes + call_id.offset + TOKEN_BYTES, b"@load", 5) == 0
