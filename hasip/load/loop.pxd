"""The loop of a run: start calls, receive, fire timers, send, sleep; until every call has ended."""
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memset
from posix.time cimport timespec

from hasip.dataplane.base.atomic cimport load_relaxed_u32
from hasip.dataplane.base.clock cimport monotonic_ns
from hasip.dataplane.base.endpoint cimport Endpoint, endpoint_from_sockaddr, endpoint_to_sockaddr
from hasip.dataplane.base.socket cimport (
    ECONNREFUSED, EINTR, MSG_DONTWAIT, errno, iovec, mmsghdr, recvmmsg, sendmmsg, sockaddr_in6)
from hasip.dataplane.base.wheel cimport NO_TIMER, wheel_pop_due, wheel_wait_ms
from hasip.dataplane.stage.outbox cimport Outbox, OutboxEntry, outbox_is_high
from hasip.dataplane.syntax.message cimport PARSE_EMPTY, PARSE_OK, ParseResult
from hasip.dataplane.syntax.parser cimport parse_message
from hasip.load.call cimport FAILURE_ABANDONED, FAILURE_TIMEOUT, Call, fail
from hasip.load.caller cimport caller_is_due, caller_receives, start_call
from hasip.load.ending cimport end_call, settle
from hasip.load.far_end cimport far_end_is_due, far_end_receives
from hasip.load.generator cimport RECEIVE_BATCH, Generator, call_at
from hasip.load.histogram cimport histogram_add
from hasip.load.pacing cimport pacing_begin, start_of_call
from hasip.load.plan cimport CALLER, PRIMARY, SEATS


cdef extern from "<poll.h>" nogil:
    short POLLIN
    cdef struct pollfd:
        int fd
        short events
        short revents
    int ppoll(pollfd *descriptors, unsigned long count, const timespec *timeout, const void *mask) noexcept

cdef extern from "<sys/prctl.h>" nogil:
    int PR_SET_TIMERSLACK
    int prctl(int option, unsigned long argument) noexcept

cdef enum:
    STARTS_AT_ONCE = 16             # calls that start before what has come is looked at again
    BATCHES_AT_ONCE = 4             # of one socket
    SEND_BATCH = 64
    SEND_TRIES = 8                  # a pending ICMP error fails a send that has nothing to do with it
    SLEEP_NS_MAX = 50000000         # so that a stop is noticed


cdef inline void run_generator(Generator *generator) noexcept nogil:
    """Run until all calls have ended; each ends by its deadline, so this does."""
    cdef bint is_busy
    prctl(PR_SET_TIMERSLACK, 1)         # ns; the kernel's 50 µs of its own would make every call late
    look_at_clock(generator)
    pacing_begin(&generator.pacing, generator.plan.calls_per_second, generator.now_ns)
    generator.first_ns = generator.last_ns = generator.now_ns
    while not is_over(generator):
        is_busy = start_due_calls(generator)
        is_busy |= receive_all(generator)
        fire_due_timers(generator)
        send_all(generator)
        if not is_busy and not generator.spins:
            sleep_until_due(generator)
        look_at_clock(generator)
    abandon_calls(generator)


cdef inline void look_at_clock(Generator *generator) noexcept nogil:
    generator.now_ns = monotonic_ns()
    generator.now_ms = generator.now_ns // 1000000


cdef inline bint may_start(const Generator *generator) noexcept nogil:
    """True while there are calls to make."""
    return generator.counters.started < generator.plan.calls and not load_relaxed_u32(&generator.is_stopping)


cdef inline bint is_over(const Generator *generator) noexcept nogil:
    return (generator.calls.taken == 0 and not may_start(generator)) or load_relaxed_u32(&generator.is_abandoning)


cdef inline bint start_due_calls(Generator *generator) noexcept nogil:
    """Make the calls whose time has come, STARTS_AT_ONCE at the most. Return whether there were any."""
    cdef uint32_t started = 0
    cdef uint64_t start_ns
    while started < STARTS_AT_ONCE and may_start(generator):
        start_ns = start_of_call(&generator.pacing, generator.counters.started)
        if start_ns > generator.now_ns:
            break
        histogram_add(&generator.lateness, generator.now_ns - start_ns)
        start_call(generator)
        started += 1
    return started > 0


# ---------------------------------------------------------------------------------------- in


cdef inline bint receive_all(Generator *generator) noexcept nogil:
    """Take what waits at each socket. Return whether there was anything."""
    cdef uint32_t seat, batch
    cdef int received
    cdef bint is_busy = False
    for seat in range(SEATS):
        if generator.sockets[seat] < 0:
            continue
        for batch in range(BATCHES_AT_ONCE):
            received = receive_batch(generator, seat)
            is_busy |= received > 0
            if outbox_is_high(&generator.outbox):
                send_all(generator)
            if received < RECEIVE_BATCH:
                break
    return is_busy


cdef inline int receive_batch(Generator *generator, uint32_t seat) noexcept nogil:
    """Take up to RECEIVE_BATCH datagrams of a socket; return how many, -1 for none."""
    cdef Endpoint source
    cdef int i, received
    for i in range(RECEIVE_BATCH):
        generator.received_headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in6)
    received = recvmmsg(generator.sockets[seat], generator.received_headers, RECEIVE_BATCH, MSG_DONTWAIT, NULL)
    for i in range(received):
        endpoint_from_sockaddr(&source, &generator.received_from[i])
        look_at_clock(generator)
        take_datagram(generator, seat, <const uint8_t *>generator.received_parts[i].iov_base, generator.received_headers[i].msg_len, &source)
    return received


