"""New requests: who may send them, and what no proxy may let pass. (§16.3, spec: getting in)

Reads: the message, the whitelist. Writes: the outbox. Verdicts: CONTINUE, REPLY, ABSORB, DROP.
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stddef cimport size_t
from libc.string cimport memcpy

from hasip.dataplane.base.atomic cimport load_acquire_u32
from hasip.dataplane.base.hash cimport siphash
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.routing.numbers cimport NO_TRUNK, NUMBER_BYTES_MAX
from hasip.dataplane.routing.whitelist cimport PEER_ACCOUNT, Peer, whitelist_find
from hasip.dataplane.stage.authenticate cimport admit_by_credentials, claimed_user
from hasip.dataplane.stage.call cimport caller_key
from hasip.dataplane.stage.dialled cimport dialled_number
from hasip.dataplane.stage.origin cimport choose_peer
from hasip.dataplane.stage.packet cimport VERDICT_ABSORB, VERDICT_DROP, VERDICT_REPLY, Packet, decide
from hasip.dataplane.stage.reason cimport (
    REASON_ABSORBED_STRAY_ACK, REASON_DROPPED_UNKNOWN_SOURCE, REASON_REFUSED_FOREIGN_ROUTE, REASON_REFUSED_LOOP, REASON_REFUSED_MALFORMED,
    REASON_REFUSED_MAX_FORWARDS, REASON_REFUSED_PROXY_REQUIRE, REASON_REFUSED_UNKNOWN_SOURCE,
    REASON_REFUSED_URI_SCHEME)
from hasip.dataplane.stage.record cimport put_refusal
from hasip.dataplane.stage.reply cimport reply_stateless
from hasip.dataplane.stage.route_set cimport RouteSet, read_route_set
from hasip.dataplane.stage.workspace cimport Workspace
from hasip.dataplane.syntax.header_value cimport header_value
from hasip.dataplane.syntax.message cimport HEADER_PROXY_REQUIRE, HEADER_ROUTE, HEADER_VIA, METHOD_ACK, METHOD_OPTIONS, METHOD_REGISTER, Message
from hasip.dataplane.syntax.octets cimport same_letters
from hasip.dataplane.target cimport TARGET_REGISTERED
from hasip.dataplane.transaction.branch cimport BRANCH_BYTES, repeats_loop

cdef extern from "<string.h>" nogil:
    const void *memmem(const void *place, size_t length, const void *wanted, size_t wanted_length) noexcept

cdef enum:
    UNSUPPORTED_BYTES_MAX = 256


cdef inline void admit_request(Workspace *workspace, Packet *packet) noexcept nogil:
    """Refuse what may not come in."""
    cdef const Message *message = &packet.message
    cdef RouteSet route_set
    if message.method == METHOD_ACK:
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_STRAY_ACK)
        return
    if not admit_source(workspace, packet):
        return
    if message.max_forwards == 0 and not is_ping(message) and message.method != METHOD_REGISTER:        # which go no further
        refuse(workspace, packet, 483, NULL, REASON_REFUSED_MAX_FORWARDS)
    elif not is_served_scheme(message):
        refuse(workspace, packet, 416, NULL, REASON_REFUSED_URI_SCHEME)
    elif message.first_header[HEADER_PROXY_REQUIRE]:
        refuse_extension(workspace, packet)
    elif has_looped(workspace, message):
        refuse(workspace, packet, 482, NULL, REASON_REFUSED_LOOP)
    elif message.first_header[HEADER_ROUTE]:
        read_route_set(workspace, message, &route_set)
        if route_set.is_malformed:
            refuse(workspace, packet, 400, NULL, REASON_REFUSED_MALFORMED)
        elif route_set.has_next:
            refuse(workspace, packet, 403, b"Warning: 399 hasip \"foreign Route in a new request\"\r\n", REASON_REFUSED_FOREIGN_ROUTE)


cdef inline void refuse(Workspace *workspace, Packet *packet, uint32_t status, const char *headers, int reason) noexcept nogil:
    """Refuse without state: a retransmission is refused the same way again."""
    reply_stateless(workspace, &packet.message, &packet.source, status, NULL, headers)
    put_refusal(workspace, packet, NULL, status, reason)
    decide(packet, VERDICT_REPLY, reason)


cdef inline bint knows_source(Workspace *workspace, Packet *packet) noexcept nogil:
    """True when the source address is on a whitelist; any other is refused, or met by silence."""
    if whitelist_find(&workspace.snapshot.whitelist, packet.source.address) != NULL:
        return True
    refuse_unknown_source(workspace, packet)
    return False


cdef inline void refuse_unknown_source(Workspace *workspace, Packet *packet) noexcept nogil:
    """Refuse, or be silent, as configured."""
    if workspace.plane.drops_unknown:
        decide(packet, VERDICT_DROP, REASON_DROPPED_UNKNOWN_SOURCE)
    else:
        refuse(workspace, packet, 403, NULL, REASON_REFUSED_UNKNOWN_SOURCE)


cdef inline bint admit_source(Workspace *workspace, Packet *packet) noexcept nogil:
    """True when the source address is the core's or an account's, or the sender proves to be a user; the packet's origin says who it is."""
    cdef const Peer *peer = whitelist_find(&workspace.snapshot.whitelist, packet.source.address)
    packet.user = NULL
    if peer == NULL or registers_by_name(workspace, &packet.message):
        return admit_by_credentials(workspace, packet, NULL)
    peer = choose_peer(workspace, packet, peer)
    if peer.kind == PEER_ACCOUNT and registers(workspace, peer) and not is_ping(&packet.message):
        return admit_by_credentials(workspace, packet, peer)
    packet.origin_trunk = peer.owner if peer.kind == PEER_ACCOUNT else NO_TRUNK
    packet.origin_leg = peer.leg
    return True


