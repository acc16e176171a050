"""Responses: to which attempt they belong, and what follows. (§16.7, §17.1.3, spec: late answers)

Reads: the message. Writes: the attempt, its server transaction, the call. Verdicts: RELAY, ABSORB, HANDOFF, DROP.
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from hasip.dataplane.base.arena cimport NO_SLOT, arena_find
from hasip.dataplane.routing.call_table cimport CALL_SETUP, ENDED_BY_CALLEE, ENDED_BY_CALLER, Call
from hasip.dataplane.stage.attempt cimport cancel_attempts, step_attempt
from hasip.dataplane.stage.call cimport answer_call, end_call, is_of_call, refresh_session
from hasip.dataplane.stage.failover cimport attempt_failed, finish_search, note_best
from hasip.dataplane.stage.facts cimport note_ringing
from hasip.dataplane.stage.forward cimport arm_client
from hasip.dataplane.stage.handoff cimport hand_off
from hasip.dataplane.stage.late_answer cimport end_late_answer
from hasip.dataplane.stage.notice cimport note_heard, note_probe_answered, note_success
from hasip.dataplane.stage.packet cimport VERDICT_ABSORB, VERDICT_DROP, VERDICT_RELAY, Packet, decide
from hasip.dataplane.stage.reason cimport (
    REASON_ABSORBED_100, REASON_ABSORBED_LATE_PROVISIONAL, REASON_ABSORBED_RESPONSE, REASON_DROPPED_STRAY_RESPONSE, REASON_ENDED_BY_481,
    REASON_ENDED_BY_BYE, REASON_ENDED_LATE_ANSWER, REASON_RECEIVED_FAILURE, REASON_RELAYED_PROVISIONAL, REASON_RELAYED_SUCCESS)
from hasip.dataplane.stage.server cimport end_server
from hasip.dataplane.stage.upstream cimport has_second_via, send_upstream
from hasip.dataplane.stage.workspace cimport Workspace, call_of, client_at, server_at
from hasip.dataplane.syntax.message cimport METHOD_BYE, METHOD_CANCEL, METHOD_INVITE, METHOD_UPDATE, Message
from hasip.dataplane.target cimport moves_on
from hasip.dataplane.transaction.branch cimport STATELESS_SLOT, read_branch
from hasip.dataplane.transaction.states cimport (
    CLIENT_CANCEL, CLIENT_FAILURE, CLIENT_PROVISIONAL, CLIENT_SUCCESS, PASS, SEND_CANCEL)
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction


cdef inline void relay_response(Workspace *workspace, Packet *packet) noexcept nogil:
    """Find the attempt a response belongs to, and do what it asks for."""
    cdef const Message *response = &packet.message
    cdef uint32_t worker, slot, generation
    cdef ClientTransaction *client = NULL
    if not read_branch(&workspace.plane.branch_key, response.bytes, response.branch, &worker, &slot, &generation):
        decide(packet, VERDICT_DROP, REASON_DROPPED_STRAY_RESPONSE)
        return
    if worker != workspace.index:
        hand_off(workspace, packet, worker)
        return
    if slot != STATELESS_SLOT:
        client = <ClientTransaction *>arena_find(&workspace.clients, slot, generation)
    if client == NULL:
        decide(packet, VERDICT_DROP, REASON_DROPPED_STRAY_RESPONSE)
    elif response.method == METHOD_CANCEL:
        note_cancel_answered(workspace, packet, slot, client)
    elif client.is_invite != (response.method == METHOD_INVITE) or not (server_at(workspace, client.server).is_ours or has_second_via(response)):
        decide(packet, VERDICT_DROP, REASON_DROPPED_STRAY_RESPONSE)
    else:
        note_heard(workspace, client)
        relay_by_class(workspace, packet, slot, client)


cdef inline void relay_by_class(Workspace *workspace, Packet *packet, uint32_t slot, ClientTransaction *client) noexcept nogil:
    """1xx, 2xx, and the rest."""
    cdef const Message *response = &packet.message
    if response.status < 200:
        relay_provisional(workspace, packet, slot, client)
    elif response.status < 300:
        relay_success(workspace, packet, slot, client)
    else:
        relay_failure(workspace, packet, slot, client)


cdef inline void note_cancel_answered(Workspace *workspace, Packet *packet, uint32_t slot, ClientTransaction *client) noexcept nogil:
    """A final response to our CANCEL ends its retransmissions; the INVITE's own final response is still to come."""
    if packet.message.status >= 200 and client.is_invite:
        client.resend_interval_ms = 0
        arm_client(workspace, slot, client)
    decide(packet, VERDICT_ABSORB, REASON_ABSORBED_RESPONSE)


cdef inline void relay_provisional(Workspace *workspace, Packet *packet, uint32_t slot, ClientTransaction *client) noexcept nogil:
    """1xx: it goes on, but 100 (hop by hop) and what does not answer an INVITE (RFC 4320 §4.1); to an abandoned attempt it means CANCEL."""
    cdef const Message *response = &packet.message
    cdef uint8_t actions = step_attempt(workspace, slot, client, CLIENT_PROVISIONAL, response)
    cdef ServerTransaction *server = server_at(workspace, client.server)
    if actions & SEND_CANCEL and client.is_abandoned:
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_LATE_PROVISIONAL)
    elif response.status == 100:
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_100)
    elif not actions & PASS or client.is_abandoned or not client.is_invite:
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_RESPONSE)
    else:
        server.has_progress = 1
        note_ringing(workspace, server, client)
        server.has_early_media |= response.length > response.body_start
        send_upstream(workspace, client.server, server, response)
        decide(packet, VERDICT_RELAY, REASON_RELAYED_PROVISIONAL)


