"""The caller: INVITE, ACK, BYE, or a CANCEL while it rings (RFC 3261 §9.1, §13.2, §15.1.1, §17.1). Registrations are in registration.pxd.

    CALLING → PROCEEDING → TALKING → ENDING → DONE
        └──────────┴─────→ CANCELLING ─────────↑
"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from hasip.dataplane.base.arena cimport NO_SLOT, arena_take
from hasip.dataplane.base.atomic cimport count_u64
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.syntax.message cimport HEADER_VIA, KIND_RESPONSE, METHOD_BYE, METHOD_CANCEL, METHOD_INVITE, METHOD_REGISTER, Message
from hasip.load.call cimport (
    BRANCH_BYTES, CALLING, CANCELLING, DONE, ENDING, FAILURE_ALTERED, FAILURE_BYE_REFUSED, FAILURE_NO_ROOM, FAILURE_ROUTE, FAILURE_TIMEOUT,
    FAILURE_WRONG_LEG, PROCEEDING, REGISTERING, TAG_BYTES, TALKING, Call, fail, is_pending, read_token)
from hasip.load.dialog cimport keep_dialog
from hasip.load.ending cimport caller_is_done, settle
from hasip.load.generator cimport CALL_FOREIGN, CALL_OVER, Generator, Lookup, T2_MS, arm_call, begin_transaction, call_at, find_call
from hasip.load.histogram cimport histogram_add
from hasip.load.plan cimport PRIMARY, SEATS
from hasip.load.register cimport letter_of_register, send_register
from hasip.load.registration cimport start_registration, take_register_response
from hasip.load.request cimport LETTER_BYE, LETTER_INVITE, send_ack, send_bye, send_cancel, send_failure_ack, send_invite
from hasip.load.response cimport tag_letter


cdef inline void start_call(Generator *generator) noexcept nogil:
    """Make the next call; without room for it, it has failed."""
    cdef uint32_t slot = arena_take(&generator.calls)
    cdef Call *call
    count_u64(&generator.counters.started)
    if slot == NO_SLOT:
        count_u64(&generator.counters.failed)
        generator.counters.failures[<int>FAILURE_NO_ROOM] += 1
        return
    call = call_at(generator, slot)
    call.slot = slot
    call.started_ns = generator.now_ns
    call.deadline_ms = generator.now_ms + generator.plan.timeout_ms
    if generator.plan.registers:
        start_registration(generator, call)
    else:
        begin_transaction(generator, call, CALLING)
        send_invite(generator, call)
    arm_call(generator, call)


# ---------------------------------------------------------------------------------------- what comes


cdef inline void caller_receives(Generator *generator, const Message *message) noexcept nogil:
    """Take a datagram that came to the caller's socket."""
    cdef Call *call = NULL
    cdef Lookup found = find_call(generator, message, &call)
    if message.kind != KIND_RESPONSE or found == CALL_FOREIGN:
        generator.counters.foreign += 1
    elif found == CALL_OVER:
        generator.counters.received_again += 1
        if message.cseq_method == METHOD_INVITE and message.status >= 300:
            send_failure_ack(generator, message)
    else:
        if not is_answer_to(generator, call, message):
            fail(call, FAILURE_ALTERED)
        if message.cseq_method == METHOD_INVITE:
            take_invite_response(generator, call, message)
        elif message.cseq_method == METHOD_CANCEL:
            take_cancel_response(generator, call, message)
        elif message.cseq_method == METHOD_BYE:
            take_bye_response(generator, call, message)
        elif message.cseq_method == METHOD_REGISTER:
            take_register_response(generator, call, message)
        settle(generator, call)


cdef inline bint is_answer_to(const Generator *generator, const Call *call, const Message *message) noexcept nogil:
    """True when the response has our Via alone, with the branch of the request it answers, and our From tag."""
    cdef const uint8_t *branch = message.bytes + message.branch.offset
    return (message.headers_named[HEADER_VIA] == 1 and message.via_is_last_value
            and message.branch.length == BRANCH_BYTES and branch[7] == branch_letter(message)
            and is_token_of(generator, call, branch + 8)
            and is_tag_of(generator, call, message, message.from_tag, c'c'))


cdef inline uint8_t branch_letter(const Message *response) noexcept nogil:
    """Return the letter that the branch of the answered request has."""
    if response.cseq_method == METHOD_REGISTER:
        return letter_of_register(response.cseq)
    return LETTER_BYE if response.cseq_method == METHOD_BYE else LETTER_INVITE


cdef inline bint is_tag_of(const Generator *generator, const Call *call, const Message *message, Span tag, uint8_t letter) noexcept nogil:
    """True when a tag is the call's, with this letter."""
    cdef const uint8_t *place = message.bytes + tag.offset
    return tag.length == TAG_BYTES and place[0] == letter and is_token_of(generator, call, place + 1)


