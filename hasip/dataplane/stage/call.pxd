"""The life of a call: admitted, answered, established, ended. Its pool slot is taken once and given back once, by its owner alone. (spec: call pool)"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from hasip.dataplane.base.arena cimport NO_SLOT, arena_give, arena_record, arena_take
from hasip.dataplane.base.atomic cimport fetch_add_u32, fetch_add_u64
from hasip.dataplane.base.hash cimport siphash, siphash_words
from hasip.dataplane.base.index cimport index_find, index_insert, index_remove
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.base.wheel cimport wheel_arm, wheel_disarm
from hasip.dataplane.routing.board cimport TrunkRow, account_number
from hasip.dataplane.routing.call_table cimport (
    CALL_ANSWERED, CALL_ENDED, CALL_ESTABLISHED, CALL_ID_BYTES_MAX, CALL_LINGER_MS, CALL_NONE, CALL_NUMBER_BYTES_MAX, CALL_SETUP,
    CHALLENGE_LINGER_MS, ENDED_BY_CALLEE, ENDED_BY_CALLER, ENDED_BY_US, FROM_BYTES_MAX, Call)
from hasip.dataplane.routing.numbers cimport NUMBER_BYTES_MAX
from hasip.dataplane.routing.snapshot cimport Trunk
from hasip.dataplane.stage.dialled cimport dialled_number
from hasip.dataplane.stage.facts cimport begin_facts, note_answered
from hasip.dataplane.stage.identity cimport find_address
from hasip.dataplane.stage.packet cimport Packet
from hasip.dataplane.stage.reason cimport REASON_ENDED_BEFORE_ANSWER, REASON_ENDED_BY_SESSION_TIMER, REASON_ENDED_WITHOUT_ACK, REASON_RELAYED_FAILURE
from hasip.dataplane.stage.record cimport put_record
from hasip.dataplane.stage.returning cimport return_pool_slot
from hasip.dataplane.stage.workspace cimport Workspace, call_of, call_timer, count, leg_row
from hasip.dataplane.syntax.header_value cimport header_value, read_delta_seconds
from hasip.dataplane.syntax.message cimport HEADER_FROM, HEADER_SESSION_EXPIRES, Message
from hasip.dataplane.target cimport NO_ACCOUNT, Target
from hasip.dataplane.transaction.timers cimport TRANSACTION_TIMEOUT_MS
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction

cdef enum:
    SESSION_GRACE_S = 32                # a refresh under way when the session ends


cdef inline uint64_t caller_key(const Workspace *workspace, const Message *message, Span tag) noexcept nogil:
    """Return the key of the call whose caller has this tag: Call-ID and tag, hashed."""
    return siphash_words(&workspace.plane.calls.file.key,
                         siphash(&workspace.plane.calls.file.key, message.bytes + message.call_id.offset, message.call_id.length),
                         siphash(&workspace.plane.calls.file.key, message.bytes + tag.offset, tag.length))


cdef inline uint64_t tag_hash(const Workspace *workspace, const Message *message, Span tag) noexcept nogil:
    """Return a tag's hash, never 0."""
    return siphash(&workspace.plane.calls.file.key, message.bytes + tag.offset, tag.length) | 1


cdef inline Call *find_call(const Workspace *workspace, uint64_t key, uint32_t *local) noexcept nogil:
    """Return our call under a key and its local slot, or NULL."""
    local[0] = index_find(&workspace.call_index, key)
    return <Call *>arena_record(&workspace.calls, local[0]) if local[0] != NO_SLOT else NULL


cdef inline bint is_of_call(const Workspace *workspace, const Call *call, const Message *message, uint8_t *is_from_caller) noexcept nogil:
    """True when Call-ID and both tags are the call's; before its 2xx any tag is the callee's. A challenge made no dialog."""
    cdef Span other_tag
    if call.is_challenged:
        return False
    is_from_caller[0] = call.caller_key == caller_key(workspace, message, message.from_tag)
    if not is_from_caller[0] and call.caller_key != caller_key(workspace, message, message.to_tag):
        return False
    other_tag = message.to_tag if is_from_caller[0] else message.from_tag
    return call.callee_tag == 0 or call.callee_tag == tag_hash(workspace, message, other_tag)


