"""The router as the control plane sees it: made, fed with snapshots, run by threads, read."""
import os

cimport cython
from libc.errno cimport errno as c_errno
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from hasip.dataplane.base.asleep cimport is_to_be_woken
from hasip.dataplane.base.atomic cimport load_relaxed_u32, store_relaxed_u32, store_release_u32, store_sequential_u32
from hasip.dataplane.base.clock cimport monotonic_ms, unix_seconds
from hasip.dataplane.base.endpoint cimport TRANSPORT_UDP, Endpoint, endpoint_from_host
from hasip.dataplane.base.epoch cimport EPOCH_WORKERS_MAX, epoch_has_passed, publication_open, publish_pointer
from hasip.dataplane.base.memory cimport map_zeroed, munmap, unmap
from hasip.dataplane.base.ring cimport Ring, ring_close, ring_open, ring_put
from hasip.dataplane.base.socket cimport EFD_CLOEXEC, EFD_NONBLOCK, close, eventfd, eventfd_write
from hasip.dataplane.routing.board cimport CORES_MAX, LEGS_MAX, LegRow, account_number, board_close, board_open
from hasip.dataplane.routing.snapshot cimport carry_over, snapshot_free
from hasip.dataplane.stage.probe cimport ProbeOrder
from hasip.dataplane.stage.returned cimport find_sender
from hasip.dataplane.stage.workspace cimport HOPS_OUTAGE, HOPS_PROBE, HOPS_RETURNED, LISTENERS_MAX, Plane, Workspace, leg_row, ring_between
from hasip.dataplane.worker cimport run_worker, watch, workspace_close, workspace_open, workspace_touch

TRANSPORTS = ("udp", "tcp", "tls")      # a transport's number is its place
CORE_LIMIT = CORES_MAX                  # how many rows the board has for cores, behind those of trunks

cdef enum:
    RING_BYTES = 4194304
    NOTICE_RING_BYTES = 1048576


def account_of_leg(uint32_t slot, uint32_t leg) -> int:
    """Return the number of a leg, by its board slot and its place there."""
    return account_number(slot, leg)


