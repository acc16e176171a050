"""Requests inside a call: found by the token in Route, or by Call-ID and tags; sent on along their route set. (§12.2, §16.4–§16.6)

Reads: the message, the call table. Writes: the call, transactions, the outbox. Verdicts: CONTINUE, FORWARD, REPLY, ABSORB, HANDOFF, DROP.
"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.arena cimport NO_SLOT, arena_find
from hasip.dataplane.base.endpoint cimport NO_FLOW, Endpoint, endpoint_from_host, is_same_place
from hasip.dataplane.base.handle cimport Handle
from hasip.dataplane.base.hash cimport siphash
from hasip.dataplane.routing.call_table cimport CALL_SETUP, ENDED_BY_CALLEE, ENDED_BY_CALLER, Call, call_owner
from hasip.dataplane.stage.admit cimport knows_source
from hasip.dataplane.stage.call cimport callee_account, caller_account, caller_key, end_call, establish_call, find_call, is_of_call
from hasip.dataplane.stage.detour cimport go_round_dead_leg
from hasip.dataplane.stage.forward cimport arm_client, begin_client, forward_stateless, send_attempt
from hasip.dataplane.stage.handoff cimport hand_off, try_next_worker
from hasip.dataplane.stage.next_hop cimport endpoint_from_uri
from hasip.dataplane.stage.onward cimport comes_from_strict_router, read_request_uri_token
from hasip.dataplane.stage.packet cimport VERDICT_ABSORB, VERDICT_DROP, VERDICT_FORWARD, VERDICT_REPLY, Packet, decide
from hasip.dataplane.stage.reason cimport (
    REASON_ABSORBED_STRAY_ACK, REASON_DROPPED_UNSENDABLE, REASON_ENDED_BY_BYE, REASON_FORWARDED_ACK, REASON_FORWARDED_IN_DIALOG,
    REASON_REFUSED_MALFORMED, REASON_REFUSED_MAX_FORWARDS, REASON_REFUSED_NO_DIALOG, REASON_REFUSED_OVERLOAD, REASON_REFUSED_TOO_LARGE,
    REASON_REFUSED_UNRESOLVABLE)
from hasip.dataplane.stage.reply cimport reply, reply_stateless
from hasip.dataplane.stage.route_set cimport RouteSet, is_own_address, read_route_set
from hasip.dataplane.stage.server cimport begin_server, end_client
from hasip.dataplane.stage.via cimport SIP_PORT
from hasip.dataplane.stage.workspace cimport Workspace, client_at, server_at
from hasip.dataplane.syntax.message cimport METHOD_ACK, METHOD_BYE, Message, Uri
from hasip.dataplane.syntax.uri cimport parse_uri
from hasip.dataplane.target cimport TARGET_ADDRESS, Target
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction


cdef struct Dialog:                     # what an in-dialog request was found to belong to
    Call *call                          # NULL: to no call of ours
    uint32_t local                      # its slot in our range
    uint8_t is_from_caller


cdef inline void follow_dialog(Workspace *workspace, Packet *packet) noexcept nogil:
    """Send a request of a call on; leave a request that belongs to no dialog to the next stage."""
    cdef Message *message = &packet.message
    cdef RouteSet route_set
    cdef Dialog dialog
    cdef Handle handle
    cdef bint names_call
    read_route_set(workspace, message, &route_set)
    handle = route_set.call
    names_call = route_set.names_call or read_request_uri_token(workspace, message, &handle)
    if not names_call and message.to_tag.length == 0:
        return
    if route_set.is_malformed:
        refuse_outsider(workspace, packet, 400, REASON_REFUSED_MALFORMED)
        return
    if names_call:
        if handle.slot >= workspace.plane.calls.capacity:
            names_call = False
        elif call_owner(&workspace.plane.calls, handle.slot) != workspace.index:
            hand_off(workspace, packet, call_owner(&workspace.plane.calls, handle.slot))
            return
    find_dialog(workspace, message, &handle if names_call else NULL, &dialog)
    if dialog.call != NULL:
        send_along(workspace, packet, &route_set, &dialog)
    elif names_call or not try_next_worker(workspace, packet):
        refuse_outsider(workspace, packet, 481, REASON_REFUSED_NO_DIALOG)


cdef inline void refuse_outsider(Workspace *workspace, Packet *packet, uint32_t status, int reason) noexcept nogil:
    """Refuse what belongs to no call; an unknown source learns no more than by a new request."""
    if packet.message.method == METHOD_ACK or knows_source(workspace, packet):
        refuse_in_dialog(workspace, packet, status, reason)


cdef inline void refuse_in_dialog(Workspace *workspace, Packet *packet, uint32_t status, int reason) noexcept nogil:
    """Refuse without state; nothing answers an ACK."""
    if packet.message.method == METHOD_ACK:
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_STRAY_ACK)
        return
    reply_stateless(workspace, &packet.message, &packet.source, status, NULL, NULL)
    decide(packet, VERDICT_REPLY, reason)


cdef inline void find_dialog(const Workspace *workspace, const Message *message, const Handle *handle, Dialog *dialog) noexcept nogil:
    """Find the call by the token's handle, else by Call-ID and tags. Call-ID and both tags must be the call's, token or not."""
    if handle != NULL:
        dialog.local = handle.slot - workspace.first_call
        dialog.call = <Call *>arena_find(&workspace.calls, dialog.local, handle.generation)
    else:
        dialog.call = find_call(workspace, caller_key(workspace, message, message.from_tag), &dialog.local)
        if dialog.call == NULL:
            dialog.call = find_call(workspace, caller_key(workspace, message, message.to_tag), &dialog.local)
    if dialog.call != NULL and not is_of_call(workspace, dialog.call, message, &dialog.is_from_caller):
        dialog.call = NULL


cdef inline void send_along(Workspace *workspace, Packet *packet, RouteSet *route_set, const Dialog *dialog) noexcept nogil:
    """Send a request to the next hop of its route set, and let the call know."""
    cdef Message *message = &packet.message
    cdef Target target
    cdef uint8_t is_retargeted = 0
    if not find_next_hop(workspace, message, route_set, dialog, &target.endpoint, &is_retargeted):
        refuse_in_dialog(workspace, packet, 500, REASON_REFUSED_UNRESOLVABLE)
        return
    target.kind = TARGET_ADDRESS
    target.leg = dialog.call.leg
    target.has_seat = 1
    target.account = callee_account(dialog.call) if dialog.is_from_caller else caller_account(dialog.call)
    go_round_dead_leg(workspace, target.account, &target.endpoint)
    if message.max_forwards == 0:
        refuse_in_dialog(workspace, packet, 483, REASON_REFUSED_MAX_FORWARDS)
    elif message.method == METHOD_ACK:
        pass_ack(workspace, packet, &target.endpoint, dialog, is_retargeted)
    else:
        begin_in_dialog(workspace, packet, &target, dialog, is_retargeted)


cdef inline bint find_next_hop(const Workspace *workspace, const Message *message, RouteSet *route_set, const Dialog *dialog,
                               Endpoint *endpoint, uint8_t *is_retargeted) noexcept nogil:
    """Set where a request goes: the next Route, else the Request-URI; and whether its Request-URI has to change. False: no way there.

    A far end that ignores Record-Route addresses us; a name can't be looked up here; and a flow is the only way to who is behind it:
    these go where the call's other side was met.
    """
    cdef const Endpoint *known = &dialog.call.callee if dialog.is_from_caller else &dialog.call.caller
    cdef Uri uri = message.request_uri
    endpoint[0] = known[0]
    if comes_from_strict_router(workspace, message, route_set):
        parse_uri(message.bytes, route_set.last, &uri)
    elif route_set.has_next:
        uri = route_set.next_hop
    elif is_own_address(workspace.plane, message.bytes, &uri):
        is_retargeted[0] = 1
        return True
    if known.flow != NO_FLOW:
        return True
    if not endpoint_from_host(endpoint, message.bytes + uri.host.offset, uri.host.length) or leads_to(&uri, endpoint, known):
        endpoint[0] = known[0]
        return True
    return endpoint_from_uri(workspace.plane, message.bytes, &uri, known.listener, endpoint)


cdef inline bint leads_to(const Uri *uri, Endpoint *endpoint, const Endpoint *known) noexcept nogil:
    """True when a URI's address is a place we know, whatever transport it does not name."""
    endpoint.port = uri.port if uri.port else SIP_PORT
    return is_same_place(endpoint, known)