cdef inline bint begin_call(Workspace *workspace, ServerTransaction *server, const Packet *packet, const Trunk *trunk) noexcept nogil:
    """Make the record of an admitted call under its caller's key; its pool slot is taken already. False: the table is full."""
    cdef const Message *message = &packet.message
    cdef uint64_t key = packet.caller_key
    cdef uint8_t leg = packet.origin_leg
    cdef bint answers_challenge = not server.is_from_customer and take_challenge(workspace, key, trunk, &leg)
    cdef uint32_t local = arena_take(&workspace.calls)
    cdef Call *call
    if local == NO_SLOT:
        return False
    call = <Call *>arena_record(&workspace.calls, local)
    if local >= workspace.plane.calls.file.high_water[workspace.index]:
        workspace.plane.calls.file.high_water[workspace.index] = local + 1
    call.caller_key = key
    call.trunk = trunk.destination.slot
    call.since_s = workspace.now_s
    call.max_expires_s = workspace.now_s + trunk.max_call_s
    call.expires_s = call.max_expires_s
    call.holds_slot = 1
    call.leg = leg
    call.answers_challenge = answers_challenge
    call.is_to_core = server.is_from_customer
    call.core_account = NO_ACCOUNT if call.is_to_core else packet.origin_account
    call.caller_id_length = trunk.caller_id_length
    memcpy(call.caller_id, trunk.caller_id, sizeof(call.caller_id))
    if call.is_to_core and trunk.rewrites_from and trunk.caller_id_length:
        keep_from(call, message)
    call.caller = server.source
    memcpy(call.trunk_name, trunk.name, sizeof(call.trunk_name))
    call.call_id_length = <uint8_t>min(<uint32_t>message.call_id.length, <uint32_t>CALL_ID_BYTES_MAX)
    memcpy(call.call_id, message.bytes + message.call_id.offset, call.call_id_length)
    keep_number(call, message)
    call.state = CALL_SETUP
    begin_facts(workspace, call, message)
    server.call = workspace.first_call + local
    server.call_generation = call.header.generation
    index_insert(&workspace.call_index, call.caller_key, local)
    fetch_add_u32(&workspace.plane.board.rows[call.trunk].legs[call.leg].calls, 1)
    if call.core_account != NO_ACCOUNT:
        fetch_add_u32(&leg_row(workspace, call.core_account).calls, 1)
    return True


cdef inline void keep_number(Call *call, const Message *message) noexcept nogil:
    """Keep the dialled number as it routed the call: of a tel URI too, its escapes undone."""
    cdef uint8_t number[NUMBER_BYTES_MAX + 1]
    call.number_length = <uint8_t>min(dialled_number(message, number), <uint32_t>CALL_NUMBER_BYTES_MAX)
    memcpy(call.number, number, call.number_length)


cdef inline void keep_from(Call *call, const Message *message) noexcept nogil:
    """Keep a customer's From, for the customer is to see it again."""
    cdef Span address
    if find_address(message, HEADER_FROM, &address) and address.length <= FROM_BYTES_MAX:
        call.from_length = <uint8_t>address.length
        memcpy(call.from_text, message.bytes + address.offset, address.length)


cdef inline bint take_challenge(Workspace *workspace, uint64_t key, const Trunk *trunk, uint8_t *leg) noexcept nogil:
    """True when this trunk's leg challenged the same call a moment ago: it is the one to meet again. The challenge is forgotten."""
    cdef uint32_t local
    cdef Call *call = find_call(workspace, key, &local)
    if call == NULL or not call.is_challenged or call.trunk != trunk.destination.slot:
        return False
    leg[0] = call.leg
    forget_call(workspace, local, call)
    return True


cdef inline void move_call(Workspace *workspace, Call *call, const Target *target) noexcept nogil:
    """The call is at another target now: on another leg, or elsewhere in the core."""
    cdef TrunkRow *row = &workspace.plane.board.rows[call.trunk]
    call.callee = target.endpoint
    if call.is_to_core:
        leave_core_leg(workspace, call)
        call.core_account = target.account
        fetch_add_u32(&leg_row(workspace, call.core_account).calls, 1)
        return
    fetch_add_u32(&row.legs[call.leg].calls, <uint32_t>-1)
    call.leg = target.leg
    fetch_add_u32(&row.legs[call.leg].calls, 1)


cdef inline void leave_core_leg(Workspace *workspace, const Call *call) noexcept nogil:
    """The call is at the core's leg no more."""
    if call.core_account != NO_ACCOUNT:
        fetch_add_u32(&leg_row(workspace, call.core_account).calls, <uint32_t>-1)


cdef inline uint32_t callee_account(const Call *call) noexcept nogil:
    """Return the leg the call went to, by account_number(); NO_ACCOUNT: one of a core, before the restart."""
    return call.core_account if call.is_to_core else account_number(call.trunk, call.leg)


cdef inline uint32_t caller_account(const Call *call) noexcept nogil:
    """Return the leg the call came from, by account_number(); NO_ACCOUNT: one of a core that is known by its network alone, or from before the restart."""
    return account_number(call.trunk, call.leg) if call.is_to_core else call.core_account


