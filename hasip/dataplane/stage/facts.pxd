"""What a call's record will say, noted where it happens: into the cold end of the call, which outlives the process."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from hasip.dataplane.base.atomic cimport copy_words_out
from hasip.dataplane.routing.board cimport LEG_NAME_WORDS, LegRow, account_number
from hasip.dataplane.routing.call_table cimport (
    ATTEMPTS_KEPT, CALL_NUMBER_BYTES_MAX, LEG_NAME_BYTES, RESULT_ANSWERED, RESULT_ICMP, RESULT_OUT, RESULT_RANG_ON, RESULT_REFUSED, RESULT_SEND, RESULT_SILENT,
    RESULT_STREAM, RESULT_UNFINISHED, AttemptFacts, Call)
from hasip.dataplane.routing.numbers cimport NUMBER_BYTES_MAX
from hasip.dataplane.stage.dialled cimport calling_number
from hasip.dataplane.stage.reason cimport (
    REASON_FAR_END_ERROR_ICMP, REASON_FAR_END_ERROR_SEND, REASON_FAR_END_OUT, REASON_FAR_END_RINGS_ON, REASON_FAR_END_SILENT, REASON_RECEIVED_FAILURE)
from hasip.dataplane.stage.workspace cimport Workspace, call_of, leg_row
from hasip.dataplane.syntax.message cimport Message
from hasip.dataplane.target cimport NO_ACCOUNT, TARGET_ADDRESS, Target
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction


cdef inline void begin_facts(const Workspace *workspace, Call *call, const Message *message) noexcept nogil:
    """Note when a call came in, and from whom; nothing, where calls leave no records."""
    cdef uint8_t number[NUMBER_BYTES_MAX + 1]
    if workspace.plane.journals[workspace.index].file == NULL:
        return
    call.received_ms = workspace.now_ms
    call.received_unix_ms = workspace.now_unix_ms
    call.calling_length = <uint8_t>min(calling_number(message, number), <uint32_t>min(<uint32_t>CALL_NUMBER_BYTES_MAX, <uint32_t>NUMBER_BYTES_MAX))
    memcpy(call.calling, number, call.calling_length)
    if call.is_to_core:
        call.source_name_length = copy_leg_name(leg_row(workspace, account_number(call.trunk, call.leg)), call.source_name)


cdef inline uint8_t copy_leg_name(const LegRow *leg, char *name) noexcept nogil:
    """Copy what a leg is called; return its length."""
    cdef char text[LEG_NAME_WORDS * 8]
    cdef uint8_t length = 0
    copy_words_out(text, leg.name, sizeof(text))
    while length < LEG_NAME_BYTES - 1 and text[length]:
        length += 1
    memcpy(name, text, length)
    return length


cdef inline uint32_t elapsed_ms(const Workspace *workspace, const Call *call) noexcept nogil:
    """Return the time since a call came in, plus 1: 0 is never."""
    return <uint32_t>(workspace.now_ms - call.received_ms) + 1


cdef inline uint8_t begin_attempt_facts(const Workspace *workspace, Call *call, const Target *target) noexcept nogil:
    """Note that a target is tried; return the attempt's place in the record, plus 1; 0: the record holds no more."""
    cdef AttemptFacts *attempt = &call.attempts[call.attempt_count]
    if call.received_unix_ms == 0:
        return 0                        # calls leave no records
    if call.attempt_count == ATTEMPTS_KEPT:
        call.attempts_left_out += 1
        return 0
    call.attempt_count += 1
    attempt.began_ms = elapsed_ms(workspace, call)
    attempt.ringing_ms = 0
    attempt.ended_ms = 0
    attempt.status = 0
    attempt.result = RESULT_UNFINISHED
    attempt.leg = target.leg
    set_attempt_place(workspace, attempt, target)
    attempt.name_length = copy_leg_name(leg_row(workspace, target.account), attempt.name) if target.account != NO_ACCOUNT else 0
    return call.attempt_count


cdef inline void set_attempt_place(const Workspace *workspace, AttemptFacts *attempt, const Target *target) noexcept nogil:
    """Note where a target is; one that is nowhere has port 0."""
    memcpy(attempt.address, target.endpoint.address, 16)
    attempt.port = target.endpoint.port if target.kind == TARGET_ADDRESS else 0
    attempt.transport = workspace.plane.listeners[target.endpoint.listener].transport if target.kind == TARGET_ADDRESS else target.transport


cdef inline AttemptFacts *facts_of(Call *call, uint8_t attempt) noexcept nogil:
    """Return what is noted of an attempt, by its place plus 1; NULL: nothing is."""
    return <AttemptFacts *>call.attempts + attempt - 1 if call != NULL and 0 < attempt <= call.attempt_count else NULL


cdef inline void end_attempt_facts(const Workspace *workspace, Call *call, uint8_t attempt, uint8_t result, uint16_t status) noexcept nogil:
    """Note what became of an attempt."""
    cdef AttemptFacts *facts = facts_of(call, attempt)
    if facts == NULL:
        return
    facts.result = result
    facts.status = status
    facts.ended_ms = elapsed_ms(workspace, call)


cdef inline void note_ringing(const Workspace *workspace, const ServerTransaction *server, const ClientTransaction *client) noexcept nogil:
    """Note the first 101 … 199, of an attempt and of the call."""
    cdef Call *call = call_of(workspace, server)
    cdef AttemptFacts *facts = facts_of(call, client.attempt)
    if facts == NULL or facts.ringing_ms:
        return
    facts.ringing_ms = elapsed_ms(workspace, call)
    if call.ringing_ms == 0:
        call.ringing_ms = facts.ringing_ms


cdef inline void note_attempt_failed(const Workspace *workspace, const ServerTransaction *server, const ClientTransaction *client, uint16_t status,
                                     int reason) noexcept nogil:
    """Note how an attempt failed; a status counts only where the target sent it."""
    cdef uint8_t result = result_of(reason)
    end_attempt_facts(workspace, call_of(workspace, server), client.attempt, result, status if result == RESULT_REFUSED else 0)


cdef inline uint8_t result_of(int reason) noexcept nogil:
    """Return what a record says of an attempt that failed for a reason."""
    if reason == REASON_RECEIVED_FAILURE:
        return RESULT_REFUSED
    if reason == REASON_FAR_END_SILENT:
        return RESULT_SILENT
    if reason == REASON_FAR_END_RINGS_ON:
        return RESULT_RANG_ON
    if reason == REASON_FAR_END_OUT:
        return RESULT_OUT
    if reason == REASON_FAR_END_ERROR_ICMP:
        return RESULT_ICMP
    return RESULT_SEND if reason == REASON_FAR_END_ERROR_SEND else RESULT_STREAM


cdef inline void note_answered(const Workspace *workspace, Call *call, uint8_t attempt, uint16_t status) noexcept nogil:
    """Note who answered, and when."""
    end_attempt_facts(workspace, call, attempt, RESULT_ANSWERED, status)
    call.answered_ms = elapsed_ms(workspace, call)
