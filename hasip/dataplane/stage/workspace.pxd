"""What one worker owns, and what all workers share. Stages are functions over these; nothing else holds state.

A Workspace is touched by its own thread alone, but for the counters (read by others), the rings and the doorbell.
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from hasip.dataplane.base.arena cimport NO_SLOT, Arena, arena_find, arena_record
from hasip.dataplane.base.atomic cimport count_u64, load_acquire_u32
from hasip.dataplane.base.block cimport BlockStore
from hasip.dataplane.base.endpoint cimport TRANSPORT_UDP, Endpoint, is_ipv4
from hasip.dataplane.base.epoch cimport Publication
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.base.index cimport Index
from hasip.dataplane.base.journal cimport Journal
from hasip.dataplane.base.ring cimport Ring
from hasip.dataplane.base.socket cimport iovec, mmsghdr, sockaddr_in6
from hasip.dataplane.base.wheel cimport Wheel
from hasip.dataplane.routing.board cimport LEGS_MAX, Board, LegRow
from hasip.dataplane.routing.call_table cimport Call, CallTable
from hasip.dataplane.routing.location_service cimport BindingSlots, LocationService
from hasip.dataplane.routing.nonces cimport NonceTable
from hasip.dataplane.routing.snapshot cimport Snapshot
from hasip.dataplane.routing.sources cimport SourceTable
from hasip.dataplane.stage.outbox cimport Outbox
from hasip.dataplane.stage.packet cimport Packet
from hasip.dataplane.syntax.edit_list cimport EditList
from hasip.dataplane.syntax.message cimport Message
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction

cdef enum:
    LISTENERS_MAX = 128
    DOMAINS_MAX = 32
    HOST_TEXT_BYTES = 96
    RECEIVE_BATCH = 32
    RETURNING_MAX = 4096
    RECEIVE_SLOT_BYTES = 65664          # the largest datagram and what may be read behind it
    SCRATCH_BYTES = 73728               # the largest datagram and what we may add to it
    SCANNERS_MAX = 32
    SCANNER_BYTES_MAX = 47
    REASON_ROOM = 96
    WATCHED_CALLS = 65536               # Call-IDs that the tap remembers
    TAP_NUMBERS_MAX = 8
    GAP_BUCKETS = 18
    HOPS_RETURNED = 0xFFFFFFFF          # in a ring: the message is ours and could not be delivered
    HOPS_PROBE = 0xFFFFFFFE             # in a ring: a leg is to be probed
    HOPS_OUTAGE = 0xFFFFFFFD            # in a ring: a leg went down


cdef struct Listener:
    Endpoint local                      # bound address
    Endpoint advertised                 # what Via and Record-Route say, when that is an address
    uint8_t is_ipv6
    uint8_t transport                   # Transport: UDP has a socket here, streams are the control plane's
    uint8_t has_interface               # bound to one: nothing leaves by another
    uint8_t is_for_legs                 # a seat on an interface that legs name: it leads to them, and nowhere else
    uint8_t repeats_sent_by             # a listener before has the same
    uint8_t sent_by_length
    char sent_by[HOST_TEXT_BYTES]       # host:port for Via and Record-Route


cdef struct Domain:
    uint8_t length
    char name[HOST_TEXT_BYTES]


cdef struct RegistrarRules:
    uint8_t realm_length
    char realm[HOST_TEXT_BYTES]
    uint32_t min_expires_s
    uint32_t default_expires_s
    uint32_t max_expires_s
    HashKey nonce_key                   # the same after a restart; and on all nodes that share a secret


cdef struct GuardRules:
    uint32_t requests_per_s             # of one source that has proved nothing; 0: no limit
    uint32_t burst
    uint32_t failures_max               # failed authentications until a source is banned; 0: never
    uint32_t ban_s
    uint32_t scanner_count
    uint8_t scanner_length[SCANNERS_MAX]
    char scanners[SCANNERS_MAX][SCANNER_BYTES_MAX + 1]      # small letters


cdef struct Tap:
    uint32_t wants                      # TapWant bits
    int doorbell                        # rings when a worker has copied a message
    uint64_t numbers[TAP_NUMBERS_MAX]   # keys, 0: none
    uint64_t *watched                   # WATCHED_CALLS places
    Ring *rings                         # by worker


cdef struct Gaps:
    uint64_t counts[GAP_BUCKETS + 1]
    uint64_t sum_us


cdef struct Plane:
    Board board
    CallTable calls
    Publication publication
    Listener listeners[LISTENERS_MAX]
    Domain domains[DOMAINS_MAX]
    uint32_t listener_count             # grows while workers run: by load_acquire_u32()
    uint32_t domain_count
    uint32_t worker_count
    Workspace **workspaces
    Ring *rings                         # by ring_between(); the control plane has a seat behind the workers'
    int control_doorbell                # rings when a worker has left a message for a stream
    Ring *notices                       # by worker: what the control plane is told
    Journal *journals                   # by worker: records of calls that have ended
    int notice_doorbell
    Tap tap
    uint32_t tells_trunks               # the control plane wants to know of pools and failovers
    uint32_t has_streams                # some stream was used already
    HashKey branch_key                  # new at every start: a branch is unique over time too
    uint64_t started_ms                 # one moment by both clocks: all workers are in the same second, …
    uint32_t started_s                  # …and none finds another's nonce to be from the future
    uint32_t is_stopping
    uint32_t is_draining
    uint32_t drops_unknown
    LocationService location
    RegistrarRules registrar
    GuardRules guard
    uint32_t spin_us
    uint32_t has_one_socket             # one worker, one listener: a receive call may sleep


cdef struct ReceiveBatch:
    mmsghdr headers[RECEIVE_BATCH]
    iovec parts[RECEIVE_BATCH]
    sockaddr_in6 sources[RECEIVE_BATCH]
    uint8_t *bytes                      # RECEIVE_BATCH slots of RECEIVE_SLOT_BYTES
    Packet packets[RECEIVE_BATCH]


cdef struct Workspace:
    Plane *plane
    const Snapshot *snapshot            # held only inside the epoch
    uint32_t index
    uint32_t is_asleep                  # others ring the doorbell only then
    uint32_t is_busy                    # datagrams keep coming: sleep in the receive call itself
    int epoll
    int doorbell
    int sockets[LISTENERS_MAX]
    uint64_t now_ms
    uint64_t now_unix_ms                # by the clock on the wall, which may be set while we run
    uint32_t now_s
    uint32_t first_call                 # global slot of our first call
    Arena servers
    Arena clients
    Arena calls                         # our range of the call table
    Index server_index                  # §17.2.3 key → server transaction
    Index call_index                    # Call-ID and caller's tag → call
    BindingSlots bindings               # our range of the location service
    NonceTable nonces
    SourceTable guarded_sources
    uint32_t nonce_serial
    BlockStore blocks
    Wheel wheel                         # timers: servers, then clients, then calls, then bindings
    ReceiveBatch batch
    Outbox outbox
    uint32_t returning_count
    uint32_t returning[RETURNING_MAX]   # board slots of calls that ended in this turn
    uint32_t has_noticed                # something was put into our ring of notices
    uint32_t has_tapped                 # …or into our ring of the tap
    uint32_t failovers_in_turn          # whose next INVITE waits in the outbox
    uint64_t turn_ns                    # when the turn began
    Gaps failover_gaps                  # from a failure to the next INVITE
    Gaps silences                       # of legs that said nothing
    EditList edits
    Message kept                        # scratch: a kept message, parsed again
    Message rendered                    # scratch: what we forwarded, parsed again
    uint8_t scratch[SCRATCH_BYTES] # …and its bytes
    uint64_t counters[REASON_ROOM]      # by Reason; one writer
    uint64_t received_count
    uint64_t sent_count
    uint64_t loop_count
    uint64_t cpu_ns


cdef inline void count(Workspace *workspace, int reason) noexcept nogil:
    count_u64(&workspace.counters[reason])


cdef inline ServerTransaction *server_at(const Workspace *workspace, uint32_t slot) noexcept nogil:
    return <ServerTransaction *>arena_record(&workspace.servers, slot)


cdef inline ClientTransaction *client_at(const Workspace *workspace, uint32_t slot) noexcept nogil:
    return <ClientTransaction *>arena_record(&workspace.clients, slot)


cdef inline LegRow *leg_row(const Workspace *workspace, uint32_t account) noexcept nogil:
    """Return a leg's row on the board, by account_number()."""
    return &workspace.plane.board.rows[account // LEGS_MAX].legs[account % LEGS_MAX]


cdef inline Call *call_of(const Workspace *workspace, const ServerTransaction *server) noexcept nogil:
    """Return the call a transaction belongs to, or NULL when there is none any more. It is always one of ours."""
    if server.call == NO_SLOT:
        return NULL
    return <Call *>arena_find(&workspace.calls, server.call - workspace.first_call, server.call_generation)


cdef inline uint32_t server_timer(const Workspace *workspace, uint32_t server) noexcept nogil:
    return server


cdef inline uint32_t client_timer(const Workspace *workspace, uint32_t client) noexcept nogil:
    return workspace.servers.capacity + client


cdef inline uint32_t call_timer(const Workspace *workspace, uint32_t local_call) noexcept nogil:
    return workspace.servers.capacity + workspace.clients.capacity + local_call


cdef inline uint32_t binding_timer(const Workspace *workspace, uint32_t local_binding) noexcept nogil:
    return workspace.servers.capacity + workspace.clients.capacity + workspace.calls.capacity + local_binding


cdef inline const Listener *listener_of(const Workspace *workspace, const Endpoint *endpoint) noexcept nogil:
    return &workspace.plane.listeners[endpoint.listener]


cdef inline Ring *ring_between(const Plane *plane, uint32_t sender, uint32_t receiver) noexcept nogil:
    """Return the ring from one seat to another: workers by their index, and the control plane behind them."""
    return &plane.rings[sender * (plane.worker_count + 1) + receiver]


cdef inline bint is_reliable(const Workspace *workspace, const Endpoint *endpoint) noexcept nogil:
    """True when what goes there goes by TCP or TLS: nothing is sent twice."""
    return listener_of(workspace, endpoint).transport != TRANSPORT_UDP


cdef inline bint choose_listener(const Plane *plane, Endpoint *endpoint, uint8_t transport, uint32_t preferred) noexcept nogil:
    """Set the listener an address is reached through: the preferred one if family and transport fit, else the first that does. False: none."""
    cdef bint wants_ipv6 = not is_ipv4(endpoint)
    cdef uint32_t i
    if plane.listeners[preferred].is_ipv6 == wants_ipv6 and plane.listeners[preferred].transport == transport:
        endpoint.listener = <uint16_t>preferred
        return True
    for i in range(load_acquire_u32(&plane.listener_count)):
        if plane.listeners[i].is_ipv6 == wants_ipv6 and plane.listeners[i].transport == transport:
            endpoint.listener = <uint16_t>i
            return True
    return False