cdef inline bint registers(const Workspace *workspace, const Peer *peer) noexcept nogil:
    """True for an account that its address alone does not let in."""
    return workspace.snapshot.trunks[peer.owner].destination.legs[peer.leg].kind == TARGET_REGISTERED


cdef inline bint registers_by_name(const Workspace *workspace, const Message *message) noexcept nogil:
    """True for REGISTER of one of our users: an address says nothing about it, whoever else is known by that address."""
    return message.method == METHOD_REGISTER and claimed_user(workspace, message) != NULL


cdef inline bint is_ping(const Message *message) noexcept nogil:
    """True for OPTIONS to this node itself: the Request-URI names nobody."""
    return message.method == METHOD_OPTIONS and message.request_uri.is_sip and message.request_uri.user.length == 0


cdef inline bint is_served_scheme(const Message *message) noexcept nogil:
    """sip and tel; sips would have to stay on TLS all the way (§26.2.2), which cannot be promised here."""
    cdef Span uri = message.request_uri.whole
    return message.request_uri.is_sip == 1 or (uri.length > 4 and same_letters(message.bytes + uri.offset, b"tel:", 4))


cdef inline void refuse_extension(Workspace *workspace, Packet *packet) noexcept nogil:
    """We support no extension a Proxy-Require could ask for: say which it was (§16.3 step 5)."""
    cdef char headers[UNSUPPORTED_BYTES_MAX + 20]
    cdef Span value = header_value(&packet.message, packet.message.first_header[HEADER_PROXY_REQUIRE] - 1)
    cdef uint32_t length = min(<uint32_t>value.length, <uint32_t>UNSUPPORTED_BYTES_MAX)
    memcpy(headers, b"Unsupported: ", 13)
    memcpy(headers + 13, packet.message.bytes + value.offset, length)
    memcpy(headers + 13 + length, b"\r\n", 3)
    refuse(workspace, packet, 420, headers, REASON_REFUSED_PROXY_REQUIRE)


cdef inline uint32_t loop_hash_of(const Workspace *workspace, const Message *message, uint64_t key) noexcept nogil:
    """Return what stays equal when a request comes round a loop unchanged, and differs in a spiral: caller's key, dialled number, CSeq."""
    cdef uint8_t number[NUMBER_BYTES_MAX + 1]
    cdef uint64_t value = key ^ siphash(&workspace.plane.calls.file.key, number, dialled_number(message, number))
    return <uint32_t>(value ^ value >> 32 ^ message.cseq)


cdef inline bint has_looped(const Workspace *workspace, const Message *message) noexcept nogil:
    """True when a Via of ours below the topmost says that this request was here before, unchanged (§16.3 step 4)."""
    cdef uint32_t loop_hash, i
    for i in range(<uint32_t>message.first_header[HEADER_VIA] - 1, message.header_count):
        if message.header_name[i] == HEADER_VIA and names_us(workspace, message, i):
            if carries_loop_hash(message, i, loop_hash_of(workspace, message, caller_key(workspace, message, message.from_tag))):
                return True
    return False


cdef inline bint names_us(const Workspace *workspace, const Message *message, uint32_t header) noexcept nogil:
    """True when a Via header holds the sent-by of one of our listeners."""
    cdef uint32_t length = message.header_start[header + 1] - message.header_start[header]
    cdef uint32_t i
    for i in range(load_acquire_u32(&workspace.plane.listener_count)):
        if not workspace.plane.listeners[i].repeats_sent_by and memmem(message.bytes + message.header_start[header], length,
                  workspace.plane.listeners[i].sent_by, workspace.plane.listeners[i].sent_by_length) != NULL:
            return True
    return False


cdef inline bint carries_loop_hash(const Message *message, uint32_t header, uint32_t loop_hash) noexcept nogil:
    """True when a branch in a Via header ends in the loop hash."""
    cdef const uint8_t *at = message.bytes + message.header_start[header]
    cdef const uint8_t *end = message.bytes + message.header_start[header + 1]
    cdef Span branch
    while at < end:
        at = <const uint8_t *>memmem(at, end - at, b"branch=z9hG4bK", 14)
        if at == NULL:
            return False
        at += 7
        branch.offset = <uint16_t>(at - message.bytes)
        branch.length = BRANCH_BYTES
        if end - at >= BRANCH_BYTES and repeats_loop(message.bytes, branch, loop_hash):
            return True
    return False
