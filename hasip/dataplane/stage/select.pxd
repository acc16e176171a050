"""A new request's trunk, its pool slot, and the order in which legs will be tried. (§16.5, spec: HA modes, call pool)

Reads: the snapshot. Writes: the board, the call table, a server transaction. Verdicts: FORWARD, REPLY.
"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.arena cimport NO_SLOT
from hasip.dataplane.base.atomic cimport fetch_add_u64, load_relaxed_u32
from hasip.dataplane.routing.board cimport LEGS_MAX, WITHHELD_ALL, TrunkRow, advance_cursor, give_pool_slot, is_down, take_pool_slot
from hasip.dataplane.routing.call_table cimport Call
from hasip.dataplane.routing.numbers cimport NO_TRUNK, NUMBER_BYTES_MAX, numbers_find
from hasip.dataplane.routing.selection cimport (
    MODE_AUTO_FAILOVER, MODE_LOAD_BALANCING, MODE_ONLY_PRIMARY, Standing, mode_fails_over, order_only_primary, order_regions, order_round_robin, prefer_leg)
from hasip.dataplane.routing.snapshot cimport Destination, Trunk
from hasip.dataplane.stage.admit cimport loop_hash_of
from hasip.dataplane.stage.call cimport begin_call, caller_key
from hasip.dataplane.stage.dialled cimport dialled_number
from hasip.dataplane.stage.failover cimport refuse_drained, start_search
from hasip.dataplane.stage.packet cimport VERDICT_FORWARD, VERDICT_REPLY, Packet, decide
from hasip.dataplane.stage.reason cimport (
    REASON_ANSWERED_OPTIONS, REASON_NONE, REASON_REFUSED_DRAINING, REASON_REFUSED_METHOD, REASON_REFUSED_OVERLOAD, REASON_REFUSED_POOL_FULL,
    REASON_REFUSED_UNKNOWN_NUMBER)
from hasip.dataplane.stage.record cimport put_refusal
from hasip.dataplane.stage.reply cimport reply, reply_stateless
from hasip.dataplane.stage.server cimport begin_server
from hasip.dataplane.stage.workspace cimport Workspace, call_of, choose_listener, server_at
from hasip.dataplane.syntax.message cimport METHOD_INVITE, METHOD_OPTIONS, METHOD_REGISTER, Message
from hasip.dataplane.target cimport TARGET_ADDRESS, TARGET_UNREACHABLE, TARGETS_MAX, Target
from hasip.dataplane.transaction.transaction cimport ServerTransaction


cdef inline void select_targets(Workspace *workspace, Packet *packet) noexcept nogil:
    """Find the trunk of a new request and send the request there, or refuse it."""
    cdef const Message *message = &packet.message
    cdef uint32_t trunk, slot
    if message.method == METHOD_REGISTER or is_for_us(message):
        answer_for_ourselves(workspace, packet)
        return
    slot = begin_server(workspace, message, &packet.source, packet.server_key)
    if slot == NO_SLOT:
        reply_stateless(workspace, message, &packet.source, 503, NULL, NULL)
        put_refusal(workspace, packet, NULL, 503, REASON_REFUSED_OVERLOAD)
        decide(packet, VERDICT_REPLY, REASON_REFUSED_OVERLOAD)
        return
    packet.caller_key = caller_key(workspace, message, message.from_tag)
    server_at(workspace, slot).is_initial = 1
    server_at(workspace, slot).is_retargeted = 1
    server_at(workspace, slot).is_from_customer = packet.origin_trunk != NO_TRUNK
    server_at(workspace, slot).is_to_customer = packet.origin_trunk == NO_TRUNK
    trunk = packet.origin_trunk if packet.origin_trunk != NO_TRUNK else find_trunk(workspace, message)
    if trunk == NO_TRUNK:
        refuse_selected(workspace, packet, slot, NULL, 404, NULL, REASON_REFUSED_UNKNOWN_NUMBER)
    elif message.method == METHOD_INVITE and not admit_call(workspace, packet, slot, &workspace.snapshot.trunks[trunk]):
        return
    else:
        send_to_trunk(workspace, packet, slot, &workspace.snapshot.trunks[trunk])


cdef inline bint is_for_us(const Message *message) noexcept nogil:
    """True when the Request-URI names nobody: it is meant for this node."""
    return message.request_uri.is_sip and message.request_uri.user.length == 0


cdef inline void answer_for_ourselves(Workspace *workspace, Packet *packet) noexcept nogil:
    """OPTIONS is answered; nothing else is for us."""
    if packet.message.method == METHOD_OPTIONS:
        reply_stateless(workspace, &packet.message, &packet.source, 200, NULL,
                        b"Accept: application/sdp\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, REFER, NOTIFY, SUBSCRIBE\r\n")
        decide(packet, VERDICT_REPLY, REASON_ANSWERED_OPTIONS)
    elif packet.message.method == METHOD_REGISTER:
        reply_stateless(workspace, &packet.message, &packet.source, 405, NULL, b"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n")
        decide(packet, VERDICT_REPLY, REASON_REFUSED_METHOD)
    else:
        reply_stateless(workspace, &packet.message, &packet.source, 404, NULL, NULL)
        decide(packet, VERDICT_REPLY, REASON_REFUSED_UNKNOWN_NUMBER)


cdef inline void refuse_selected(Workspace *workspace, Packet *packet, uint32_t slot, const Trunk *trunk, uint32_t status, const char *headers,
                                 int reason) noexcept nogil:
    """Refuse by the server transaction: a retransmission must not be admitted where this was not."""
    reply(workspace, slot, server_at(workspace, slot), &packet.message, status, NULL, headers)
    put_refusal(workspace, packet, trunk, status, reason)
    decide(packet, VERDICT_REPLY, reason)


cdef inline uint32_t find_trunk(const Workspace *workspace, const Message *message) noexcept nogil:
    """Return the snapshot's trunk that has the dialled number, or NO_TRUNK."""
    cdef uint8_t number[NUMBER_BYTES_MAX + 1]
    cdef uint32_t length = dialled_number(message, number)
    return numbers_find(&workspace.snapshot.numbers, number, length)


