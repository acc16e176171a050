"""The search for a target that answers: the first attempt, the next one when the far end fails, and the end of the search. (§16.5–§16.7, spec: when a call fails over)

    503 moves the call to the secondary:  attempt_failed → may_move_on → next_attempt
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from hasip.dataplane.base.arena cimport NO_SLOT
from hasip.dataplane.base.atomic cimport fetch_add_u64, load_relaxed_u64
from hasip.dataplane.base.block cimport store_bytes
from hasip.dataplane.base.endpoint cimport FLOW_DEAD
from hasip.dataplane.routing.board cimport LegRow
from hasip.dataplane.routing.call_table cimport RESULT_NOT_REGISTERED, RESULT_NOWHERE, Call
from hasip.dataplane.routing.location_service cimport REGISTERED_BYTES, Binding, find_binding
from hasip.dataplane.stage.call cimport move_call, refuse_call
from hasip.dataplane.stage.facts cimport begin_attempt_facts, end_attempt_facts, note_attempt_failed
from hasip.dataplane.stage.forward cimport arm_client, begin_client, choose_transport, kept_message, send_attempt
from hasip.dataplane.stage.reason cimport (
    REASON_FAR_END_ERROR_ICMP, REASON_FAR_END_ERROR_SEND, REASON_FAR_END_ERROR_STREAM,
    REASON_FORWARDED_FAILOVER, REASON_FORWARDED_INVITE, REASON_FORWARDED_REQUEST, REASON_REFUSED_ALL_DRAINED, REASON_REFUSED_ALL_TARGETS_FAILED,
    REASON_REFUSED_CANCELLED, REASON_REFUSED_NO_ANSWER, REASON_REFUSED_NOT_REGISTERED, REASON_REFUSED_OVERLOAD, REASON_REFUSED_TIMER_C,
    REASON_REFUSED_TOO_LARGE, REASON_RELAYED_FAILURE, REASON_TIMED_OUT_REQUEST)
from hasip.dataplane.stage.notice cimport note_failure
from hasip.dataplane.stage.reply cimport reply
from hasip.dataplane.stage.server cimport arm_server, end_client, end_server
from hasip.dataplane.stage.upstream cimport send_upstream, status_upstream
from hasip.dataplane.stage.workspace cimport Workspace, call_of, client_at, count, leg_row
from hasip.dataplane.syntax.message cimport Message
from hasip.dataplane.target cimport NO_ACCOUNT, TARGET_ADDRESS, TARGET_REGISTERED, TARGET_UNREACHABLE, Target, moves_on
from hasip.dataplane.transaction.timers cimport TRANSACTION_TIMEOUT_MS
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction, is_better, progress_allows

cdef enum:
    SILENCE_MS_MAX = 10000              # set-up spends no more than this on silence, over all targets
    NO_STATUS = 0                       # an attempt that failed without a final response


cdef inline void start_search(Workspace *workspace, uint32_t slot, ServerTransaction *server, const Message *request) noexcept nogil:
    """Send a new request to its first target."""
    server.silence_until_ms = workspace.now_ms + SILENCE_MS_MAX
    next_attempt(workspace, slot, server, request, REASON_FORWARDED_INVITE if server.is_invite else REASON_FORWARDED_REQUEST)


cdef inline void refuse_drained(Workspace *workspace, uint32_t slot, ServerTransaction *server, const Message *request) noexcept nogil:
    """Operators have drained every leg there is."""
    refuse(workspace, slot, server, request, 480, b"Warning: 399 hasip \"all zones are drained\"\r\n", REASON_REFUSED_ALL_DRAINED)


cdef inline void attempt_failed(Workspace *workspace, uint32_t slot, ServerTransaction *server, const ClientTransaction *client,
                                uint16_t status, int reason) noexcept nogil:
    """An attempt ended without success: go on with the next target if the rule says so, else end the search once nothing is pending."""
    cdef bint is_transport_error = reason == REASON_FAR_END_ERROR_ICMP or reason == REASON_FAR_END_ERROR_SEND or reason == REASON_FAR_END_ERROR_STREAM
    server.pending -= 1
    note_attempt_failed(workspace, server, client, status, reason)
    note_failure(workspace, server, client, status, is_transport_error)
    if not is_transport_error:
        server.all_transport_errors = 0
    if may_move_on(workspace, server, status):
        count_failover(workspace, server, &client.target)
        next_attempt(workspace, slot, server, kept_message(workspace, &server.request), REASON_FORWARDED_FAILOVER)
    elif server.pending == 0:
        finish_search(workspace, slot, server)


cdef inline bint may_move_on(const Workspace *workspace, const ServerTransaction *server, uint16_t status) noexcept nogil:
    """True when a failure moves the call on: a mode that fails over, a target left, nobody cancelled, and a code of the table or none at all."""
    if not server.rule.fails_over or server.is_cancelled or server.is_answered or server.next_target == server.target_count:
        return False
    if status == NO_STATUS:
        return workspace.now_ms < server.silence_until_ms
    return moves_on(&server.rule, status) and progress_allows(server, status)


cdef inline void next_attempt(Workspace *workspace, uint32_t slot, ServerTransaction *server, const Message *request, int reason) noexcept nogil:
    """Send the request to the next target of the set; those that can't be reached at all are passed over, as the mode allows."""
    cdef const Target *target
    cdef Target registered
    cdef Binding binding
    while request != NULL and server.next_target < server.target_count:
        target = &server.targets[server.next_target]
        server.next_target += 1
        if target.kind == TARGET_REGISTERED:
            if not find_target(workspace, server, target, &registered, &binding):
                note_nowhere(workspace, server, target, RESULT_NOT_REGISTERED)
                refuse(workspace, slot, server, request, 480, b"Warning: 399 hasip \"user not registered\"\r\n", REASON_REFUSED_NOT_REGISTERED)
                return
            target = &registered
        if target.kind != TARGET_UNREACHABLE:
            attempt(workspace, slot, server, request, target, &binding if target == &registered else NULL, reason)
            return
        note_attempt(workspace, server, target)
        note_nowhere(workspace, server, target, RESULT_NOWHERE)
        if not server.rule.fails_over:
            break
        if server.next_target < server.target_count:
            count_failover(workspace, server, target)
            reason = REASON_FORWARDED_FAILOVER
    if server.pending == 0:
        finish_search(workspace, slot, server)


