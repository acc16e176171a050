"""What senders that have proved nothing may do: no scanners, no more requests than a bucket holds, and a ban after too many wrong passwords.

Nothing here is held against an address on the word of a datagram alone: a wrong password counts only with a nonce that was sent to it.
"""
from libc.stdint cimport uint32_t, uint64_t

from hasip.dataplane.base.hash cimport siphash
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.routing.sources cimport Source, find_source, give_tokens, note_failed_proof, take_token
from hasip.dataplane.stage.packet cimport VERDICT_DROP, Packet, decide
from hasip.dataplane.stage.reason cimport REASON_BANNED_SOURCE, REASON_DROPPED_BANNED, REASON_DROPPED_SCANNER, REASON_DROPPED_TOO_MANY
from hasip.dataplane.stage.workspace cimport Plane, Workspace, count
from hasip.dataplane.syntax.header_value cimport header_value
from hasip.dataplane.syntax.message cimport HEADER_USER_AGENT, Message
from hasip.dataplane.syntax.octets cimport same_letters

cdef enum:
    DIGEST_CYCLE_REQUESTS = 2           # the one that was challenged, and the one with the answer


cdef inline bint is_turned_away(Workspace *workspace, Packet *packet) noexcept nogil:
    """True for a scanner, a banned source, or one whose bucket is empty: it meets silence."""
    cdef Source *source = source_of(workspace, packet)
    if source.banned_until_s > workspace.now_s:
        decide(packet, VERDICT_DROP, REASON_DROPPED_BANNED)
    elif is_scanner(workspace.plane, &packet.message):
        decide(packet, VERDICT_DROP, REASON_DROPPED_SCANNER)
    elif (workspace.plane.guard.requests_per_s
            and not take_token(source, workspace.plane.guard.requests_per_s, workspace.plane.guard.burst, workspace.now_ms)):
        decide(packet, VERDICT_DROP, REASON_DROPPED_TOO_MANY)
    else:
        return False
    return True


cdef inline void note_wrong_password(Workspace *workspace, const Packet *packet) noexcept nogil:
    """Hold a wrong password against its source, which has shown that it reads what is sent there."""
    if note_failed_proof(source_of(workspace, packet), workspace.plane.guard.failures_max, workspace.plane.guard.ban_s, workspace.now_s):
        count(workspace, REASON_BANNED_SOURCE)


cdef inline void note_proof(Workspace *workspace, const Packet *packet) noexcept nogil:
    """Users are not counted: give back what the digest cycle took."""
    give_tokens(source_of(workspace, packet), DIGEST_CYCLE_REQUESTS, workspace.plane.guard.burst)


cdef inline Source *source_of(Workspace *workspace, const Packet *packet) noexcept nogil:
    cdef uint64_t key = siphash(&workspace.plane.branch_key, packet.source.address, 16) | 1
    return find_source(&workspace.guarded_sources, key, workspace.plane.guard.burst, workspace.now_ms, workspace.now_s)


cdef inline bint is_scanner(const Plane *plane, const Message *message) noexcept nogil:
    """True when User-Agent holds one of the texts on the list, in any case."""
    cdef Span agent
    cdef uint32_t i, at
    if plane.guard.scanner_count == 0 or message.first_header[HEADER_USER_AGENT] == 0:
        return False
    agent = header_value(message, message.first_header[HEADER_USER_AGENT] - 1)
    for i in range(plane.guard.scanner_count):
        for at in range(agent.offset, agent.offset + agent.length):
            if (at + plane.guard.scanner_length[i] <= <uint32_t>agent.offset + agent.length
                    and same_letters(message.bytes + at, plane.guard.scanners[i], plane.guard.scanner_length[i])):
                return True
    return False