cdef inline void take_datagram(Generator *generator, uint32_t seat, const uint8_t *bytes, uint32_t length, const Endpoint *source) noexcept nogil:
    """Hand a datagram to whom it came to."""
    cdef ParseResult result = parse_message(bytes, length, &generator.message)
    if result == PARSE_EMPTY:
        return
    if result != PARSE_OK:
        generator.counters.malformed += 1
    elif seat == CALLER:
        caller_receives(generator, &generator.message)
    else:
        far_end_receives(generator, seat, &generator.message, source)


# ---------------------------------------------------------------------------------------- timers


cdef inline void fire_due_timers(Generator *generator) noexcept nogil:
    """Serve every call whose timer is due."""
    cdef uint32_t slot = wheel_pop_due(&generator.wheel, generator.now_ms)
    while slot != NO_TIMER:
        call_is_due(generator, call_at(generator, slot))
        if outbox_is_high(&generator.outbox):
            send_all(generator)
        slot = wheel_pop_due(&generator.wheel, generator.now_ms)


cdef inline void call_is_due(Generator *generator, Call *call) noexcept nogil:
    """Do what is due for a call; at its deadline it has failed."""
    cdef uint32_t seat
    if generator.now_ms >= call.deadline_ms:
        fail(call, FAILURE_TIMEOUT)
        end_call(generator, call)
        return
    if call.due_ms and generator.now_ms >= call.due_ms:
        caller_is_due(generator, call)
    for seat in range(PRIMARY, SEATS):
        if call.legs[seat].due_ms and generator.now_ms >= call.legs[seat].due_ms:
            far_end_is_due(generator, call, seat)
    settle(generator, call)


cdef inline void abandon_calls(Generator *generator) noexcept nogil:
    """Let the calls that are left have failed."""
    cdef uint32_t slot
    cdef Call *call
    for slot in range(generator.calls.fresh):
        call = call_at(generator, slot)
        if call.header.generation & 1:
            fail(call, FAILURE_ABANDONED)
            end_call(generator, call)


# ---------------------------------------------------------------------------------------- out


cdef inline void send_all(Generator *generator) noexcept nogil:
    """Send what was posted, in bursts; what the kernel refuses is counted and left to retransmission."""
    cdef Outbox *outbox = &generator.outbox
    cdef uint32_t tries = 0
    while outbox.sent < outbox.count:
        if send_burst(generator, outbox):
            tries = 0
        elif (errno == ECONNREFUSED or errno == EINTR) and tries < SEND_TRIES:
            tries += 1
        else:
            outbox.sent += 1
            generator.counters.unsent += 1
            tries = 0
    outbox.used = 0
    outbox.count = 0
    outbox.sent = 0


cdef inline bint send_burst(Generator *generator, Outbox *outbox) noexcept nogil:
    """Send as many datagrams as leave by the first one's socket and fit one call. False: the first could not be sent, see errno."""
    cdef mmsghdr headers[SEND_BATCH]
    cdef iovec parts[SEND_BATCH]
    cdef sockaddr_in6 addresses[SEND_BATCH]
    cdef const OutboxEntry *entry = &outbox.entries[outbox.sent]
    cdef uint32_t seat = entry.destination.listener, burst = 0
    cdef int sent
    while burst < SEND_BATCH and outbox.sent + burst < outbox.count:
        entry = &outbox.entries[outbox.sent + burst]
        if entry.destination.listener != seat:
            break
        parts[burst].iov_base = outbox.bytes + entry.offset
        parts[burst].iov_len = entry.length
        memset(&headers[burst], 0, sizeof(mmsghdr))
        headers[burst].msg_hdr.msg_name = &addresses[burst]
        headers[burst].msg_hdr.msg_namelen = endpoint_to_sockaddr(&entry.destination, &addresses[burst])
        headers[burst].msg_hdr.msg_iov = &parts[burst]
        headers[burst].msg_hdr.msg_iovlen = 1
        burst += 1
    sent = sendmmsg(generator.sockets[seat], headers, burst, MSG_DONTWAIT)
    if sent <= 0:
        return False
    outbox.sent += <uint32_t>sent
    return True


cdef inline void sleep_until_due(Generator *generator) noexcept nogil:
    """Sleep until a datagram comes, a call or a timer is due, or SLEEP_NS_MAX have passed."""
    cdef pollfd descriptors[SEATS]
    cdef timespec wait
    cdef uint32_t seat
    for seat in range(SEATS):
        descriptors[seat].fd = generator.sockets[seat]
        descriptors[seat].events = POLLIN
    wait.tv_sec = 0
    wait.tv_nsec = <long>time_to_sleep_ns(generator)
    if wait.tv_nsec:
        ppoll(descriptors, SEATS, &wait, NULL)


cdef inline uint64_t time_to_sleep_ns(const Generator *generator) noexcept nogil:
    """Return how long nothing of ours is due. Units: nanoseconds, SLEEP_NS_MAX at the most."""
    cdef uint64_t now_ns = monotonic_ns(), wait_ns = SLEEP_NS_MAX, start_ns
    cdef int timer_ms = wheel_wait_ms(&generator.wheel, now_ns // 1000000)
    if timer_ms >= 0 and <uint64_t>timer_ms * 1000000 < wait_ns:
        wait_ns = <uint64_t>timer_ms * 1000000
    if may_start(generator):
        start_ns = start_of_call(&generator.pacing, generator.counters.started)
        wait_ns = min(wait_ns, start_ns - now_ns if start_ns > now_ns else 0)
    return wait_ns