cdef inline void attempt(Workspace *workspace, uint32_t slot, ServerTransaction *server, const Message *request, const Target *target,
                         const Binding *binding, int reason) noexcept nogil:
    """Send the request to a target, and give it its time to say anything at all. `binding`: of a registered target, else NULL."""
    cdef uint32_t client_slot = begin_client(workspace, slot, server, target)
    cdef ClientTransaction *client
    if client_slot == NO_SLOT:
        refuse(workspace, slot, server, request, 503, NULL, REASON_REFUSED_OVERLOAD)
        return
    client = client_at(workspace, client_slot)
    if binding != NULL and not store_bytes(&workspace.blocks, &client.registered, binding.path, REGISTERED_BYTES):
        server.pending -= 1
        end_client(workspace, client_slot, client)
        refuse(workspace, slot, server, request, 503, NULL, REASON_REFUSED_OVERLOAD)
        return
    client.deadline_ms = server.silence_until_ms
    if server.rule.fails_over:
        client.deadline_ms = min(client.deadline_ms, workspace.now_ms + server.rule.no_response_ms)
    choose_transport(workspace, server, client_slot, client, request)
    note_attempt(workspace, server, &client.target)
    if call_of(workspace, server) != NULL:
        client.attempt = begin_attempt_facts(workspace, call_of(workspace, server), &client.target)
    count(workspace, reason)
    if not send_attempt(workspace, server, client_slot, client, request):
        server.pending -= 1
        end_client(workspace, client_slot, client)
        refuse(workspace, slot, server, request, 513, NULL, REASON_REFUSED_TOO_LARGE)
        return
    arm_client(workspace, client_slot, client)


cdef inline bint find_target(const Workspace *workspace, const ServerTransaction *server, const Target *account, Target *target, Binding *binding) noexcept nogil:
    """Set where an account's binding leads; a flow of another run leads nowhere. False: it has no live binding."""
    cdef const LegRow *leg = leg_row(workspace, account.account)
    if not find_binding(&workspace.plane.location, leg, account.account, load_relaxed_u64(&leg.user_key),
                        workspace.now_s, binding):
        return False
    target[0] = account[0]
    target.endpoint = binding.endpoint
    target.kind = TARGET_UNREACHABLE if binding.endpoint.flow == FLOW_DEAD else TARGET_ADDRESS
    return True


cdef inline void note_attempt(Workspace *workspace, const ServerTransaction *server, const Target *target) noexcept nogil:
    """Show the attempt on the board and in the call's record."""
    cdef Call *call = call_of(workspace, server)
    if call == NULL:
        return
    fetch_add_u64(&leg_row(workspace, target.account).attempts, 1)
    move_call(workspace, call, target)