cdef inline bint admit_call(Workspace *workspace, Packet *packet, uint32_t slot, const Trunk *trunk) noexcept nogil:
    """Take the call's pool slot and make its record. False: refused."""
    cdef ServerTransaction *server = server_at(workspace, slot)
    cdef TrunkRow *row = &workspace.plane.board.rows[trunk.destination.slot]
    if load_relaxed_u32(&workspace.plane.is_draining):
        refuse_selected(workspace, packet, slot, trunk, 503, NULL, REASON_REFUSED_DRAINING)
        return False
    if not take_pool_slot(row, trunk.calls):
        refuse_selected(workspace, packet, slot, trunk, trunk.pool_full_status_to_trunk if server.is_from_customer else trunk.pool_full_status,
                        b"Reason: Q.850;cause=34\r\nWarning: 399 hasip \"concurrent call limit\"\r\n", REASON_REFUSED_POOL_FULL)
        return False
    if not begin_call(workspace, server, packet, trunk):
        give_pool_slot(row)
        refuse_selected(workspace, packet, slot, trunk, 503, NULL, REASON_REFUSED_OVERLOAD)
        return False
    if server.is_from_customer:
        fetch_add_u64(&row.legs[packet.origin_leg].placed, 1)
    return True


cdef inline void send_to_trunk(Workspace *workspace, Packet *packet, uint32_t slot, const Trunk *trunk) noexcept nogil:
    """Fix the order of attempts and start the search."""
    cdef ServerTransaction *server = server_at(workspace, slot)
    cdef const Destination *destination = &workspace.snapshot.cores[trunk.core].destination if server.is_from_customer else &trunk.destination
    server.trunk = trunk.destination.slot
    server.loop_hash = loop_hash_of(workspace, &packet.message, packet.caller_key)
    set_targets(workspace, server, destination)
    if server.is_invite:
        reply(workspace, slot, server, &packet.message, 100, NULL, NULL)
    decide(packet, VERDICT_FORWARD, REASON_NONE)
    if server.target_count == 0 and destination.leg_count:
        refuse_drained(workspace, slot, server, &packet.message)
    else:
        start_search(workspace, slot, server, &packet.message)


cdef inline uint32_t next_place(const Workspace *workspace, const ServerTransaction *server, TrunkRow *row) noexcept nogil:
    """Return the rotation's place. Only new calls move it on; one that is sent again after a challenge has its place."""
    cdef const Call *call = call_of(workspace, server)
    if call == NULL:
        return load_relaxed_u32(&row.cursor)
    return call.leg if call.answers_challenge else advance_cursor(row)