cdef inline void answer_call(Workspace *workspace, const ServerTransaction *server, const Message *response, const ClientTransaction *client) noexcept nogil:
    """A 2xx went to the caller: the call is up, and its ACK is awaited for 32 s."""
    cdef Call *call = call_of(workspace, server)
    cdef const Target *target = &client.target
    if call == NULL or call.state != CALL_SETUP:
        return
    if target.account != (call.core_account if call.is_to_core else account_number(call.trunk, call.leg)):
        move_call(workspace, call, target)
    call.state = CALL_ANSWERED
    call.answered_s = workspace.now_s
    call.callee = target.endpoint
    call.callee_tag = tag_hash(workspace, response, response.to_tag)
    note_answered(workspace, call, client.attempt, response.status)
    refresh_session(workspace, server.call - workspace.first_call, call, response)
    fetch_add_u64(&leg_row(workspace, callee_account(call)).answered, 1)
    wheel_arm(&workspace.wheel, call_timer(workspace, server.call - workspace.first_call), workspace.now_ms + TRANSACTION_TIMEOUT_MS)


cdef inline void establish_call(Workspace *workspace, uint32_t local, Call *call) noexcept nogil:
    """The 2xx was acknowledged."""
    if call.state != CALL_ANSWERED:
        return
    call.state = CALL_ESTABLISHED
    arm_expiry(workspace, local, call)


cdef inline void refresh_session(Workspace *workspace, uint32_t local, Call *call, const Message *response) noexcept nogil:
    """A 2xx of INVITE or UPDATE sets the session timer, or ends it by not naming it (RFC 4028 §8.2); max_call_s stays."""
    cdef uint32_t seconds
    if response.first_header[HEADER_SESSION_EXPIRES] == 0:
        call.expires_s = call.max_expires_s
    elif read_delta_seconds(response.bytes, header_value(response, response.first_header[HEADER_SESSION_EXPIRES] - 1), &seconds):
        call.expires_s = min(call.max_expires_s, workspace.now_s + min(seconds, <uint32_t>86400) + SESSION_GRACE_S)
    if call.state == CALL_ESTABLISHED:
        arm_expiry(workspace, local, call)


cdef inline void arm_expiry(Workspace *workspace, uint32_t local, const Call *call) noexcept nogil:
    """Arm the call's hard end."""
    cdef uint64_t left_s = call.expires_s - workspace.now_s if call.expires_s > workspace.now_s else 0
    wheel_arm(&workspace.wheel, call_timer(workspace, local), workspace.now_ms + 1000 * left_s)


cdef inline void end_call(Workspace *workspace, uint32_t local, Call *call, int reason) noexcept nogil:
    """Give the pool slot back and let the record linger, so that late requests find their way. A call ends once."""
    if not call.holds_slot:
        return
    if reason != REASON_ENDED_BEFORE_ANSWER:
        put_record(workspace, call, 200, reason)        # before it is said to have ended: whoever dies in between leaves two records, not none
    call.holds_slot = 0
    call.state = CALL_ENDED
    return_pool_slot(workspace, call.trunk)
    fetch_add_u32(&workspace.plane.board.rows[call.trunk].legs[call.leg].calls, <uint32_t>-1)
    leave_core_leg(workspace, call)
    count(workspace, reason)
    wheel_arm(&workspace.wheel, call_timer(workspace, local), workspace.now_ms + CALL_LINGER_MS)


cdef inline void refuse_call(Workspace *workspace, ServerTransaction *server, uint16_t status, int reason) noexcept nogil:
    """The INVITE got its final response ≥ 300, for a reason: the call never was. After a challenge, which must be answered to the leg that made it, the record lingers."""
    cdef Call *call = call_of(workspace, server)
    cdef uint32_t local = server.call - workspace.first_call
    if not server.is_initial or not server.is_invite or call == NULL or call.state != CALL_SETUP:
        return
    call.ended_by = ENDED_BY_CALLER if server.is_cancelled else ENDED_BY_CALLEE if reason == REASON_RELAYED_FAILURE else ENDED_BY_US
    put_record(workspace, call, status, reason)
    server.call = NO_SLOT
    end_call(workspace, local, call, REASON_ENDED_BEFORE_ANSWER)
    if server.best_status == 401 or server.best_status == 407:
        call.is_challenged = 1
        wheel_arm(&workspace.wheel, call_timer(workspace, local), workspace.now_ms + CHALLENGE_LINGER_MS)
    else:
        forget_call(workspace, local, call)


cdef inline void forget_call(Workspace *workspace, uint32_t local, Call *call) noexcept nogil:
    """Free the record of a call that holds no slot."""
    wheel_disarm(&workspace.wheel, call_timer(workspace, local))
    index_remove(&workspace.call_index, local)
    call.state = CALL_NONE
    arena_give(&workspace.calls, local)


cdef inline void call_timer_fired(Workspace *workspace, uint32_t local, Call *call) noexcept nogil:
    """No ACK, session over, or the lingering is."""
    if call.state == CALL_ANSWERED:
        end_call(workspace, local, call, REASON_ENDED_WITHOUT_ACK)
    elif call.state == CALL_ESTABLISHED and call.expires_s > workspace.now_s:
        arm_expiry(workspace, local, call)
    elif call.state == CALL_ESTABLISHED:
        end_call(workspace, local, call, REASON_ENDED_BY_SESSION_TIMER)
    elif call.state == CALL_ENDED:
        forget_call(workspace, local, call)