cdef inline void note_nowhere(const Workspace *workspace, const ServerTransaction *server, const Target *target, uint8_t result) noexcept nogil:
    """Note an attempt that could not even be made."""
    cdef Call *call = call_of(workspace, server)
    if call != NULL:
        end_attempt_facts(workspace, call, begin_attempt_facts(workspace, call, target), result, NO_STATUS)


cdef inline void count_failover(Workspace *workspace, const ServerTransaction *server, const Target *target) noexcept nogil:
    if server.is_invite and target.account != NO_ACCOUNT:
        fetch_add_u64(&leg_row(workspace, target.account).failovers, 1)


cdef inline void note_best(Workspace *workspace, ServerTransaction *server, const Message *response) noexcept nogil:
    """Keep a final response if it is better than what the response context holds (§16.7 step 6); no 408 to anything but INVITE (RFC 4320 §4.2)."""
    if response.status == 408 and not server.is_invite:
        return
    if is_better(response.status, server.best_status) and store_bytes(&workspace.blocks, &server.best, response.bytes, response.length):
        server.best_status = response.status


cdef inline void finish_search(Workspace *workspace, uint32_t slot, ServerTransaction *server) noexcept nogil:
    """No attempt is left: the caller gets the best response, or ours."""
    cdef const Message *best
    if server.is_answered or server.is_ours:
        end_server_if_ours(workspace, slot, server)
        return
    best = kept_message(workspace, &server.best)
    if best != NULL and not (server.was_timed_out and server.is_invite and is_better(408, server.best_status)):
        count(workspace, REASON_RELAYED_FAILURE)
        send_upstream(workspace, slot, server, best)
        refuse_call(workspace, server, status_upstream(server.best_status), REASON_RELAYED_FAILURE)
        return
    refuse_without_response(workspace, slot, server, kept_message(workspace, &server.request))


cdef inline void refuse_without_response(Workspace *workspace, uint32_t slot, ServerTransaction *server, const Message *request) noexcept nogil:
    """Nobody gave a final response: say why, as far as a response can."""
    if request == NULL:
        end_server(workspace, slot, server)
    elif server.is_cancelled:
        refuse(workspace, slot, server, request, 487, NULL, REASON_REFUSED_CANCELLED)
    elif server.all_transport_errors:
        refuse(workspace, slot, server, request, 500, b"Warning: 399 hasip \"all targets failed\"\r\n", REASON_REFUSED_ALL_TARGETS_FAILED)
    elif server.is_invite:
        refuse(workspace, slot, server, request, 408, NULL, REASON_REFUSED_TIMER_C if last_attempt_rang(workspace, server) else REASON_REFUSED_NO_ANSWER)
    else:
        leave_unanswered(workspace, slot, server)


cdef inline bint last_attempt_rang(const Workspace *workspace, const ServerTransaction *server) noexcept nogil:
    """True when the attempt made last gave a provisional response."""
    return server.first_client != NO_SLOT and client_at(workspace, server.first_client).has_provisional


cdef inline void leave_unanswered(Workspace *workspace, uint32_t slot, ServerTransaction *server) noexcept nogil:
    """Nothing but INVITE is answered 408 (RFC 4320 §4.2). As long as the sender may retransmit, that is absorbed and a late 2xx is relayed."""
    count(workspace, REASON_TIMED_OUT_REQUEST)
    if not server.is_initial:
        end_server(workspace, slot, server)
        return
    server.deadline_ms = server.silence_until_ms - SILENCE_MS_MAX + TRANSACTION_TIMEOUT_MS
    arm_server(workspace, slot, server)


cdef inline void refuse(Workspace *workspace, uint32_t slot, ServerTransaction *server, const Message *request, uint32_t status,
                        const char *headers, int reason) noexcept nogil:
    """End the search with a final response of our own."""
    count(workspace, reason)
    if request == NULL:
        end_server(workspace, slot, server)
    else:
        reply(workspace, slot, server, request, status, NULL, headers)
    refuse_call(workspace, server, status if request != NULL else NO_STATUS, reason)


cdef inline void end_server_if_ours(Workspace *workspace, uint32_t slot, ServerTransaction *server) noexcept nogil:
    """A request of our own has nobody to answer: its record goes with its attempt."""
    if server.is_ours:
        end_server(workspace, slot, server)
