"""Whose request it is, where an address belongs to several: the core, or one of many accounts. (spec: getting in)"""
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcmp

from hasip.dataplane.routing.board cimport account_number
from hasip.dataplane.routing.numbers cimport NO_TRUNK, NUMBER_BYTES_MAX, numbers_find
from hasip.dataplane.routing.snapshot cimport Destination, Trunk
from hasip.dataplane.routing.whitelist cimport PEER_CORE, Peer, next_peer
from hasip.dataplane.stage.dialled cimport calling_number, dialled_number
from hasip.dataplane.stage.packet cimport Packet
from hasip.dataplane.stage.workspace cimport Workspace
from hasip.dataplane.syntax.message cimport Message
from hasip.dataplane.target cimport NO_ACCOUNT, TARGET_ADDRESS

cdef enum:
    SCORE_FROM_CORE = 16                # a trunk's number is dialled from where the core is
    SCORE_PORT = 8                      # the account's own port
    SCORE_DIALLED = 4                   # it dials a number of the account's trunk…
    SCORE_CALLING = 2                   # …or calls from one
    SCORE_PRIMARY = 1


cdef inline const Peer *choose_peer(const Workspace *workspace, const Packet *packet, const Peer *first) noexcept nogil:
    """Return the peer that fits best. The core wins where a trunk's number is dialled, or nobody else is meant."""
    cdef const Peer *best = first
    cdef const Peer *peer = next_peer(&workspace.snapshot.whitelist, first)
    cdef uint32_t dialled, calling
    if peer == NULL:
        return first
    dialled = trunk_dialled(workspace, &packet.message)
    calling = trunk_calling(workspace, &packet.message)
    while peer != NULL:
        if score(workspace, packet, peer, dialled, calling) > score(workspace, packet, best, dialled, calling):
            best = peer
        peer = next_peer(&workspace.snapshot.whitelist, peer)
    return best


cdef inline uint32_t score(const Workspace *workspace, const Packet *packet, const Peer *peer, uint32_t dialled, uint32_t calling) noexcept nogil:
    """Return how well a peer fits: by port, then by the numbers of the request, then the primary."""
    cdef const Trunk *trunk
    if peer.kind == PEER_CORE:
        return SCORE_FROM_CORE if dialled != NO_TRUNK else 0
    trunk = &workspace.snapshot.trunks[peer.owner]
    return ((SCORE_PORT if trunk.destination.legs[peer.leg].endpoint.port == packet.source.port else 0)
            + (SCORE_DIALLED if dialled == peer.owner else 0)
            + (SCORE_CALLING if calling == peer.owner else 0)
            + (SCORE_PRIMARY if peer.leg == 0 else 0))


cdef inline uint32_t leg_of_core(const Workspace *workspace, const Packet *packet, const Peer *peer) noexcept nogil:
    """Return the leg of a core that a request comes from, by account_number(): the one at its address, best at its port too; else the network's, or NO_ACCOUNT."""
    cdef const Destination *core = &workspace.snapshot.cores[peer.owner].destination
    cdef uint32_t leg = peer.leg, i
    for i in range(core.leg_count):
        if core.legs[i].kind != TARGET_ADDRESS or memcmp(core.legs[i].endpoint.address, packet.source.address, sizeof(packet.source.address)) != 0:
            continue
        leg = i
        if core.legs[i].endpoint.port == packet.source.port:
            break
    return account_number(core.slot, leg) if leg < core.leg_count else NO_ACCOUNT


cdef inline uint32_t trunk_dialled(const Workspace *workspace, const Message *message) noexcept nogil:
    """Return the trunk whose number the Request-URI names, or NO_TRUNK."""
    cdef uint8_t number[NUMBER_BYTES_MAX + 1]
    return numbers_find(&workspace.snapshot.numbers, number, dialled_number(message, number))


cdef inline uint32_t trunk_calling(const Workspace *workspace, const Message *message) noexcept nogil:
    """Return the trunk whose number From names, or NO_TRUNK."""
    cdef uint8_t number[NUMBER_BYTES_MAX + 1]
    return numbers_find(&workspace.snapshot.numbers, number, calling_number(message, number))
