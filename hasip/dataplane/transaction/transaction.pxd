"""The records of RFC 3261 §17 and §16.7: server transactions with their response context, and the client transactions under them."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from hasip.dataplane.base.arena cimport ArenaHeader
from hasip.dataplane.base.block cimport StoredBytes
from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.transaction.states cimport (
    CLIENT_TERMINATED, INVITE_CLIENT, INVITE_SERVER, OTHER_CLIENT, OTHER_SERVER, SERVER_TERMINATED)
from hasip.dataplane.target cimport PROGRESS_NEVER, PROGRESS_NO_EARLY_MEDIA, TARGETS_MAX, FailoverRule, Target


cdef struct ServerTransaction:
    ArenaHeader header
    uint64_t key                    # §17.2.3, hashed
    Endpoint source                 # where its responses go (§18.2.2)
    StoredBytes request             # as received (or as made, if is_ours); gone once no attempt can need it
    StoredBytes response            # the last one sent, for retransmission
    uint64_t deadline_ms
    uint32_t resend_interval_ms
    uint32_t first_client           # newest attempt first, by next_client
    uint32_t call                   # global call slot, or NO_SLOT
    uint32_t call_generation
    uint32_t trunk                  # board slot, or NO_SLOT
    uint8_t state                   # ServerState
    uint8_t is_invite
    uint8_t is_initial              # creates a call or is routed by number: not in a dialog
    uint8_t is_retargeted           # gets a new Request-URI
    uint8_t is_from_customer        # what claims an identity is removed from the request…
    uint8_t is_to_customer          # …and here, from responses
    uint8_t is_ours                 # made by us: there is nobody to answer
    uint8_t is_cancelled
    uint8_t has_early_media         # a 1xx with a body was relayed
    uint8_t has_progress            # a 101 … 199 was relayed
    uint8_t pending                 # attempts that may still give a final response
    uint8_t is_answered             # a final response went to the caller
    uint8_t was_timed_out           # an attempt's time ran out, in silence or ringing: it counts as 408 (§16.8)
    uint8_t all_transport_errors    # every attempt so far failed without a response, and by a connection error
    uint16_t best_status            # the response context (§16.7): 0, or the best final so far
    StoredBytes best                # …and its bytes as received
    uint32_t probed                 # account_number() + 1 of the leg it probes, 0: it is no probe
    uint32_t probe_serial
    uint64_t probed_ns              # when
    uint32_t loop_hash              # §16.6 step 8: what a loop would repeat
    uint64_t silence_until_ms       # set-up spends no time on silence beyond this
    # The target set, its order fixed at admission (§16.5)
    FailoverRule rule
    uint8_t target_count
    uint8_t next_target
    Target targets[TARGETS_MAX]     # last: those beyond target_count are what was there before


cdef struct ClientTransaction:
    ArenaHeader header
    uint32_t server                 # slot of its server transaction
    uint32_t next_client
    uint64_t began_ms
    uint64_t deadline_ms
    uint64_t resend_at_ms
    uint32_t resend_interval_ms     # 0: no retransmission is due any more
    Target target
    uint8_t state                   # ClientState
    uint8_t is_invite
    uint8_t is_abandoned            # the response context goes on without it
    uint8_t has_won                 # its 2xx went to the caller
    StoredBytes registered          # of a registered target: path and contact of its binding, each ended by a NUL
    uint8_t is_ended_by_us          # its late 2xx was answered with BYE
    uint8_t has_provisional
    uint8_t attempt                 # its place in the call's record, plus 1; 0: it has none


cdef inline uint8_t client_step(ClientTransaction *client, int event) noexcept nogil:
    """Move a client transaction by its table; return the actions that are due."""
    cdef uint8_t state = client.state
    if state == CLIENT_TERMINATED:
        return 0
    if client.is_invite:
        client.state = INVITE_CLIENT[state][event].next
        return INVITE_CLIENT[state][event].actions
    client.state = OTHER_CLIENT[state][event].next
    return OTHER_CLIENT[state][event].actions


cdef inline uint8_t server_step(ServerTransaction *server, int event) noexcept nogil:
    """Move a server transaction by its table; return the actions that are due."""
    cdef uint8_t state = server.state
    if state == SERVER_TERMINATED:
        return 0
    if server.is_invite:
        server.state = INVITE_SERVER[state][event].next
        return INVITE_SERVER[state][event].actions
    server.state = OTHER_SERVER[state][event].next
    return OTHER_SERVER[state][event].actions


cdef inline bint progress_allows(const ServerTransaction *server, uint16_t status) noexcept nogil:
    """True unless the call rang already and the rule keeps a 408 or 480 after ringing."""
    if status != 408 and status != 480:
        return True
    if server.rule.after_progress == PROGRESS_NEVER:
        return not server.has_progress
    if server.rule.after_progress == PROGRESS_NO_EARLY_MEDIA:
        return not server.has_early_media
    return True


cdef inline bint is_better(uint16_t candidate, uint16_t best) noexcept nogil:
    """True when §16.7 step 6 prefers `candidate`: 6xx first, then the lowest class, then what helps the caller to try again."""
    if best == 0:
        return True
    if candidate // 100 == 6 or best // 100 == 6:
        return best // 100 != 6
    if candidate // 100 != best // 100:
        return candidate // 100 < best // 100
    return is_informative(candidate) and not is_informative(best)


cdef inline bint is_informative(uint16_t status) noexcept nogil:
    return status == 401 or status == 407 or status == 415 or status == 420 or status == 484
