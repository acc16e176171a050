"""Who sends from where: longest prefix match over IPv4 and IPv6 networks.

A hash table of (network, prefix length); a look-up probes the lengths that occur, longest first. Built off-line, then only read.
Owns: its entries.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from hasip.dataplane.base.memory cimport power_of_two_at_least

cdef enum:
    PREFIX_LENGTHS = 129
    NO_PEER = 0


cdef enum PeerKind:
    PEER_CORE = 1
    PEER_ACCOUNT = 2


cdef struct Peer:
    uint32_t next               # index + 1 of the next peer with the same network, 0: the last
    uint32_t owner              # index of the core, or of the trunk in the snapshot
    uint32_t network            # its place in the table
    uint8_t kind                # PeerKind
    uint8_t leg                 # of an account


cdef struct Network:
    uint64_t high               # the address, host bits cleared, as two words in network order
    uint64_t low
    uint32_t first_peer         # index + 1, NO_PEER: this place of the table is empty
    uint32_t prefix_length


cdef struct Whitelist:
    Network *networks
    Peer *peers
    uint32_t mask
    uint32_t peer_count
    uint32_t peer_capacity
    uint8_t length_count
    uint8_t lengths[PREFIX_LENGTHS]     # that occur, longest first


cdef inline bint whitelist_open(Whitelist *whitelist, uint32_t networks) noexcept nogil:
    """Make room for so many (network, peer) pairs. False: no memory."""
    cdef size_t places = power_of_two_at_least(<size_t>networks * 2 + 2)
    whitelist.mask = <uint32_t>(places - 1)
    whitelist.peer_count = 0
    whitelist.peer_capacity = networks
    whitelist.length_count = 0
    whitelist.networks = <Network *>calloc(places, sizeof(Network))
    whitelist.peers = <Peer *>calloc(networks + 1, sizeof(Peer))
    return whitelist.networks != NULL and whitelist.peers != NULL


cdef inline void whitelist_close(Whitelist *whitelist) noexcept nogil:
    free(whitelist.networks)
    free(whitelist.peers)


cdef inline bint whitelist_add(Whitelist *whitelist, const uint8_t *address, uint8_t prefix_length, uint8_t kind, uint32_t owner, uint8_t leg) noexcept nogil:
    """Let a network (16 bytes, host bits ignored) mean a peer too. False: more pairs than were announced."""
    cdef Network *network
    cdef Peer *peer
    cdef uint64_t high, low
    if whitelist.peer_count == whitelist.peer_capacity:
        return False
    masked_words(address, prefix_length, &high, &low)
    network = find_place(whitelist, high, low, prefix_length)
    if network.first_peer == NO_PEER:
        network.high = high
        network.low = low
        network.prefix_length = prefix_length
        note_length(whitelist, prefix_length)
    peer = &whitelist.peers[whitelist.peer_count]
    peer.kind = kind
    peer.owner = owner
    peer.leg = leg
    peer.network = <uint32_t>(network - whitelist.networks)
    peer.next = network.first_peer
    whitelist.peer_count += 1
    network.first_peer = whitelist.peer_count
    return True


cdef inline void address_of_peer(const Whitelist *whitelist, const Peer *peer, uint8_t *address) noexcept nogil:
    """Write the 16 bytes of a peer's network."""
    memcpy(address, &whitelist.networks[peer.network].high, 8)
    memcpy(address + 8, &whitelist.networks[peer.network].low, 8)


cdef inline const Peer *whitelist_find(const Whitelist *whitelist, const uint8_t *address) noexcept nogil:
    """Return the peers of the longest network that holds an address (16 bytes), or NULL; go on with next_peer()."""
    cdef uint8_t i
    cdef uint64_t high, low
    cdef Network *network
    for i in range(whitelist.length_count):
        masked_words(address, whitelist.lengths[i], &high, &low)
        network = find_place(whitelist, high, low, whitelist.lengths[i])
        if network.first_peer != NO_PEER:
            return &whitelist.peers[network.first_peer - 1]
    return NULL


cdef inline const Peer *next_peer(const Whitelist *whitelist, const Peer *peer) noexcept nogil:
    """Return another peer of the same network, or NULL."""
    return &whitelist.peers[peer.next - 1] if peer.next else NULL


cdef inline Network *find_place(const Whitelist *whitelist, uint64_t high, uint64_t low, uint32_t prefix_length) noexcept nogil:
    """Return the network's place, or the empty one where it would go."""
    cdef uint64_t place = mix(high, low ^ prefix_length)
    cdef Network *network
    while True:
        network = &whitelist.networks[place & whitelist.mask]
        if network.first_peer == NO_PEER or (network.low == low and network.high == high and network.prefix_length == prefix_length):
            return network
        place += 1


cdef inline uint64_t mix(uint64_t high, uint64_t low) noexcept nogil:
    """Spread an address over a table. Not keyed: the table holds what the operator wrote, senders cannot add to it."""
    cdef uint64_t word = (high * <uint64_t>0x9E3779B97F4A7C15) ^ low
    word ^= word >> 32
    word *= <uint64_t>0xD6E8FEB86659FD93
    return word ^ (word >> 29)


cdef inline void masked_words(const uint8_t *address, uint8_t prefix_length, uint64_t *high, uint64_t *low) noexcept nogil:
    """Split an address into two words, the bits behind the prefix cleared."""
    high[0] = masked_word(address, prefix_length if prefix_length < 64 else 64)
    low[0] = masked_word(address + 8, prefix_length - 64 if prefix_length > 64 else 0)


cdef inline uint64_t masked_word(const uint8_t *place, uint8_t bits) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, place, 8)
    if bits == 64:
        return word
    return word & byte_swapped(~(~<uint64_t>0 >> bits)) if bits else 0


cdef extern from *:
    uint64_t byte_swapped "__builtin_bswap64"(uint64_t word) noexcept nogil


cdef inline void note_length(Whitelist *whitelist, uint8_t prefix_length) noexcept nogil:
    """Keep the lengths that occur in order, longest first."""
    cdef int i = 0, j
    while i < whitelist.length_count and whitelist.lengths[i] > prefix_length:
        i += 1
    if i < whitelist.length_count and whitelist.lengths[i] == prefix_length:
        return
    for j in range(whitelist.length_count, i, -1):
        whitelist.lengths[j] = whitelist.lengths[j - 1]
    whitelist.lengths[i] = prefix_length
    whitelist.length_count += 1