cdef inline bint is_token_of(const Generator *generator, const Call *call, const uint8_t *place) noexcept nogil:
    cdef uint32_t slot, generation
    return read_token(place, generator.run, &slot, &generation) and slot == call.slot and generation == call.header.generation


cdef inline void take_invite_response(Generator *generator, Call *call, const Message *message) noexcept nogil:
    """A response to the INVITE."""
    if message.status < 200:
        take_provisional(generator, call, message)
    elif message.status >= 300:
        send_failure_ack(generator, message)
        if is_pending(call):
            take_refusal(generator, call, message)
        else:
            generator.counters.received_again += 1
    elif is_pending(call):
        take_answer(generator, call, message)
    else:
        generator.counters.received_again += 1
        if call.dialog.length:
            send_ack(generator, call)


cdef inline void take_provisional(Generator *generator, Call *call, const Message *message) noexcept nogil:
    """100 or 180: the INVITE has arrived; when it rings, a call that is to be cancelled is."""
    if not is_pending(call) or call.state == CANCELLING:
        return
    call.state = PROCEEDING
    call.due_ms = 0
    if message.status > 100 and generator.plan.cancels:
        begin_transaction(generator, call, CANCELLING)
        send_cancel(generator, call)


cdef inline void take_refusal(Generator *generator, Call *call, const Message *message) noexcept nogil:
    """3xx … 6xx: the call is over, but for the 200 of its CANCEL."""
    call.status = message.status
    if call.state != CANCELLING or call.is_cancel_answered:
        caller_is_done(generator, call)


cdef inline void take_answer(Generator *generator, Call *call, const Message *message) noexcept nogil:
    """200: acknowledge it, note who answered, and hang up, now or after a while."""
    call.status = message.status
    histogram_add(&generator.setup, generator.now_ns - call.started_ns)
    note_who_answered(generator, call, message)
    if not keep_dialog(generator, call, message):
        fail(call, FAILURE_ROUTE)
        caller_is_done(generator, call)
        return
    send_ack(generator, call)
    if generator.plan.hold_ms:
        call.state = TALKING
        call.due_ms = generator.now_ms + generator.plan.hold_ms
        call.deadline_ms += generator.plan.hold_ms
    else:
        hang_up(generator, call)


cdef inline void note_who_answered(Generator *generator, Call *call, const Message *message) noexcept nogil:
    """Read the far end from the To tag."""
    cdef uint32_t seat
    for seat in range(PRIMARY, SEATS):
        if is_tag_of(generator, call, message, message.to_tag, tag_letter(seat)):
            call.landed = <uint8_t>seat
            generator.counters.answered[seat] += 1
            if not generator.plan.may_answer[seat]:
                fail(call, FAILURE_WRONG_LEG)
            return
    fail(call, FAILURE_ALTERED)


cdef inline void hang_up(Generator *generator, Call *call) noexcept nogil:
    """Send the BYE."""
    begin_transaction(generator, call, ENDING)
    send_bye(generator, call)


cdef inline void take_cancel_response(Generator *generator, Call *call, const Message *message) noexcept nogil:
    """The CANCEL is answered; the INVITE's final response may have come before."""
    if message.status < 200:
        return
    if call.is_cancel_answered:
        generator.counters.received_again += 1
        return
    call.is_cancel_answered = True
    if call.state == CANCELLING:
        call.due_ms = 0
        if call.status:
            caller_is_done(generator, call)


cdef inline void take_bye_response(Generator *generator, Call *call, const Message *message) noexcept nogil:
    """The BYE is answered."""
    if message.status < 200:
        return
    if call.state != ENDING:
        generator.counters.received_again += 1
        return
    if message.status >= 300:
        fail(call, FAILURE_BYE_REFUSED)
    caller_is_done(generator, call)


# ---------------------------------------------------------------------------------------- what is due


cdef inline void caller_is_due(Generator *generator, Call *call) noexcept nogil:
    """The caller's time has come: hang up, send again, or give up (timers A, B, E and F)."""
    if call.state == TALKING:
        hang_up(generator, call)
        return
    if generator.now_ms >= call.give_up_ms:
        fail(call, FAILURE_TIMEOUT)
        caller_is_done(generator, call)
        return
    generator.counters.sent_again += 1
    call.interval_ms *= 2
    if call.state != CALLING and call.interval_ms > T2_MS:
        call.interval_ms = T2_MS
    call.due_ms = generator.now_ms + call.interval_ms
    if call.state == CALLING:
        send_invite(generator, call)
    elif call.state == CANCELLING:
        send_cancel(generator, call)
    elif call.state == REGISTERING:
        send_register(generator, call)
    else:
        send_bye(generator, call)
