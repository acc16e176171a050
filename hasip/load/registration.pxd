"""A registration: REGISTER, its challenge answered, until the 200 (RFC 3261 §10.2, §17.1.2, §22.2).

    REGISTERING → DONE          a 401 makes it send again, with credentials
"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.block cimport store_bytes, stored_bytes
from hasip.dataplane.syntax.message cimport Message
from hasip.load.call cimport FAILURE_ALTERED, FAILURE_NO_ROOM, REGISTERING, Call, fail
from hasip.load.challenge cimport Challenge, find_challenge
from hasip.load.ending cimport caller_is_done
from hasip.load.generator cimport Generator, User, begin_transaction
from hasip.load.histogram cimport histogram_add
from hasip.load.register cimport send_register
from hasip.load.text cimport Text, put_span, text_at

cdef enum:
    CHALLENGE_BYTES_MAX = 500       # nonce and realm: fits a small block
    CSEQ_MAX = 4                    # one REGISTER without credentials, and three with
    CHALLENGED = 401


cdef inline void start_registration(Generator *generator, Call *call) noexcept nogil:
    """Send a user's REGISTER; with the nonce of its last one, where that is to be used again."""
    cdef User *user
    call.user = <uint32_t>((generator.counters.started - 1) % generator.plan.users)
    call.cseq = 1
    if generator.plan.reuses_nonces:
        user = &generator.users[call.user]
        if user.challenge.length and store_bytes(&generator.blocks, &call.dialog, stored_bytes(&generator.blocks, &user.challenge), user.challenge.length):
            user.nonce_count += 1
            call.nonce_count = user.nonce_count
            call.nonce_length = user.nonce_length
    begin_transaction(generator, call, REGISTERING)
    send_register(generator, call)


cdef inline void take_register_response(Generator *generator, Call *call, const Message *message) noexcept nogil:
    """The registrar asks who we are, or has made up its mind."""
    if message.status < 200:
        return
    if call.state != REGISTERING or message.cseq != call.cseq:
        generator.counters.received_again += 1
    elif message.status == CHALLENGED and take_challenge(generator, call, message):
        begin_transaction(generator, call, REGISTERING)
        send_register(generator, call)
    else:
        call.status = message.status
        if message.status == 200:
            histogram_add(&generator.setup, generator.now_ns - call.started_ns)
            if message.contact_uri.length == 0:
                fail(call, FAILURE_ALTERED)
        caller_is_done(generator, call)


cdef inline bint take_challenge(Generator *generator, Call *call, const Message *message) noexcept nogil:
    """Keep nonce and realm. False: there is no challenge, or our answer to the last one was wrong and not merely late."""
    cdef uint8_t room[CHALLENGE_BYTES_MAX]
    cdef Text text = text_at(room, CHALLENGE_BYTES_MAX)
    cdef Challenge challenge
    generator.counters.challenged += 1
    if call.cseq == CSEQ_MAX or not find_challenge(message, generator.plan.is_sha256, &challenge):
        return False
    if call.dialog.length:
        if not challenge.is_stale:
            return False
        generator.counters.challenged_stale += 1
    put_span(&text, message.bytes, challenge.nonce)
    put_span(&text, message.bytes, challenge.realm)
    if text.is_cut or not store_bytes(&generator.blocks, &call.dialog, room, text.length):
        fail(call, FAILURE_NO_ROOM)
        return False
    call.nonce_length = challenge.nonce.length
    call.nonce_count = 1
    call.cseq += 1
    if generator.plan.reuses_nonces:
        keep_for_user(generator, call, &text)
    return True


cdef inline void keep_for_user(Generator *generator, const Call *call, const Text *text) noexcept nogil:
    """Let the user's next cycle begin with this nonce; without room for it, with none."""
    cdef User *user = &generator.users[call.user]
    store_bytes(&generator.blocks, &user.challenge, text.bytes, text.length)
    user.nonce_length = call.nonce_length
    user.nonce_count = 1
