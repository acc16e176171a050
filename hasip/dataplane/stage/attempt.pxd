"""One attempt at one target: what its state machine asks for is done here, and its timers are set. (§17.1)"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from hasip.dataplane.base.arena cimport NO_SLOT
from hasip.dataplane.stage.forward cimport arm_client, resend_attempt, send_ack, send_cancel
from hasip.dataplane.stage.reason cimport REASON_FORWARDED_CANCEL
from hasip.dataplane.stage.workspace cimport Workspace, client_at, count, is_reliable, server_at
from hasip.dataplane.syntax.message cimport Message
from hasip.dataplane.transaction.states cimport (
    CLIENT_ABANDONED, CLIENT_ACCEPTED, CLIENT_CALLING, CLIENT_CANCEL, CLIENT_CANCELLING, CLIENT_COMPLETED, CLIENT_PROCEEDING, CLIENT_PROVISIONAL,
    CLIENT_RESEND_DUE, CLIENT_TERMINATED, RESEND, SEND_ACK, SEND_CANCEL)
from hasip.dataplane.transaction.timers cimport T1_MS, T2_MS, TIMER_C_MS, TIMER_K_MS, TRANSACTION_TIMEOUT_MS
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction, client_step


cdef inline uint8_t step_attempt(Workspace *workspace, uint32_t slot, ClientTransaction *client, int event, const Message *response) noexcept nogil:
    """Let an event happen to an attempt; send what is due, set timers. Return the actions, PASS and FAIL being the caller's to do."""
    cdef uint8_t before = client.state
    cdef uint8_t actions = client_step(client, event)
    if actions & SEND_ACK:
        send_ack(workspace, slot, client, response)
    if actions & SEND_CANCEL:
        send_cancel(workspace, slot, client)
        if before != CLIENT_CANCELLING:
            count(workspace, REASON_FORWARDED_CANCEL)
    if actions & RESEND:
        resend_attempt(workspace, slot, client)
    if event == CLIENT_RESEND_DUE:
        lengthen_interval(workspace, client)
    elif client.state != before:
        enter_state(workspace, client)
    elif event == CLIENT_PROVISIONAL and client.is_invite and client.state == CLIENT_PROCEEDING and response.status > 100:
        client.deadline_ms = workspace.now_ms + ring_time_ms(workspace, client) if not rings_by_own_time(workspace, client) else client.deadline_ms
    if client.state != CLIENT_TERMINATED:
        arm_client(workspace, slot, client)
    return actions


cdef inline void cancel_attempts(Workspace *workspace, const ServerTransaction *server) noexcept nogil:
    """Cancel every attempt: at once those that ring, the others at their first 1xx (§9.1)."""
    cdef uint32_t slot = server.first_client
    while slot != NO_SLOT:
        step_attempt(workspace, slot, client_at(workspace, slot), CLIENT_CANCEL, NULL)
        slot = client_at(workspace, slot).next_client


cdef inline void enter_state(Workspace *workspace, ClientTransaction *client) noexcept nogil:
    """Set the timers of a new state; over TCP and TLS nothing is retransmitted, nor awaited that would be (§17.1.1.2, §17.1.2.2)."""
    cdef bint is_stream = is_reliable(workspace, &client.target.endpoint)
    if client.state == CLIENT_PROCEEDING:
        client.has_provisional = 1
        client.resend_interval_ms = 0 if client.is_invite or is_stream else T2_MS
        client.resend_at_ms = workspace.now_ms + T2_MS
        if client.is_invite:
            client.deadline_ms = workspace.now_ms + ring_time_ms(workspace, client)
    elif client.state == CLIENT_CANCELLING:
        client.resend_interval_ms = 0 if is_stream else T1_MS
        client.resend_at_ms = workspace.now_ms + T1_MS
        client.deadline_ms = workspace.now_ms + TRANSACTION_TIMEOUT_MS
    elif client.state == CLIENT_ABANDONED:
        client.resend_interval_ms = 0
        if client.is_abandoned:
            client.deadline_ms = workspace.now_ms + TRANSACTION_TIMEOUT_MS
    elif client.state == CLIENT_COMPLETED or client.state == CLIENT_ACCEPTED:
        client.resend_interval_ms = 0
        client.deadline_ms = workspace.now_ms
        if client.state == CLIENT_ACCEPTED or (client.is_invite and not is_stream):
            client.deadline_ms += TRANSACTION_TIMEOUT_MS            # D, M
        elif not is_stream:
            client.deadline_ms += TIMER_K_MS


cdef inline bint rings_by_own_time(const Workspace *workspace, const ClientTransaction *client) noexcept nogil:
    """True when a ring timeout is set and it is shorter than timer C: it counts from the first provisional response, not from the last."""
    return 0 < server_at(workspace, client.server).rule.ring_timeout_ms < TIMER_C_MS


cdef inline uint64_t ring_time_ms(const Workspace *workspace, const ClientTransaction *client) noexcept nogil:
    """Return how long an attempt may ring: timer C, or the trunk's ring timeout."""
    if rings_by_own_time(workspace, client):
        return server_at(workspace, client.server).rule.ring_timeout_ms
    return TIMER_C_MS


cdef inline void lengthen_interval(Workspace *workspace, ClientTransaction *client) noexcept nogil:
    """Double the interval to the next retransmission; all but an INVITE's stop growing at T2 (§17.1.1.2, §17.1.2.2)."""
    client.resend_interval_ms *= 2
    if client.resend_interval_ms > T2_MS and not (client.is_invite and client.state == CLIENT_CALLING):
        client.resend_interval_ms = T2_MS
    client.resend_at_ms = workspace.now_ms + client.resend_interval_ms
