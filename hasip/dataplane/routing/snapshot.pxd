"""The published world: who may send, whose numbers they are, where a trunk's calls go. Built off-line, published as one pointer, then only read.

Owns: its tables.
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from hasip.dataplane.routing.board cimport LEGS_MAX
from hasip.dataplane.routing.numbers cimport NO_TRUNK, Number, Numbers, numbers_add, numbers_close, numbers_open
from hasip.dataplane.routing.users cimport User, Users, users_add, users_close, users_open
from hasip.dataplane.routing.whitelist cimport PEER_ACCOUNT, Peer, Whitelist, address_of_peer, whitelist_add, whitelist_close, whitelist_open
from hasip.dataplane.target cimport TARGETS_MAX, FailoverRule, Target

cdef enum:
    NAME_BYTES_MAX = 63
    CALLER_ID_BYTES_MAX = 31


cdef struct Destination:            # where a trunk's or core's calls go: its legs, and by which policy one is chosen
    uint32_t slot                   # on the board
    uint8_t mode                    # Mode
    uint8_t is_priority             # inside a region, the first healthy zone gets all
    uint8_t leg_count
    uint8_t spare_count
    uint8_t regions[LEGS_MAX]       # by leg, counted from 0 in order; an account is a region of its own
    Target legs[LEGS_MAX]
    Target spares[TARGETS_MAX]      # further addresses of legs that are a name's (RFC 3263 §4.3), each with its leg
    FailoverRule rule


cdef struct Core:
    Destination destination


cdef struct Trunk:
    Destination destination
    uint32_t calls                  # limit of its call pool
    uint16_t pool_full_status           # to the core
    uint16_t pool_full_status_to_trunk  # to the customer
    uint32_t max_call_s
    uint32_t core                   # index, where its calls go
    uint8_t rewrites_from           # caller_id_policy = "from"
    uint8_t caller_id_length
    char caller_id[CALLER_ID_BYTES_MAX + 1]
    char name[NAME_BYTES_MAX + 1]


cdef struct Snapshot:
    Whitelist whitelist
    Users users
    Numbers numbers
    Trunk *trunks
    uint32_t trunk_count
    uint32_t trunk_capacity
    Core *cores
    uint32_t core_count
    uint32_t core_capacity


cdef inline Snapshot *snapshot_new(uint32_t cores, uint32_t trunks, uint32_t numbers, uint32_t networks, uint32_t users) noexcept nogil:
    """Return an empty world with room for so much, or NULL: no memory."""
    cdef Snapshot *snapshot = <Snapshot *>calloc(1, sizeof(Snapshot))
    if snapshot == NULL:
        return NULL
    snapshot.core_capacity = cores
    snapshot.cores = <Core *>calloc(cores + 1, sizeof(Core))
    snapshot.trunk_capacity = trunks
    snapshot.trunks = <Trunk *>calloc(trunks + 1, sizeof(Trunk))
    if (snapshot.cores == NULL or snapshot.trunks == NULL or not whitelist_open(&snapshot.whitelist, networks)
            or not numbers_open(&snapshot.numbers, numbers) or not users_open(&snapshot.users, users)):
        snapshot_free(snapshot)
        return NULL
    return snapshot


cdef inline void snapshot_free(Snapshot *snapshot) noexcept nogil:
    """Free a world that nobody holds. NULL is allowed."""
    if snapshot == NULL:
        return
    whitelist_close(&snapshot.whitelist)
    numbers_close(&snapshot.numbers)
    users_close(&snapshot.users)
    free(snapshot.cores)
    free(snapshot.trunks)
    free(snapshot)


cdef inline bint carry_over(Snapshot *fresh, const Snapshot *old, const uint32_t *places) noexcept nogil:
    """Let a world without trunks begin with some of another's: places[i] is the index of its trunk i from now on, or NO_TRUNK. False: no room, `fresh` is spoilt.

    Cores are not carried over; a trunk's core keeps its index.
    """
    cdef uint32_t i
    for i in range(old.trunk_count):
        if places[i] == NO_TRUNK:
            continue
        if places[i] >= fresh.trunk_capacity or old.trunks[i].core >= fresh.core_count:
            return False
        fresh.trunks[places[i]] = old.trunks[i]
        fresh.trunk_count += 1
    return carry_numbers(fresh, &old.numbers, places) and carry_users(fresh, &old.users, places) and carry_networks(fresh, &old.whitelist, places)


cdef inline bint carry_numbers(Snapshot *fresh, const Numbers *old, const uint32_t *places) noexcept nogil:
    cdef const Number *number
    cdef uint32_t i
    for i in range(old.mask + 1):
        number = &old.places[i]
        if (number.is_taken and places[number.trunk] != NO_TRUNK
                and numbers_add(&fresh.numbers, number.text, number.length, number.is_prefix, places[number.trunk]) != NO_TRUNK):
            return False
    return True


cdef inline bint carry_users(Snapshot *fresh, const Users *old, const uint32_t *places) noexcept nogil:
    cdef const User *user
    cdef User *carried
    cdef uint32_t i
    for i in range(old.mask + 1):
        user = &old.places[i]
        if user.name_length == 0 or places[user.trunk] == NO_TRUNK:
            continue
        carried = users_add(&fresh.users, user.name, user.name_length)
        if carried == NULL:
            return False
        memcpy(carried, user, sizeof(User))
        carried.trunk = places[user.trunk]
    return True


cdef inline bint carry_networks(Snapshot *fresh, const Whitelist *old, const uint32_t *places) noexcept nogil:
    """Carry accounts' networks over; those of one network stay in their order."""
    cdef const Peer *peer
    cdef uint8_t address[16]
    cdef uint32_t i
    for i in range(old.peer_count):
        peer = &old.peers[i]
        if peer.kind != PEER_ACCOUNT or places[peer.owner] == NO_TRUNK:
            continue
        address_of_peer(old, peer, address)
        if not whitelist_add(&fresh.whitelist, address, <uint8_t>old.networks[peer.network].prefix_length, PEER_ACCOUNT, places[peer.owner], peer.leg):
            return False
    return True
