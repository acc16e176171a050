"""A far end: rings and answers, refuses, keeps silent, or rings until it is cancelled (RFC 3261 §8.2, §9.2, §13.3.1, §15.1.2).

    UNUSED → RINGING → ANSWERED → CLOSED          UNUSED → SILENT
        └────────┴───→ REFUSED ─────↑
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp

from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.hash cimport HashKey, siphash
from hasip.dataplane.syntax.message cimport (
    HEADER_ROUTE, KIND_REQUEST, METHOD_ACK, METHOD_BYE, METHOD_CANCEL, METHOD_INVITE, METHOD_OPTIONS, Message)
from hasip.load.call cimport (
    FAILURE_ALTERED, FAILURE_NO_ROOM, FAILURE_ROUTE, FAILURE_SECOND_INVITE, FAILURE_TIMEOUT, LEG_ANSWERED, LEG_CLOSED, LEG_REFUSED,
    LEG_RINGING, LEG_SILENT, LEG_UNUSED, Call, Leg, fail)
from hasip.load.caller cimport is_tag_of
from hasip.load.ending cimport settle
from hasip.load.generator cimport CALL_FOREIGN, CALL_OVER, Generator, Lookup, T2_MS, find_call
from hasip.load.histogram cimport histogram_add
from hasip.load.plan cimport ANSWERS, KEEPS_SILENT, PRIMARY, REFUSES, SECONDARY
from hasip.load.response cimport FINAL_OK, keep_echo, respond, respond_to_invite


cdef inline void far_end_receives(Generator *generator, uint32_t seat, const Message *message, const Endpoint *source) noexcept nogil:
    """Take a datagram that came to a far end's socket."""
    cdef Call *call = NULL
    cdef Lookup found
    if message.kind != KIND_REQUEST:
        generator.counters.foreign += 1
        return
    found = find_call(generator, message, &call)
    if found == CALL_FOREIGN:
        generator.counters.foreign += 1
        answer_stranger(generator, seat, message, source)
    elif found == CALL_OVER:
        generator.counters.received_again += 1
        if message.method != METHOD_INVITE:
            answer_stranger(generator, seat, message, source)
    else:
        take_request(generator, call, seat, message, source)
        settle(generator, call)


cdef inline void answer_stranger(Generator *generator, uint32_t seat, const Message *message, const Endpoint *source) noexcept nogil:
    """Answer what belongs to no call: a probe is welcome."""
    if message.method != METHOD_ACK:
        respond(generator, seat, message, source, FINAL_OK if message.method == METHOD_OPTIONS else 481, NULL)


cdef inline void take_request(Generator *generator, Call *call, uint32_t seat, const Message *message, const Endpoint *source) noexcept nogil:
    """A request of a call that lives."""
    cdef Leg *leg = &call.legs[seat]
    if not is_tag_of(generator, call, message, message.from_tag, c'c'):
        fail(call, FAILURE_ALTERED)
    if message.method == METHOD_INVITE:
        if leg.state == LEG_UNUSED:
            take_invite(generator, call, seat, message, source)
        else:
            take_invite_again(generator, call, seat, message)
    elif message.method == METHOD_ACK:
        take_ack(generator, call, seat, message)
    elif message.method == METHOD_BYE:
        take_bye(generator, call, seat, message, source)
    elif message.method == METHOD_CANCEL:
        take_cancel(generator, leg, seat, message, source, call)
    else:
        respond(generator, seat, message, source, 481, call)


# ---------------------------------------------------------------------------------------- INVITE


cdef inline void take_invite(Generator *generator, Call *call, uint32_t seat, const Message *invite, const Endpoint *source) noexcept nogil:
    """The call rings here."""
    cdef Leg *leg = &call.legs[seat]
    cdef uint8_t behaviour = generator.plan.behaviours[seat]
    leg.branch = hash_of_branch(invite)
    leg.invited_ns = generator.now_ns
    generator.counters.attempts[seat] += 1
    if seat == SECONDARY and generator.plan.fails_over:
        histogram_add(&generator.failover, generator.now_ns - moment_of_failure(call))
    if not has_our_session(generator, invite):
        fail(call, FAILURE_ALTERED)
    if behaviour == KEEPS_SILENT:
        leg.state = LEG_SILENT
        return
    if not keep_echo(generator, call, seat, invite, source):
        fail(call, FAILURE_NO_ROOM)
        leg.state = LEG_SILENT
    elif behaviour == REFUSES:
        leg.refused_ns = generator.now_ns
        respond_finally(generator, leg, seat, generator.plan.refusal_status)
    else:
        leg.state = LEG_RINGING
        respond_to_invite(generator, leg, seat, 180)
        if behaviour == ANSWERS:
            respond_finally(generator, leg, seat, FINAL_OK)


cdef inline uint64_t moment_of_failure(const Call *call) noexcept nogil:
    """Return when the primary refused; was asked, if it keeps silent; when the call started, if it is out of reach. Units: nanoseconds."""
    cdef const Leg *primary = &call.legs[PRIMARY]
    if primary.refused_ns:
        return primary.refused_ns
    return primary.invited_ns if primary.invited_ns else call.started_ns


