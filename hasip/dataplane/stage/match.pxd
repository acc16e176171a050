"""Requests that belong to a server transaction: retransmissions, ACK and CANCEL. (§17.2.3, §9.2)

Reads: the message, the server index. Writes: the packet's key, the transaction. Verdicts: CONTINUE, ABSORB, REPLY, HANDOFF, DROP.
"""
from libc.stdint cimport uint32_t

from hasip.dataplane.base.arena cimport NO_SLOT
from hasip.dataplane.stage.admit cimport knows_source
from hasip.dataplane.stage.attempt cimport cancel_attempts
from hasip.dataplane.stage.handoff cimport try_next_worker
from hasip.dataplane.stage.packet cimport VERDICT_ABSORB, VERDICT_REPLY, Packet, decide
from hasip.dataplane.stage.reason cimport (
    REASON_ABSORBED_ACK, REASON_ABSORBED_RETRANSMISSION, REASON_ANSWERED_CANCEL, REASON_REFUSED_NO_TRANSACTION)
from hasip.dataplane.stage.reply cimport reply_stateless
from hasip.dataplane.stage.server cimport find_server, note_ack, resend_response
from hasip.dataplane.stage.workspace cimport Workspace, server_at
from hasip.dataplane.syntax.message cimport METHOD_ACK, METHOD_CANCEL
from hasip.dataplane.transaction.states cimport (
    RESEND, SEND_100, SERVER_ACCEPTED, SERVER_ACK, SERVER_COMPLETED, SERVER_REQUEST)
from hasip.dataplane.transaction.transaction cimport ServerTransaction, server_step


cdef inline void match_request(Workspace *workspace, Packet *packet) noexcept nogil:
    """Find the server transaction a request belongs to."""
    cdef uint32_t slot
    if packet.message.method == METHOD_CANCEL:
        match_cancel(workspace, packet)
        return
    slot = find_server(workspace, packet.server_key)
    if slot == NO_SLOT:
        return
    if packet.message.method == METHOD_ACK:
        match_ack(workspace, packet, slot)
    else:
        absorb_retransmission(workspace, packet, server_at(workspace, slot))


cdef inline void match_ack(Workspace *workspace, Packet *packet, uint32_t slot) noexcept nogil:
    """An ACK of a final response ≥ 300 ends here; one of a 2xx that reuses the branch goes on to its dialog."""
    cdef ServerTransaction *server = server_at(workspace, slot)
    if server.state == SERVER_ACCEPTED:
        return
    if server.state == SERVER_COMPLETED:
        server_step(server, SERVER_ACK)
        note_ack(workspace, slot, server)
    decide(packet, VERDICT_ABSORB, REASON_ABSORBED_ACK)


cdef inline void absorb_retransmission(Workspace *workspace, Packet *packet, ServerTransaction *server) noexcept nogil:
    """Answer a retransmission as far as the state asks for it.

    Deviates: §17.2.1 sends the most recent provisional response; we send 100, which stops the retransmissions as well.
    """
    cdef uint32_t actions = server_step(server, SERVER_REQUEST)
    if actions & SEND_100:
        reply_stateless(workspace, &packet.message, &packet.source, 100, NULL, NULL)
    if actions & RESEND:
        resend_response(workspace, server)
    decide(packet, VERDICT_ABSORB, REASON_ABSORBED_RETRANSMISSION)


cdef inline void match_cancel(Workspace *workspace, Packet *packet) noexcept nogil:
    """Answer CANCEL at once; from here on no new attempt starts, and attempts that ring are cancelled (§9.2, §16.10)."""
    cdef uint32_t slot = find_server(workspace, packet.server_key)
    cdef ServerTransaction *server
    if slot == NO_SLOT:
        if not try_next_worker(workspace, packet) and knows_source(workspace, packet):
            reply_stateless(workspace, &packet.message, &packet.source, 481, NULL, NULL)
            decide(packet, VERDICT_REPLY, REASON_REFUSED_NO_TRANSACTION)
        return
    reply_stateless(workspace, &packet.message, &packet.source, 200, NULL, NULL)
    decide(packet, VERDICT_REPLY, REASON_ANSWERED_CANCEL)
    server = server_at(workspace, slot)
    if server.is_answered:
        return
    server.is_cancelled = 1
    cancel_attempts(workspace, server)