cdef inline void set_targets(Workspace *workspace, ServerTransaction *server, const Destination *destination) noexcept nogil:
    """Let the mode order the legs; the order holds for this request, whatever is configured meanwhile."""
    cdef uint8_t order[LEGS_MAX]
    cdef uint8_t count, i
    server.rule = destination.rule
    server.rule.fails_over = destination.rule.fails_over and mode_fails_over(destination.mode)
    count = order_legs(workspace, server, destination, order)
    server.target_count = 0
    for i in range(count):
        add_target(workspace, server, &destination.legs[order[i]])
        if server.rule.fails_over:
            add_spares(workspace, server, destination, order[i])
    note_search(workspace, server, destination)


cdef inline void note_search(const Workspace *workspace, const ServerTransaction *server, const Destination *destination) noexcept nogil:
    """Note for the call's record by which mode its targets were chosen, how many they are, and who was thought to be down."""
    cdef const TrunkRow *row = &workspace.plane.board.rows[destination.slot]
    cdef Call *call = call_of(workspace, server)
    cdef uint8_t i
    if call == NULL:
        return
    call.mode = destination.mode + 1
    call.fails_over = server.rule.fails_over
    call.targets = server.target_count
    for i in range(destination.leg_count):
        if is_down(&row.legs[i]):
            call.legs_down |= <uint8_t>(1 << i)
        if load_relaxed_u32(&row.legs[i].is_drained):
            call.legs_drained |= <uint8_t>(1 << i)


cdef inline uint8_t order_legs(const Workspace *workspace, const ServerTransaction *server, const Destination *destination, uint8_t *order) noexcept nogil:
    """Set the order in which the legs are tried; return how many are."""
    cdef TrunkRow *row = &workspace.plane.board.rows[destination.slot]
    cdef const Call *call = call_of(workspace, server)
    cdef Standing standings[LEGS_MAX]
    cdef uint32_t turn = 0
    cdef uint8_t count
    cdef bint is_growing_back
    if destination.mode == MODE_ONLY_PRIMARY:
        return order_only_primary(destination.leg_count, order)
    if destination.mode == MODE_LOAD_BALANCING:
        return order_round_robin(destination.leg_count, next_place(workspace, server, row), order)
    is_growing_back = read_standings(row, destination.leg_count, standings)
    if destination.mode != MODE_AUTO_FAILOVER or is_growing_back:
        turn = next_place(workspace, server, row)
    count = order_regions(destination.regions, standings, destination.leg_count, destination.is_priority, turn, order)
    if call != NULL and call.answers_challenge:
        prefer_leg(order, count, call.leg)
    return count


cdef inline bint read_standings(const TrunkRow *row, uint8_t legs, Standing *standings) noexcept nogil:
    """Read what is thought of the legs now. True when one of them is growing back."""
    cdef bint is_growing_back = False
    cdef uint8_t i
    for i in range(legs):
        standings[i].withheld_percent = <uint8_t>load_relaxed_u32(&row.legs[i].withheld_percent)
        standings[i].is_drained = <uint8_t>load_relaxed_u32(&row.legs[i].is_drained)
        is_growing_back = is_growing_back or 0 < standings[i].withheld_percent < WITHHELD_ALL
    return is_growing_back


cdef inline void add_spares(Workspace *workspace, ServerTransaction *server, const Destination *destination, uint8_t leg) noexcept nogil:
    """Put the other addresses of a leg into the set."""
    cdef uint8_t i
    for i in range(destination.spare_count):
        if destination.spares[i].leg == leg:
            add_target(workspace, server, &destination.spares[i])


cdef inline void add_target(Workspace *workspace, ServerTransaction *server, const Target *target) noexcept nogil:
    """Put a target into the set, with the listener it is reached by unless it has one; without any it is unreachable. A full set takes no more."""
    cdef Target *place = &server.targets[server.target_count]
    if server.target_count == TARGETS_MAX:
        return
    place[0] = target[0]
    if target.kind == TARGET_ADDRESS and not target.has_seat and not choose_listener(
            workspace.plane, &place.endpoint, target.transport, preferred_listener(workspace, server)):
        place.kind = TARGET_UNREACHABLE
    server.target_count += 1


cdef inline uint32_t preferred_listener(const Workspace *workspace, const ServerTransaction *server) noexcept nogil:
    """Return the listener a request came in by; the node's first when it came from a zone by the zone's interface, which leads to nobody else."""
    return 0 if workspace.plane.listeners[server.source.listener].is_for_legs else server.source.listener