@cython.no_gc_clear                     # __dealloc__ reads our lists; they hold nothing that could lead back here
cdef class Router:
    """The data plane: a board, a call table, and worker threads that share nothing."""
    cdef Plane *plane
    cdef list retired                   # (address of tables, epoch) that a worker may still hold
    cdef dict leg_names
    cdef set tapped_slots
    cdef dict accounts                  # account number → username, of those that register
    cdef uint32_t udp_count
    cdef uint32_t running
    cdef readonly list ports

    def __cinit__(self):
        self.retired = []
        self.leg_names = {}
        self.accounts = {}
        self.tapped_slots = set()
        self.ports = []
        self.plane = <Plane *>map_zeroed(sizeof(Plane))
        if self.plane == NULL:
            raise MemoryError("the data plane")
        publication_open(&self.plane.publication)

    def __init__(self, *, str state_dir, str node, int workers, listeners, uint32_t trunk_capacity, uint32_t call_capacity,
                 uint32_t transaction_capacity, uint32_t binding_capacity, uint32_t spin_us, bint drop_unknown, domains, registrar, guard, uint64_t journal_bytes=0):
        if not 1 <= workers <= EPOCH_WORKERS_MAX:
            raise ValueError(f"workers: {workers} is not 1 … {EPOCH_WORKERS_MAX}")
        if not 1 <= len(listeners) <= LISTENERS_MAX:
            raise ValueError(f"listeners: {len(listeners)} is not 1 … {LISTENERS_MAX}")
        self.plane.worker_count = workers
        self.plane.drops_unknown = drop_unknown
        self.plane.spin_us = spin_us
        fill_key(&self.plane.branch_key)
        self.plane.started_ms, self.plane.started_s = monotonic_ms(), unix_seconds()
        if not board_open(&self.plane.board, trunk_capacity + CORES_MAX):
            raise MemoryError(f"a board of {trunk_capacity} trunks")
        open_call_table(self.plane, os.path.join(state_dir, "calls"), call_capacity)
        open_location(self.plane, os.path.join(state_dir, "bindings"), binding_capacity)
        set_registrar(self.plane, registrar)
        set_guard(self.plane, guard)
        open_journals(self.plane, state_dir, journal_bytes)
        self.open_workspaces(transaction_capacity // workers)
        open_tap(self.plane)
        for domain in domains:
            add_domain(self.plane, domain.encode())
        for transport, address, port, interface, advertised in listeners:
            self.add_listener(TRANSPORTS.index(transport), address, port, interface, advertised, False)

    def __dealloc__(self):
        cdef uint32_t i
        if self.plane == NULL:
            return
        for address, _ in self.retired:
            snapshot_free(<SnapshotTables *><size_t>address)
        snapshot_free(<SnapshotTables *>self.plane.publication.current)
        if self.plane.workspaces != NULL:
            for i in range(self.plane.worker_count):
                if self.plane.workspaces[i] != NULL:
                    workspace_close(self.plane.workspaces[i], self.plane.listener_count)
                    unmap(self.plane.workspaces[i], sizeof(Workspace))
            free(self.plane.workspaces)
        if self.plane.rings != NULL:
            for i in range((self.plane.worker_count + 1) * (self.plane.worker_count + 1)):
                ring_close(&self.plane.rings[i])
            free(self.plane.rings)
        if self.plane.notices != NULL:
            for i in range(self.plane.worker_count):
                ring_close(&self.plane.notices[i])
            free(self.plane.notices)
        if self.plane.notice_doorbell > 0:
            close(self.plane.notice_doorbell)
        if self.plane.location.file != NULL:
            munmap(self.plane.location.file, self.plane.location.file_bytes)
        if self.plane.calls.file != NULL:
            munmap(self.plane.calls.file, self.plane.calls.file_bytes)
        if self.plane.control_doorbell > 0:
            close(self.plane.control_doorbell)
        close_journals(self.plane)
        close_tap(self.plane)
        board_close(&self.plane.board)
        unmap(self.plane, sizeof(Plane))

    cdef int open_workspaces(self, uint32_t transactions) except -1:
        cdef uint32_t workers = self.plane.worker_count, seats = workers + 1, i
        self.plane.workspaces = <Workspace **>calloc(workers, sizeof(Workspace *))
        self.plane.rings = <Ring *>calloc(seats * seats, sizeof(Ring))
        if self.plane.workspaces == NULL or self.plane.rings == NULL:
            raise MemoryError("workers")
        for i in range(seats * seats):
            if i // seats != i % seats and not ring_open(&self.plane.rings[i], RING_BYTES):
                raise MemoryError("hand-off rings")
        self.plane.control_doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
        if self.plane.control_doorbell < 0:
            raise OSError(c_errno, os.strerror(c_errno), "eventfd")
        self.plane.notices = <Ring *>calloc(workers, sizeof(Ring))
        self.plane.notice_doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
        if self.plane.notices == NULL or self.plane.notice_doorbell < 0:
            raise MemoryError("notices")
        for i in range(workers):
            if not ring_open(&self.plane.notices[i], NOTICE_RING_BYTES):
                raise MemoryError("notices")
            self.plane.workspaces[i] = <Workspace *>map_zeroed(sizeof(Workspace))
            if self.plane.workspaces[i] == NULL or not workspace_open(self.plane.workspaces[i], self.plane, i, transactions):
                raise MemoryError(f"worker {i} with {transactions} transactions")
            workspace_touch(self.plane.workspaces[i], transactions // TOUCHED_SHARE)
            self.plane.workspaces[i].nonce_serial = <uint32_t>self.plane.branch_key.first // workers * workers + i
        return 0

    cdef int add_listener(self, int transport, str address, int port, str interface, str advertised, bint is_for_legs) except -1:
        """Bind one socket a worker to an address; streams are bound by the control plane. Errors: OSError that names the address."""
        bound = bind_for_workers(address, port, interface, self.plane.worker_count) if transport == TRANSPORT_UDP else []
        try:
            self.put_listener(transport, address, bound[0].getsockname()[1] if bound else port, advertised, interface != "", is_for_legs,
                              [each.fileno() for each in bound])
        except ValueError:
            for each in bound:
                each.close()
            raise
        for each in bound:
            each.detach()
        return 0

    cdef int put_listener(self, int transport, str address, int port, str advertised, bint has_interface, bint is_for_legs, list descriptors) except -1:
        """Let workers know of a listener, and have a descriptor each. Errors: ValueError: one too many, or a name that is too long."""
        cdef uint32_t index = self.plane.listener_count
        if index == LISTENERS_MAX:
            raise ValueError(f"listener {address}:{port}: {LISTENERS_MAX} are possible, with those of the zones' interfaces")
        describe_listener(self.plane, &self.plane.listeners[index], index, transport, address, port, advertised)
        self.ports.append(port)
        self.plane.listeners[index].has_interface = has_interface
        self.plane.listeners[index].is_for_legs = is_for_legs
        for worker, descriptor in enumerate(descriptors):
            self.plane.workspaces[worker].sockets[index] = descriptor
        store_release_u32(&self.plane.listener_count, index + 1)
        if transport == TRANSPORT_UDP:
            self.udp_count += 1
            store_sequential_u32(&self.plane.has_one_socket, self.plane.worker_count == 1 and self.udp_count == 1)
        for worker, descriptor in enumerate(descriptors):
            if not watch(self.plane.workspaces[worker], descriptor, index):
                raise OSError(c_errno, os.strerror(c_errno), f"{address}:{port}")
        return 0

    def add_seat(self, str transport, str address, int port, str interface) -> int:
        """While workers run: bind one more listener, by which legs on an interface are reached. Returns its index. Errors: OSError, ValueError."""
        self.add_listener(TRANSPORTS.index(transport), address, port, interface, "", True)
        return self.plane.listener_count - 1

    def keep_seat(self, str transport, str address, int port) -> int:
        """Keep the place of a seat that can't be bound now: nothing leaves by it until renew_seat(). Returns its index. Errors: ValueError."""
        cdef uint32_t i
        self.put_listener(TRANSPORTS.index(transport), address, port, "", True, True,
                          [eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) for i in range(self.plane.worker_count)] if transport == "udp" else [])
        return self.plane.listener_count - 1

    def renew_seat(self, int index, str address, int port, str interface) -> None:
        """Bind a seat's sockets again, for its interface is another one under the same name; workers notice nothing. Errors: OSError: it stays as it is."""
        cdef uint32_t i
        for i, bound in enumerate(bind_for_workers(address, port, interface, self.plane.worker_count)):
            os.dup2(bound.fileno(), self.plane.workspaces[i].sockets[index], inheritable=False)
            bound.close()
            watch(self.plane.workspaces[i], self.plane.workspaces[i].sockets[index], index)

    def judge_leg(self, uint32_t account, *, int withheld_percent, bint is_drained, bint is_silent, int seat) -> None:
        """Say how a leg stands, by account number, and that failures there are to be told. seat: the listener it is reached by, or -1."""
        cdef LegRow *leg = self.leg(account)
        store_relaxed_u32(&leg.withheld_percent, withheld_percent)
        store_relaxed_u32(&leg.is_drained, is_drained)
        store_relaxed_u32(&leg.is_silent, is_silent)
        store_relaxed_u32(&leg.seat, seat + 1)
        store_relaxed_u32(&leg.is_judged, 1)

    def forget_leg(self, uint32_t account) -> None:
        """Nobody judges a leg any more: it is as good as any."""
        cdef LegRow *leg = self.leg(account)
        store_relaxed_u32(&leg.is_judged, 0)
        store_relaxed_u32(&leg.withheld_percent, 0)
        store_relaxed_u32(&leg.is_drained, 0)
        store_relaxed_u32(&leg.is_silent, 0)
        store_relaxed_u32(&leg.seat, 0)

    cdef LegRow *leg(self, uint32_t account) except NULL:
        if account // LEGS_MAX >= self.plane.board.capacity:
            raise IndexError(f"account {account}: the board has {self.plane.board.capacity} slots")
        return leg_row(self.plane.workspaces[0], account)

    def probe(self, uint32_t account, uint32_t serial, int listener, str address, int port, uint32_t timeout_ms) -> bool:
        """Let a worker probe a leg; its result comes as a notice with this serial. False: the worker's ring is full. Errors: IndexError, ValueError."""
        cdef Endpoint endpoint
        cdef ProbeOrder order
        cdef uint32_t worker = account % self.plane.worker_count
        cdef bytes host = address.encode()
        self.leg(account)
        if not 0 <= listener < <int>self.plane.listener_count:
            raise IndexError(f"listener {listener}: there are {self.plane.listener_count}")
        if not endpoint_from_host(&endpoint, host, len(host)):
            raise ValueError(f"{address}: not an address")
        endpoint.port = port
        endpoint.listener = listener
        order.account = account
        order.serial = serial
        order.timeout_ms = timeout_ms
        return self.put(worker, &endpoint, HOPS_PROBE, (<const char *>&order)[:sizeof(order)])

    def move_ringing_calls(self, uint32_t account) -> bool:
        """Let calls that ring at a leg go on to another target. False: the ring of a worker is full. Errors: IndexError."""
        cdef Endpoint nowhere
        cdef uint32_t worker
        memset(&nowhere, 0, sizeof(nowhere))
        self.leg(account)
        told = [self.put(worker, &nowhere, HOPS_OUTAGE, (<const char *>&account)[:sizeof(account)]) for worker in range(self.plane.worker_count)]
        return all(told)

    @property
    def notice_doorbell(self) -> int:
        """The descriptor that becomes readable when there are notices."""
        return self.plane.notice_doorbell

    def take_notices(self) -> list[tuple[int, int, int, int, int, int, bool, int]]:
        """Return what became of probes and calls: (kind as in NOTICES, account, serial, status, retry_after_s, round_trip_us, was_unheard, call_key).

        A thousand at the most, and the doorbell rings again.
        """
        return take_notices_of(self.plane)

    def take_records(self, uint64_t batch) -> bytes:
        """Return the records of calls that have ended since the last time, one behind the other. Until free_records(), they are kept under this number."""
        return take_records(self.plane, batch)

    def free_records(self) -> None:
        """What was taken is kept elsewhere now."""
        free_records(self.plane)

    def journal(self) -> tuple[int, int]:
        """Return how many bytes of records wait in the fullest journal, and how many it holds; 0 where there are none."""
        return journal_figures(self.plane)

    def watch_trunks(self) -> None:
        """From now on, tell of pools that fill up and of calls that move on."""
        store_sequential_u32(&self.plane.tells_trunks, 1)

    def settle_pool(self, uint32_t slot, uint32_t level) -> None:
        """Say that a trunk's pool is no fuller than this level (0 quiet, 1 high) any more: what comes above it is told again. Errors: IndexError."""
        self.leg(account_number(slot, 0))
        store_relaxed_u32(&self.plane.board.rows[slot].pool_told, level)

    def settle_failover(self, uint32_t slot) -> None:
        """Say that a trunk's calls do not move on any more: the next that does is told. Errors: IndexError."""
        self.leg(account_number(slot, 0))
        store_relaxed_u32(&self.plane.board.rows[slot].failover_told, 0)

    def tap(self, *, bint everything, slots, numbers, call_ids) -> None:
        """Let messages be copied, all or those of these trunks by board slot, numbers and Call-IDs; nothing else any more. Errors: IndexError, ValueError."""
        wanted = set(slots)
        for slot in self.tapped_slots | wanted:
            self.leg(account_number(slot, 0))
            store_relaxed_u32(&self.plane.board.rows[<uint32_t>slot].is_tapped, slot in wanted)
        self.tapped_slots = wanted
        set_wanted(self.plane, everything, bool(wanted), numbers, call_ids)

    @property
    def tap_doorbell(self) -> int:
        """The descriptor that becomes readable when messages were copied."""
        return self.plane.tap.doorbell

    def take_tapped(self) -> list[tuple[int, bool, str, str, int, str, int, int, bytes]]:
        """Return copies: (at_us, is_sent, transport, our address, our port, far address, far port, board slot or -1, message).

        A thousand at the most, and the doorbell rings again.
        """
        return take_tapped_of(self.plane)

    def failover_gaps(self) -> dict[str, object]:
        """Return how long it took from failures to the next INVITEs: {"bounds_s", "counts", "sum_s"}."""
        return gaps_status(self.plane, False)

    def silences(self) -> dict[str, object]:
        """Return how long legs were silent whose calls moved on, in the same form."""
        return gaps_status(self.plane, True)

    def publish(self, Snapshot snapshot not None) -> None:
        """Exchange the world in one store; the old one is freed once every worker has moved on. Never waits."""
        cdef uint64_t epoch = 0
        cdef void *old
        cdef void *fresh = snapshot.open_tables()
        accounts = {account: name for name, account in snapshot.accounts.items()}
        set_user_keys(self.plane, self.accounts, accounts)
        set_leg_names(self.plane, self.leg_names, snapshot.leg_names)
        snapshot.tables = NULL
        self.accounts, self.leg_names = accounts, snapshot.leg_names
        old = publish_pointer(&self.plane.publication, fresh, &epoch)
        if old != NULL:
            self.retired.append((<size_t>old, epoch))
        self.free_retired()

    def carry_over(self, Snapshot snapshot not None, bytes places not None) -> None:
        """Let a snapshot without trunks begin with some of the published world's. Errors: ValueError when it has no room for them, or not their cores."""
        cdef const SnapshotTables *published = <const SnapshotTables *>self.plane.publication.current
        cdef SnapshotTables *fresh = snapshot.open_tables()
        cdef const uint32_t *indexes = <const uint32_t *><const char *>places
        cdef uint32_t i
        if len(places) != (published.trunk_count if published != NULL else 0) * sizeof(uint32_t) or fresh.trunk_count:
            raise ValueError("a place for each published trunk is needed, and a snapshot that has none yet")
        if published == NULL:
            return
        if not carry_over(fresh, published, indexes):
            raise ValueError("the snapshot has no room for the trunks carried over, or not their cores")
        kept = {published.trunks[i].destination.slot for i in range(published.trunk_count) if indexes[i] != NO_TRUNK}
        snapshot.leg_names |= {slot: names for slot, names in self.leg_names.items() if slot in kept}        # those of cores are there already
        snapshot.accounts = {name: account for account, name in self.accounts.items() if account // LEGS_MAX in kept}

    def adopt_bindings(self) -> int:
        """Before the workers start, and once a world is published: give the registrations that outlived the last run back. Returns how many."""
        cdef uint32_t i, now_s = unix_seconds()
        for i in range(self.plane.worker_count):
            self.plane.workspaces[i].now_s = now_s
        return adopt_bindings(self.plane, {name: account for account, name in self.accounts.items()})

    def bindings(self, uint32_t slot, uint32_t leg) -> list[dict[str, object]]:
        """Return the live bindings of an account, by board slot and leg. Errors: IndexError."""
        if slot >= self.plane.board.capacity or leg >= LEGS_MAX:
            raise IndexError(f"board slot {slot}, leg {leg}: there are {self.plane.board.capacity} and {LEGS_MAX}")
        return bindings_of(self.plane, account_number(slot, leg))

    cdef int free_retired(self) except -1:
        """Free the worlds that no worker holds any more."""
        kept = []
        for address, epoch in self.retired:
            if epoch_has_passed(&self.plane.publication, epoch, self.plane.worker_count):
                snapshot_free(<SnapshotTables *><size_t>address)
            else:
                kept.append((address, epoch))
        self.retired = kept
        return 0

    def adopt_calls(self, dict slots) -> int:
        """Before the workers start: give the calls that outlived the last run their pool slots back, by trunk name. Returns how many."""
        return adopt_calls(self.plane, slots)

    def run_worker(self, int index) -> None:
        """Run one worker until stop(); without the GIL."""
        if not 0 <= index < <int>self.plane.worker_count:
            raise ValueError(f"worker {index}: there are {self.plane.worker_count}")
        with nogil:
            run_worker(self.plane.workspaces[index])

    @property
    def doorbell(self) -> int:
        """The descriptor that becomes readable when workers have left messages for streams."""
        return self.plane.control_doorbell

    def take_for_streams(self) -> list[tuple[bytes, int, str, int, int]]:
        """Return what workers have left for streams: (message, listener, address, port, flow); a thousand at the most, and the doorbell rings again."""
        return take_for_streams_of(self.plane)

    def put_from_stream(self, bytes message, int listener, str address, int port, uint32_t flow) -> bool:
        """Let a worker carry a message that came by a stream. False: its ring is full, and the message is dropped."""
        cdef Endpoint source
        cdef bytes host = address.encode()
        if not endpoint_from_host(&source, host, len(host)):
            raise ValueError(f"{address}: not an address")
        source.port = port
        source.listener = listener
        source.flow = flow
        store_sequential_u32(&self.plane.has_streams, 1)
        return self.put(flow % self.plane.worker_count, &source, 0, message)

    def give_back(self, bytes message) -> bool:
        """Tell the worker that sent a request by a stream that it could not be delivered. False: none of ours, or its ring is full."""
        cdef Endpoint nowhere
        cdef uint32_t worker
        memset(&nowhere, 0, sizeof(nowhere))
        if not find_sender(self.plane, message, len(message), &worker):
            return False
        store_sequential_u32(&self.plane.has_streams, 1)
        return self.put(worker, &nowhere, HOPS_RETURNED, message)

    cdef bint put(self, uint32_t worker, const Endpoint *source, uint32_t hops, bytes message) noexcept:
        """Leave a message for a worker, and wake it."""
        cdef Workspace *workspace = self.plane.workspaces[worker]
        if not ring_put(ring_between(self.plane, self.plane.worker_count, worker), source, hops, message, len(message)):
            return False
        if is_to_be_woken(&workspace.is_asleep):
            eventfd_write(workspace.doorbell, 1)
        return True

    def stop(self) -> None:
        """Let every worker leave its loop."""
        cdef uint32_t i
        store_sequential_u32(&self.plane.is_stopping, 1)
        for i in range(self.plane.worker_count):
            eventfd_write(self.plane.workspaces[i].doorbell, 1)

    def set_draining(self, bint draining) -> None:
        """While draining, new calls are refused with 503; everything that belongs to a call is served."""
        store_sequential_u32(&self.plane.is_draining, draining)

    @property
    def call_capacity(self) -> int:
        """How many calls the table holds: what its file was made for."""
        return self.plane.calls.capacity

    def calls_in_progress(self) -> int:
        """Return how many pool slots are taken."""
        cdef uint64_t calls = 0
        cdef uint32_t i
        for i in range(self.plane.board.capacity):
            calls += load_relaxed_u32(&self.plane.board.rows[i].calls)
        return calls

    def reasons(self) -> dict[str, int]:
        """Return the counters, symbol → packets or transactions so ended, over all workers."""
        return counters_of(self.plane)

    def workers(self) -> list[dict[str, object]]:
        """Return, per worker: received, sent, loops, transactions (in use), calls, handed_off, cpu_ns."""
        return figures_of_workers(self.plane)

    def trunk(self, uint32_t slot) -> dict[str, object]:
        """Return the figures of a board slot. Errors: IndexError."""
        return figures_of_trunk(self.plane, slot)

    def has_calls(self, uint32_t slot) -> bool:
        """Return whether calls hold a board slot: a trunk's pool, or a leg of a core."""
        cdef uint32_t i
        for i in range(LEGS_MAX):
            if load_relaxed_u32(&self.leg(account_number(slot, i)).calls):
                return True
        return load_relaxed_u32(&self.plane.board.rows[slot].calls) > 0

    def calls(self) -> list[dict[str, object]]:
        """Return who holds each slot, and ended calls that linger."""
        return calls_of(self.plane, self.leg_names)

    def moved_calls(self) -> list[bytes]:
        """Return the records, as they are so far, of calls that went on to another target."""
        return moved_calls_of(self.plane)

    def calls_so_far(self, bytes call_id not None) -> list[bytes]:
        """Return the records, as they are so far, of calls in progress with a Call-ID."""
        return calls_so_far_of(self.plane, call_id[:CALL_ID_BYTES_MAX])