cdef inline uint64_t hash_of_branch(const Message *message) noexcept nogil:
    cdef HashKey key
    key.first = key.second = 0
    return siphash(&key, message.bytes + message.branch.offset, message.branch.length)


cdef inline bint has_our_session(const Generator *generator, const Message *message) noexcept nogil:
    """True when the body is the caller's, unchanged."""
    return (message.length - message.body_start == generator.plan.session.length
            and memcmp(message.bytes + message.body_start, generator.plan.session.bytes, generator.plan.session.length) == 0)


cdef inline void take_invite_again(Generator *generator, Call *call, uint32_t seat, const Message *invite) noexcept nogil:
    """A retransmission gets the last response again; a second attempt at the same far end is a mistake."""
    cdef Leg *leg = &call.legs[seat]
    if hash_of_branch(invite) != leg.branch:
        fail(call, FAILURE_SECOND_INVITE)
        return
    generator.counters.received_again += 1
    if leg.state == LEG_RINGING or leg.state == LEG_ANSWERED or leg.state == LEG_REFUSED:
        respond_to_invite(generator, leg, seat, leg.status)


cdef inline void respond_finally(Generator *generator, Leg *leg, uint32_t seat, uint16_t status) noexcept nogil:
    """Send a final response, which is repeated until its ACK comes (timer G, §13.3.1.4)."""
    leg.state = LEG_ANSWERED if status == FINAL_OK else LEG_REFUSED
    leg.interval_ms = generator.plan.t1_ms
    leg.due_ms = generator.now_ms + leg.interval_ms
    leg.give_up_ms = generator.now_ms + 64 * <uint64_t>generator.plan.t1_ms
    respond_to_invite(generator, leg, seat, status)


# ---------------------------------------------------------------------------------------- ACK, BYE, CANCEL


cdef inline void take_ack(Generator *generator, Call *call, uint32_t seat, const Message *ack) noexcept nogil:
    """The final response has arrived: a refusal is over, an answer becomes a call."""
    cdef Leg *leg = &call.legs[seat]
    if leg.state == LEG_REFUSED:
        leg.due_ms = 0
        leg.state = LEG_CLOSED
    elif leg.state == LEG_ANSWERED and not leg.is_acknowledged:
        check_route(generator, call, seat, ack)
        leg.is_acknowledged = True
        leg.due_ms = 0
        close_if_over(leg)
    else:
        generator.counters.received_again += 1


cdef inline void take_bye(Generator *generator, Call *call, uint32_t seat, const Message *bye, const Endpoint *source) noexcept nogil:
    """The caller hangs up. (BYE may overtake the ACK, which is still waited for.)"""
    cdef Leg *leg = &call.legs[seat]
    if leg.state != LEG_ANSWERED and leg.state != LEG_CLOSED:
        respond(generator, seat, bye, source, 481, call)
        return
    respond(generator, seat, bye, source, FINAL_OK, call)
    if leg.is_ended:
        generator.counters.received_again += 1
        return
    check_route(generator, call, seat, bye)
    leg.is_ended = True
    close_if_over(leg)


cdef inline void close_if_over(Leg *leg) noexcept nogil:
    if leg.is_acknowledged and leg.is_ended:
        leg.state = LEG_CLOSED


cdef inline void check_route(const Generator *generator, Call *call, uint32_t seat, const Message *request) noexcept nogil:
    """A request in the dialog names our Contact, and no route is left on it (§16.4, §16.6)."""
    cdef uint32_t length = generator.plan.contacts[seat].length
    if (request.first_header[HEADER_ROUTE] or request.request_uri.whole.length != length
            or memcmp(request.bytes + request.request_uri.whole.offset, generator.plan.contacts[seat].bytes, length) != 0):
        fail(call, FAILURE_ROUTE)


cdef inline void take_cancel(Generator *generator, Leg *leg, uint32_t seat, const Message *cancel, const Endpoint *source, const Call *call) noexcept nogil:
    """The INVITE is taken back: 200 for the CANCEL, 487 for what still rings (§9.2)."""
    if leg.state == LEG_SILENT:
        return
    if leg.state == LEG_UNUSED or hash_of_branch(cancel) != leg.branch:
        respond(generator, seat, cancel, source, 481, call)
        return
    respond(generator, seat, cancel, source, FINAL_OK, call)
    if leg.state == LEG_RINGING:
        respond_finally(generator, leg, seat, 487)


# ---------------------------------------------------------------------------------------- what is due


cdef inline void far_end_is_due(Generator *generator, Call *call, uint32_t seat) noexcept nogil:
    """No ACK came: send the final response again, or give up (timers G and H)."""
    cdef Leg *leg = &call.legs[seat]
    if generator.now_ms >= leg.give_up_ms:
        fail(call, FAILURE_TIMEOUT)
        leg.due_ms = 0
        leg.state = LEG_CLOSED
        return
    generator.counters.sent_again += 1
    leg.interval_ms = min(2 * leg.interval_ms, <uint32_t>T2_MS)
    leg.due_ms = generator.now_ms + leg.interval_ms
    respond_to_invite(generator, leg, seat, leg.status)
