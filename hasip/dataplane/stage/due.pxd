"""Timers that fire: retransmissions and ends of transactions, silence, endless ringing, and the ends of calls. (§17, RFC 6026)"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from hasip.dataplane.base.arena cimport arena_record
from hasip.dataplane.base.wheel cimport NO_TIMER, wheel_pop_due
from hasip.dataplane.routing.call_table cimport Call
from hasip.dataplane.stage.attempt cimport step_attempt
from hasip.dataplane.stage.binding cimport binding_timer_fired
from hasip.dataplane.stage.call cimport call_timer_fired
from hasip.dataplane.stage.failover cimport NO_STATUS, attempt_failed
from hasip.dataplane.stage.forward cimport arm_client
from hasip.dataplane.stage.outbox cimport outbox_is_high
from hasip.dataplane.stage.reason cimport (
    REASON_FAR_END_RINGS_ON, REASON_FAR_END_SILENT, REASON_RESENT_RESPONSE, REASON_TIMED_OUT_ACK)
from hasip.dataplane.stage.send cimport send_outbox
from hasip.dataplane.stage.server cimport arm_server, end_client, end_server, resend_response
from hasip.dataplane.stage.workspace cimport Workspace, client_at, count, server_at
from hasip.dataplane.transaction.states cimport (
    CLIENT_ABANDONED, CLIENT_CALLING, CLIENT_GIVE_UP, CLIENT_PROCEEDING, CLIENT_RESEND_DUE, CLIENT_TERMINATED, CLIENT_TIMEOUT, FAIL,
    RESEND, SERVER_COMPLETED, SERVER_RESEND_DUE, SERVER_TIMEOUT)
from hasip.dataplane.transaction.timers cimport T2_MS, TIMER_C_MS, TRANSACTION_TIMEOUT_MS
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction, server_step


cdef enum:
    IN_NO_TABLE = 700                   # a status that no failover table holds


cdef inline void fire_due_timers(Workspace *workspace) noexcept nogil:
    """Let every timer that is due fire, sending in between when the outbox grows high."""
    cdef uint32_t servers = workspace.servers.capacity
    cdef uint32_t clients = workspace.clients.capacity
    cdef uint32_t timer = wheel_pop_due(&workspace.wheel, workspace.now_ms)
    while timer != NO_TIMER:
        if timer < servers:
            fire_server(workspace, timer, server_at(workspace, timer))
        elif timer < servers + clients:
            fire_client(workspace, timer - servers, client_at(workspace, timer - servers))
        elif timer < servers + clients + workspace.calls.capacity:
            call_timer_fired(workspace, timer - servers - clients, <Call *>arena_record(&workspace.calls, timer - servers - clients))
        else:
            binding_timer_fired(workspace, timer - servers - clients - workspace.calls.capacity)
        if outbox_is_high(&workspace.outbox):
            send_outbox(workspace)
        timer = wheel_pop_due(&workspace.wheel, workspace.now_ms)


cdef inline void fire_server(Workspace *workspace, uint32_t slot, ServerTransaction *server) noexcept nogil:
    """G: send the final response again. H, I, J, L: the transaction is over."""
    if workspace.now_ms < server.deadline_ms:
        if server_step(server, SERVER_RESEND_DUE) & RESEND:
            resend_response(workspace, server)
            count(workspace, REASON_RESENT_RESPONSE)
        server.resend_interval_ms = min(server.resend_interval_ms * 2, <uint32_t>T2_MS)
        arm_server(workspace, slot, server)
        return
    if server.is_invite and server.state == SERVER_COMPLETED:
        count(workspace, REASON_TIMED_OUT_ACK)
    server_step(server, SERVER_TIMEOUT)
    end_server(workspace, slot, server)


cdef inline void fire_client(Workspace *workspace, uint32_t slot, ClientTransaction *client) noexcept nogil:
    """A, E: retransmit. B, C, F, silence: the attempt failed. D, K, M: it is over."""
    if workspace.now_ms >= client.deadline_ms:
        end_waiting(workspace, slot, client)
    elif client.resend_interval_ms and workspace.now_ms >= client.resend_at_ms:
        step_attempt(workspace, slot, client, CLIENT_RESEND_DUE, NULL)
    else:
        arm_client(workspace, slot, client)


cdef inline void end_waiting(Workspace *workspace, uint32_t slot, ClientTransaction *client) noexcept nogil:
    """An attempt's time is over: what that means depends on its state."""
    cdef ServerTransaction *server = server_at(workspace, client.server)
    give_up_attempt(workspace, slot, client, CLIENT_GIVE_UP if gives_up(server, client) else CLIENT_TIMEOUT, end_status(server, client.state),
                    REASON_FAR_END_RINGS_ON if client.state == CLIENT_PROCEEDING else REASON_FAR_END_SILENT)


cdef inline void give_up_attempt(Workspace *workspace, uint32_t slot, ClientTransaction *client, int event, uint16_t status, int reason) noexcept nogil:
    """Wait for an attempt no more; it failed with this status, unless it was abandoned before."""
    cdef ServerTransaction *server = server_at(workspace, client.server)
    cdef uint8_t was_abandoned = client.is_abandoned
    cdef uint8_t actions
    client.is_abandoned = 1
    actions = step_attempt(workspace, slot, client, event, NULL)
    if event == CLIENT_GIVE_UP and client.state == CLIENT_ABANDONED:
        client.deadline_ms = workspace.now_ms + TRANSACTION_TIMEOUT_MS
        arm_client(workspace, slot, client)
    if actions & FAIL and not was_abandoned:
        server.was_timed_out = 1
        count(workspace, reason)
        attempt_failed(workspace, client.server, server, client, status, reason)
    if client.state == CLIENT_TERMINATED:
        end_client(workspace, slot, client)


cdef inline bint gives_up(const ServerTransaction *server, const ClientTransaction *client) noexcept nogil:
    """True where the attempt goes on listening: silence of a new request's target, endless ringing, a cancelled attempt that said nothing."""
    if client.state == CLIENT_CALLING:
        return server.is_initial
    if client.state == CLIENT_ABANDONED:
        return not client.is_abandoned
    return client.state == CLIENT_PROCEEDING and client.is_invite


cdef inline uint16_t end_status(const ServerTransaction *server, uint8_t state) noexcept nogil:
    """Return what the end of an attempt counts as: 408 for the ring timeout, a far-end error for silence; timer C moves nothing on."""
    if state != CLIENT_PROCEEDING:
        return NO_STATUS
    return 408 if 0 < server.rule.ring_timeout_ms < TIMER_C_MS else IN_NO_TABLE
