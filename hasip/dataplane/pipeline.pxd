"""The way of a packet, to be read first. Each stage looks only at packets that are still undecided; the first verdict is the last.

    receive   datagrams in, with source and listener
    parse     bytes → Message
    foresee   what will be looked up is on its way from memory
    relay     responses: to their attempt, back to the caller, or on to the next target
    match     retransmission? ACK? CANCEL?
    dialog    a request inside a call goes along its route set
    admit     whitelist or credentials, Max-Forwards, extensions, loops
    register  a user's contacts become bindings
    select    number → trunk → pool slot → order of targets; the first attempt leaves
    send      the outbox, one burst

What may follow later, from timers, ICMP or a failure response: failover. What we say ourselves: reply.
Who looks at all of it, when somebody does: tap.
"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.stage.admit cimport admit_request
from hasip.dataplane.stage.dialog cimport follow_dialog
from hasip.dataplane.stage.foresee cimport foresee
from hasip.dataplane.stage.match cimport match_request
from hasip.dataplane.stage.packet cimport VERDICT_CONTINUE, Packet
from hasip.dataplane.stage.parse cimport parse_packet
from hasip.dataplane.stage.reason cimport REASON_NONE
from hasip.dataplane.stage.registrar cimport register_contacts
from hasip.dataplane.stage.relay cimport relay_response
from hasip.dataplane.stage.select cimport select_targets
from hasip.dataplane.stage.tap cimport tap_received
from hasip.dataplane.stage.workspace cimport Workspace, count
from hasip.dataplane.syntax.message cimport KIND_RESPONSE, METHOD_REGISTER


cdef inline void carry(Workspace *workspace, Packet *packet, const uint8_t *datagram, uint32_t length) noexcept nogil:
    """Carry one datagram all the way."""
    begin(workspace, packet, datagram, length)
    decide_packet(workspace, packet)


cdef inline void begin(Workspace *workspace, Packet *packet, const uint8_t *datagram, uint32_t length) noexcept nogil:
    """Parse a datagram, and foresee what comes."""
    parse_packet(workspace, packet, datagram, length)
    foresee(workspace, packet)


cdef inline void decide_packet(Workspace *workspace, Packet *packet) noexcept nogil:
    """Carry a parsed packet through the other stages, and count why it ended as it did."""
    if packet.verdict == VERDICT_CONTINUE and packet.message.kind == KIND_RESPONSE:
        relay_response(workspace, packet)
    if packet.verdict == VERDICT_CONTINUE:
        match_request(workspace, packet)
    if packet.verdict == VERDICT_CONTINUE:
        follow_dialog(workspace, packet)
    if packet.verdict == VERDICT_CONTINUE:
        admit_request(workspace, packet)
    if packet.verdict == VERDICT_CONTINUE and packet.message.method == METHOD_REGISTER and packet.user != NULL:
        register_contacts(workspace, packet)
    if packet.verdict == VERDICT_CONTINUE:
        select_targets(workspace, packet)
    if packet.reason != REASON_NONE:
        count(workspace, packet.reason)
    tap_received(workspace, packet)