cdef inline void pass_ack(Workspace *workspace, Packet *packet, const Endpoint *destination, const Dialog *dialog, bint is_retargeted) noexcept nogil:
    """Pass the ACK of a 2xx on."""
    cdef const Message *message = &packet.message
    cdef uint32_t branch = <uint32_t>siphash(&workspace.plane.branch_key, message.bytes + message.via.offset, message.via.length)
    if not forward_stateless(workspace, message, &packet.source, destination, dialog.call, branch, is_retargeted,
                             dialog.call.is_to_core == dialog.is_from_caller):
        decide(packet, VERDICT_DROP, REASON_DROPPED_UNSENDABLE)
        return
    decide(packet, VERDICT_FORWARD, REASON_FORWARDED_ACK)
    if dialog.is_from_caller:
        establish_call(workspace, dialog.local, dialog.call)


cdef inline void begin_in_dialog(Workspace *workspace, Packet *packet, const Target *target, const Dialog *dialog, bint is_retargeted) noexcept nogil:
    """Send any other request on, in transactions of its own. BYE ends the call; one before the answer does not, for anybody could say it."""
    cdef uint32_t slot = begin_server(workspace, &packet.message, &packet.source, packet.server_key)
    cdef uint32_t client_slot = NO_SLOT
    cdef ServerTransaction *server
    cdef ClientTransaction *client
    if slot != NO_SLOT:
        server = server_at(workspace, slot)
        server.call = workspace.first_call + dialog.local
        server.call_generation = dialog.call.header.generation
        server.is_retargeted = is_retargeted
        server.is_from_customer = dialog.call.is_to_core == dialog.is_from_caller
        server.is_to_customer = not server.is_from_customer
        client_slot = begin_client(workspace, slot, server, target)
    if packet.message.method == METHOD_BYE and dialog.call.state != CALL_SETUP:
        dialog.call.ended_by = ENDED_BY_CALLER if dialog.is_from_caller else ENDED_BY_CALLEE
        end_call(workspace, dialog.local, dialog.call, REASON_ENDED_BY_BYE)
    if slot == NO_SLOT:
        refuse_in_dialog(workspace, packet, 503, REASON_REFUSED_OVERLOAD)
        return
    if client_slot == NO_SLOT:
        reply(workspace, slot, server, &packet.message, 503, NULL, NULL)
        decide(packet, VERDICT_REPLY, REASON_REFUSED_OVERLOAD)
        return
    if server.is_invite:
        reply(workspace, slot, server, &packet.message, 100, NULL, NULL)
    client = client_at(workspace, client_slot)
    if not send_attempt(workspace, server, client_slot, client, &packet.message):
        end_client(workspace, client_slot, client)
        reply(workspace, slot, server, &packet.message, 513, NULL, NULL)
        decide(packet, VERDICT_REPLY, REASON_REFUSED_TOO_LARGE)
        return
    arm_client(workspace, client_slot, client)
    decide(packet, VERDICT_FORWARD, REASON_FORWARDED_IN_DIALOG)
