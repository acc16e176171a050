"""The published world: who may send, whose numbers they are, where a trunk's calls go. Built off-line, published as one pointer, then only read.

Owns: its tables.
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free

from hasip.dataplane.routing.board cimport LEGS_MAX
from hasip.dataplane.routing.numbers cimport Numbers, numbers_close, numbers_open
from hasip.dataplane.routing.users cimport Users, users_close, users_open
from hasip.dataplane.routing.whitelist cimport Whitelist, whitelist_close, whitelist_open
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