cdef inline void relay_success(Workspace *workspace, Packet *packet, uint32_t slot, ClientTransaction *client) noexcept nogil:
    """2xx: the first goes to the caller, whichever attempt it comes from; any other INVITE's 2xx is acknowledged and ended."""
    cdef const Message *response = &packet.message
    cdef ServerTransaction *server = server_at(workspace, client.server)
    if not step_attempt(workspace, slot, client, CLIENT_SUCCESS, response) & PASS:
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_RESPONSE)
    elif server.is_ours:
        note_probe_answered(workspace, server, response)
        end_server(workspace, client.server, server)
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_RESPONSE)
    elif client.has_won or not server.is_answered:
        accept_success(workspace, slot, client, server, response)
        decide(packet, VERDICT_RELAY, REASON_RELAYED_SUCCESS)
    elif client.is_invite:
        end_late_answer(workspace, client, response)
        decide(packet, VERDICT_ABSORB, REASON_ENDED_LATE_ANSWER)
    else:
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_RESPONSE)


cdef inline void accept_success(Workspace *workspace, uint32_t slot, ClientTransaction *client, ServerTransaction *server, const Message *response) noexcept nogil:
    """Relay a 2xx, the first time or again; the first time the call is up and other attempts are cancelled."""
    cdef bint is_first = not client.has_won
    cdef Call *call
    client.has_won = 1
    send_upstream(workspace, client.server, server, response)
    if not is_first:
        return
    if not client.is_abandoned:
        server.pending -= 1
    if server.is_initial and server.is_invite:
        answer_call(workspace, server, response, client)
        note_success(workspace, client)
        cancel_others(workspace, server, slot)
    elif server.is_invite or response.method == METHOD_UPDATE:
        call = call_of(workspace, server)
        if call != NULL:
            refresh_session(workspace, server.call - workspace.first_call, call, response)
    if response.method == METHOD_BYE:
        note_end_of_dialog(workspace, server, response, REASON_ENDED_BY_BYE)


cdef inline void cancel_others(Workspace *workspace, ServerTransaction *server, uint32_t winner) noexcept nogil:
    """Cancel every attempt but the one that won (§16.7 step 10)."""
    cdef uint32_t slot = server.first_client
    cdef ClientTransaction *client
    while slot != NO_SLOT:
        client = client_at(workspace, slot)
        if slot != winner:
            client.is_abandoned = 1
            step_attempt(workspace, slot, client, CLIENT_CANCEL, NULL)
        slot = client.next_client


cdef inline void relay_failure(Workspace *workspace, Packet *packet, uint32_t slot, ClientTransaction *client) noexcept nogil:
    """300 … 699: into the response context, which fails over or ends the search. Of an abandoned attempt nothing counts but 6xx."""
    cdef const Message *response = &packet.message
    cdef uint32_t server_slot = client.server
    cdef ServerTransaction *server = server_at(workspace, server_slot)
    cdef uint8_t actions = step_attempt(workspace, slot, client, CLIENT_FAILURE, response)
    if not actions & PASS or server.is_answered or (client.is_abandoned and not stops_search(server, response.status)):
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_RESPONSE)
        return
    if server.is_ours:
        note_probe_answered(workspace, server, response)
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_RESPONSE)
        end_server(workspace, server_slot, server)
        return
    decide(packet, VERDICT_RELAY, REASON_RECEIVED_FAILURE)
    if response.status == 481:
        note_end_of_dialog(workspace, server, response, REASON_ENDED_BY_481)
    note_best(workspace, server, response)
    if client.is_abandoned:
        stop_search(workspace, server_slot, server)
        return
    client.is_abandoned = 1
    attempt_failed(workspace, server_slot, server, client, response.status, REASON_RECEIVED_FAILURE)


cdef inline bint stops_search(const ServerTransaction *server, uint16_t status) noexcept nogil:
    """True for a 6xx, which speaks for every target (§21.6), unless the trunk's table says that it does not."""
    return status >= 600 and not moves_on(&server.rule, status)


cdef inline void stop_search(Workspace *workspace, uint32_t server_slot, ServerTransaction *server) noexcept nogil:
    """A late 6xx: no new attempt, and what is left is cancelled; the caller gets the best once all have ended (§16.7 step 5)."""
    server.next_target = server.target_count
    cancel_attempts(workspace, server)
    if server.pending == 0:
        finish_search(workspace, server_slot, server)


cdef inline void note_end_of_dialog(Workspace *workspace, const ServerTransaction *server, const Message *response, int reason) noexcept nogil:
    """BYE was accepted, or the far end does not know the call any more (§12.2.1.2): a call that was answered is over, one that was not is the INVITE's."""
    cdef Call *call = call_of(workspace, server)
    cdef uint8_t is_from_caller
    if call != NULL and call.holds_slot and not server.is_initial and call.state != CALL_SETUP and is_of_call(workspace, call, response, &is_from_caller):
        call.ended_by = ENDED_BY_CALLER if is_from_caller == (reason == REASON_ENDED_BY_BYE) else ENDED_BY_CALLEE
        end_call(workspace, server.call - workspace.first_call, call, reason)
