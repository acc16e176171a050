"""All that a run has: plan, sockets, calls, timers, figures.

Owns: its memory; the sockets are the Python face's. Threads: one; others may set the stops and read three counters.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from hasip.dataplane.base.arena cimport Arena, arena_close, arena_find, arena_open, arena_record
from hasip.dataplane.base.block cimport BlockStore, StoredBytes, block_store_close, block_store_open
from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.memory cimport map_zeroed, unmap
from hasip.dataplane.base.socket cimport iovec, mmsghdr, sockaddr_in6
from hasip.dataplane.base.wheel cimport Wheel, wheel_arm, wheel_close, wheel_open
from hasip.dataplane.stage.outbox cimport Outbox, outbox_close, outbox_open, outbox_put, outbox_room
from hasip.dataplane.syntax.message cimport READABLE_BEHIND, Message
from hasip.load.call cimport FAILURES, Call, is_call_id, read_token
from hasip.load.histogram cimport Histogram
from hasip.load.pacing cimport Pacing
from hasip.load.plan cimport CALLER, SEATS, Plan
from hasip.load.text cimport Text, text_at

cdef enum:
    RECEIVE_BATCH = 64
    RECEIVE_BYTES_MAX = 8192
    DATAGRAM_BYTES = 4096           # the longest message we write
    STATUSES = 700
    T2_MS = 4000                    # RFC 3261 §17.1.2.2

cdef enum Lookup:
    CALL_FOREIGN = 0                # not of this run
    CALL_OVER
    CALL_LIVE


cdef struct Counters:
    uint64_t started
    uint64_t completed
    uint64_t failed
    uint64_t sent_again             # our retransmissions
    uint64_t received_again         # duplicates that came
    uint64_t foreign                # messages of no call of this run: probes, say
    uint64_t malformed
    uint64_t unsent                 # datagrams the kernel refused
    uint64_t challenged             # REGISTERs answered 401
    uint64_t challenged_stale       # those that had credentials, with a nonce too old
    uint64_t attempts[SEATS]        # INVITEs, first copies, by far end
    uint64_t answered[SEATS]        # calls, by the far end that took them
    uint64_t failures[FAILURES]
    uint64_t wrong_statuses[STATUSES]


cdef struct User:                   # what a user that registers knows between its cycles
    StoredBytes challenge           # nonce and realm
    uint32_t nonce_count            # it was last used with
    uint16_t nonce_length


cdef struct Generator:
    Plan plan
    uint32_t run                    # tells our calls from those of other runs
    uint32_t is_stopping            # start no more calls
    uint32_t is_abandoning          # wait for none either
    bint spins
    int sockets[SEATS]              # -1: a closed port
    uint64_t now_ns
    uint64_t now_ms
    uint64_t first_ns               # first call's start and last call's end
    uint64_t last_ns
    Pacing pacing
    Arena calls
    Wheel wheel                     # one timer for each call, by slot
    BlockStore blocks
    User *users
    Outbox outbox
    Message message
    Counters counters
    Histogram setup                 # INVITE → 200; REGISTER → 200
    Histogram failover              # primary has failed → the secondary has the INVITE
    Histogram lateness              # a call's start, behind its time: the generator's own failing
    uint8_t *received_bytes
    mmsghdr received_headers[RECEIVE_BATCH]
    iovec received_parts[RECEIVE_BATCH]
    sockaddr_in6 received_from[RECEIVE_BATCH]


cdef inline bint generator_open(Generator *generator, uint32_t calls_at_once, uint64_t now_ms) noexcept nogil:
    """Map what a run needs. False: no memory."""
    return (arena_open(&generator.calls, sizeof(Call), calls_at_once)
            and wheel_open(&generator.wheel, calls_at_once, now_ms)
            and block_store_open(&generator.blocks, 2 * calls_at_once + generator.plan.users, 3 * calls_at_once, 16)
            and outbox_open(&generator.outbox)
            and open_users(generator)
            and open_receiving(generator))


cdef inline bint open_users(Generator *generator) noexcept nogil:
    """Make room for what users remember, if there are any. False: no memory."""
    if generator.plan.users == 0:
        return True
    generator.users = <User *>map_zeroed(generator.plan.users * sizeof(User))
    return generator.users != NULL


cdef inline bint open_receiving(Generator *generator) noexcept nogil:
    """Let each header of a received batch have its bytes. False: no memory."""
    cdef uint32_t i
    cdef size_t slot_bytes = RECEIVE_BYTES_MAX + READABLE_BEHIND
    generator.received_bytes = <uint8_t *>map_zeroed(RECEIVE_BATCH * slot_bytes)
    if generator.received_bytes == NULL:
        return False
    memset(generator.received_headers, 0, sizeof(generator.received_headers))
    for i in range(RECEIVE_BATCH):
        generator.received_parts[i].iov_base = generator.received_bytes + i * slot_bytes
        generator.received_parts[i].iov_len = RECEIVE_BYTES_MAX
        generator.received_headers[i].msg_hdr.msg_iov = &generator.received_parts[i]
        generator.received_headers[i].msg_hdr.msg_iovlen = 1
        generator.received_headers[i].msg_hdr.msg_name = &generator.received_from[i]
    return True


cdef inline void generator_close(Generator *generator) noexcept nogil:
    """Give back what generator_open() mapped."""
    arena_close(&generator.calls)
    wheel_close(&generator.wheel)
    block_store_close(&generator.blocks)
    outbox_close(&generator.outbox)
    unmap(generator.users, generator.plan.users * sizeof(User))
    unmap(generator.received_bytes, RECEIVE_BATCH * (RECEIVE_BYTES_MAX + READABLE_BEHIND))


cdef inline Call *call_at(const Generator *generator, uint32_t slot) noexcept nogil:
    return <Call *>arena_record(&generator.calls, slot)


cdef inline Lookup find_call(const Generator *generator, const Message *message, Call **call) noexcept nogil:
    """Find the call that a message belongs to, by its Call-ID."""
    cdef uint32_t slot, generation
    if not is_call_id(message.bytes, message.call_id):
        return CALL_FOREIGN
    if not read_token(message.bytes + message.call_id.offset, generator.run, &slot, &generation):
        return CALL_FOREIGN
    call[0] = <Call *>arena_find(&generator.calls, slot, generation)
    return CALL_LIVE if call[0] != NULL else CALL_OVER


cdef inline void arm_call(Generator *generator, const Call *call) noexcept nogil:
    """Let the call's timer fire at the first of its deadlines."""
    cdef uint64_t due_ms = call.deadline_ms
    cdef uint32_t seat
    if call.due_ms and call.due_ms < due_ms:
        due_ms = call.due_ms
    for seat in range(CALLER + 1, SEATS):
        if call.legs[seat].due_ms and call.legs[seat].due_ms < due_ms:
            due_ms = call.legs[seat].due_ms
    wheel_arm(&generator.wheel, call.slot, due_ms)


cdef inline void begin_transaction(Generator *generator, Call *call, uint8_t state) noexcept nogil:
    """Enter a state that waits for an answer: repeat after T1, give up after 64 T1."""
    call.state = state
    call.interval_ms = generator.plan.t1_ms
    call.due_ms = generator.now_ms + call.interval_ms
    call.give_up_ms = generator.now_ms + 64 * <uint64_t>generator.plan.t1_ms


cdef inline Text datagram(Generator *generator) noexcept nogil:
    """Return room for the next datagram; post() sends it."""
    cdef uint8_t *room = outbox_room(&generator.outbox, DATAGRAM_BYTES)
    return text_at(room, DATAGRAM_BYTES if room != NULL else 0)


cdef inline void post(Generator *generator, const Text *text, uint32_t seat, const Endpoint *destination) noexcept nogil:
    """Send what was written into datagram() from a seat's socket, with the burst that comes next."""
    cdef Endpoint place = destination[0]
    place.listener = <unsigned short>seat
    if text.is_cut or text.capacity == 0 or not outbox_put(&generator.outbox, text.length, &place):
        generator.counters.unsent += 1
