"""A datagram on its way through the stages, and the verdicts that send it there."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.routing.nonces cimport NonceUse
from hasip.dataplane.routing.users cimport User
from hasip.dataplane.syntax.message cimport Message


cdef enum Verdict:
    VERDICT_CONTINUE = 0            # the next stage decides
    VERDICT_FORWARD = 1             # a request went on
    VERDICT_RELAY = 2               # a response went back
    VERDICT_REPLY = 3               # answered by us
    VERDICT_ABSORB = 4              # ends here, as it should
    VERDICT_HANDOFF = 5             # belongs to another worker
    VERDICT_DROP = 6


cdef struct Packet:
    Message message
    Endpoint source                 # where it came from, and the listener that heard it
    uint64_t caller_key             # of a new request: Call-ID and From tag, hashed
    uint64_t server_key             # §17.2.3, of a request
    uint32_t hops                   # workers that have passed it on already
    uint32_t origin_trunk           # of a new request: the snapshot's trunk it comes from, or NO_TRUNK: the core
    uint8_t origin_leg
    const User *user                # who has proved to be whom, or NULL; of this turn's snapshot
    NonceUse *nonce_use             # by which that was proved
    uint8_t is_repetition           # it was proved by this very request before
    uint8_t verdict                 # Verdict
    uint16_t reason                 # Reason; every verdict but CONTINUE has one


cdef inline uint8_t decide(Packet *packet, uint8_t verdict, int reason) noexcept nogil:
    """Give the packet its verdict and its reason, once."""
    packet.verdict = verdict
    packet.reason = <uint16_t>reason
    return verdict
