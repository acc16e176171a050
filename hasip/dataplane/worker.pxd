"""One worker: the loop that waits, receives, carries, fires timers and sends, until it is told to stop. (design: one thread per core, nothing shared)"""
from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t

from hasip.dataplane.base.arena cimport arena_close, arena_open
from hasip.dataplane.base.asleep cimport awake, fall_asleep
from hasip.dataplane.base.atomic cimport count_many_u64, load_relaxed_u32, store_relaxed_u64
from hasip.dataplane.base.block cimport block_store_close, block_store_open
from hasip.dataplane.base.clock cimport monotonic_ms, monotonic_ns, thread_cpu_ns, unix_ms, unix_seconds
from hasip.dataplane.base.epoch cimport epoch_enter, epoch_leave
from hasip.dataplane.base.index cimport IndexEntry, index_close, index_open
from hasip.dataplane.base.memory cimport touch
from hasip.dataplane.base.ring cimport Ring, RingEntry, ring_datagram, ring_next, ring_peek
from hasip.dataplane.base.socket cimport (
    EAGAIN, EFD_CLOEXEC, EFD_NONBLOCK, EINTR, EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLERR, EPOLLIN, MSG_DONTWAIT, MSG_WAITFORONE, close,
    epoll_create1, epoll_ctl, epoll_event, epoll_wait, errno, eventfd, eventfd_read, eventfd_write)
from hasip.dataplane.base.wheel cimport Timer, wheel_close, wheel_open, wheel_wait_ms
from hasip.dataplane.pipeline cimport begin, carry, decide_packet
from hasip.dataplane.routing.location_service cimport binding_slots_close, binding_slots_open
from hasip.dataplane.routing.nonces cimport nonces_close, nonces_open
from hasip.dataplane.routing.snapshot cimport Snapshot
from hasip.dataplane.routing.sources cimport sources_close, sources_open
from hasip.dataplane.stage.due cimport fire_due_timers
from hasip.dataplane.stage.foresee cimport foresee_entry
from hasip.dataplane.stage.outbox cimport outbox_close, outbox_is_high, outbox_open
from hasip.dataplane.stage.outage cimport move_ringing_calls
from hasip.dataplane.stage.probe cimport send_probe
from hasip.dataplane.stage.receive cimport receive_batch, receive_close, receive_open
from hasip.dataplane.stage.reason cimport REASON_FAR_END_ERROR_ICMP, REASON_FAR_END_ERROR_STREAM
from hasip.dataplane.stage.returned cimport fail_returned, read_errors
from hasip.dataplane.stage.send cimport send_outbox
from hasip.dataplane.stage.workspace cimport HOPS_OUTAGE, HOPS_PROBE, HOPS_RETURNED, RECEIVE_BATCH, Plane, Workspace, ring_between
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction

cdef enum:
    DOORBELL = 0xFFFFFFFF               # the doorbell's mark among the sockets' in epoll
    EVENTS_MAX = 32
    CPU_TIME_LOOPS = 256                # loops between two looks at the thread's processor time
    OUTBOX_TOUCHED_BYTES = 1048576
    BATCHES_MAX = 8                     # of one socket before the others and the timers have their turn


cdef inline bint workspace_open(Workspace *workspace, Plane *plane, uint32_t index, uint32_t transactions) noexcept nogil:
    """Map all a worker owns but its calls, which lie in the call table. False: no memory or descriptors."""
    workspace.plane = plane
    workspace.index = index
    workspace.epoll = epoll_create1(EPOLL_CLOEXEC)
    workspace.doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
    workspace.now_ms = monotonic_ms()
    workspace.now_unix_ms = unix_ms()
    workspace.now_s = unix_seconds()
    workspace.first_call = index * plane.calls.slots_per_worker
    if not arena_open(&workspace.servers, sizeof(ServerTransaction), transactions):
        return False
    workspace.servers.cleared_bytes = <size_t>&(<ServerTransaction *>NULL).targets
    return (workspace.epoll >= 0 and workspace.doorbell >= 0
            and watch(workspace, workspace.doorbell, DOORBELL)
            and arena_open(&workspace.clients, sizeof(ClientTransaction), transactions)
            and index_open(&workspace.server_index, transactions)
            and index_open(&workspace.call_index, plane.calls.slots_per_worker)
            and block_store_open(&workspace.blocks, transactions, transactions // 2 + 64, transactions // 64 + 64)
            and binding_slots_open(&workspace.bindings, index * plane.location.slots_per_worker, plane.location.slots_per_worker)
            and nonces_open(&workspace.nonces) and sources_open(&workspace.guarded_sources)
            and wheel_open(&workspace.wheel, 2 * transactions + plane.calls.slots_per_worker + plane.location.slots_per_worker, workspace.now_ms)
            and receive_open(&workspace.batch) and outbox_open(&workspace.outbox))


cdef inline void workspace_touch(Workspace *workspace, uint32_t transactions) noexcept nogil:
    """Give so many transactions their memory before the first packet comes."""
    touch(workspace.servers.records, <size_t>transactions * sizeof(ServerTransaction))
    touch(workspace.clients.records, <size_t>transactions * sizeof(ClientTransaction))
    touch(workspace.server_index.entries, <size_t>transactions * sizeof(IndexEntry))
    touch(workspace.server_index.buckets, (<size_t>workspace.server_index.mask + 1) * sizeof(uint32_t))
    touch(workspace.call_index.buckets, (<size_t>workspace.call_index.mask + 1) * sizeof(uint32_t))
    touch(workspace.wheel.timers, <size_t>workspace.wheel.capacity * sizeof(Timer))
    touch(workspace.blocks.pools[0].blocks, <size_t>transactions * workspace.blocks.pools[0].block_bytes)
    touch(workspace.blocks.pools[1].blocks, <size_t>transactions // 16 * workspace.blocks.pools[1].block_bytes)
    touch(workspace.outbox.bytes, OUTBOX_TOUCHED_BYTES)


cdef inline void workspace_close(Workspace *workspace, uint32_t listeners) noexcept nogil:
    """Give back what workspace_open() mapped, and close the sockets."""
    cdef uint32_t i
    for i in range(listeners):
        if workspace.sockets[i] > 0:
            close(workspace.sockets[i])
    if workspace.epoll > 0:
        close(workspace.epoll)
    if workspace.doorbell > 0:
        close(workspace.doorbell)
    arena_close(&workspace.servers)
    arena_close(&workspace.clients)
    index_close(&workspace.server_index)
    index_close(&workspace.call_index)
    binding_slots_close(&workspace.bindings)
    nonces_close(&workspace.nonces)
    sources_close(&workspace.guarded_sources)
    block_store_close(&workspace.blocks)
    wheel_close(&workspace.wheel)
    receive_close(&workspace.batch)
    outbox_close(&workspace.outbox)


cdef inline bint watch(Workspace *workspace, int descriptor, uint32_t mark) noexcept nogil:
    """Let epoll report a descriptor under a mark."""
    cdef epoll_event event
    event.events = EPOLLIN
    event.data.u64 = mark
    return epoll_ctl(workspace.epoll, EPOLL_CTL_ADD, descriptor, &event) == 0


cdef inline void run_worker(Workspace *workspace) noexcept nogil:
    """Work until plane.is_stopping."""
    cdef epoll_event events[EVENTS_MAX]
    cdef int ready, received, i
    while not load_relaxed_u32(&workspace.plane.is_stopping):
        ready = 0
        received = 0
        if workspace.is_busy and load_relaxed_u32(&workspace.plane.has_one_socket):
            received = receive_batch(workspace, 0, MSG_WAITFORONE)
        else:
            workspace.is_busy = 0
            ready = wait_for_work(workspace, events)
        workspace.turn_ns = monotonic_ns()
        workspace.now_ms = workspace.turn_ns // 1000000
        workspace.now_unix_ms = unix_ms()
        workspace.now_s = workspace.plane.started_s + <uint32_t>((workspace.now_ms - workspace.plane.started_ms) // 1000)
        workspace.snapshot = <const Snapshot *>epoch_enter(&workspace.plane.publication, workspace.index)
        if workspace.is_busy:
            carry_first(workspace, received)
        for i in range(ready):
            serve(workspace, &events[i])
        take_handed_off(workspace)
        fire_due_timers(workspace)
        send_outbox(workspace)
        tell_notices(workspace)
        workspace.snapshot = NULL
        epoch_leave(&workspace.plane.publication, workspace.index)
        note_loop(workspace)


cdef inline int wait_for_work(Workspace *workspace, epoll_event *events) noexcept nogil:
    """Sleep until a socket, the doorbell or a timer wants something; spin first, if so configured. Return how many events there are."""
    cdef int ready = 0
    cdef uint64_t until_ns
    if workspace.plane.spin_us:
        until_ns = monotonic_ns() + <uint64_t>1000 * workspace.plane.spin_us
        while ready == 0 and not has_handed_off(workspace) and monotonic_ns() < until_ns:
            ready = epoll_wait(workspace.epoll, events, EVENTS_MAX, 0)
        if ready > 0:
            return ready
    fall_asleep(&workspace.is_asleep)
    if not has_handed_off(workspace):
        ready = epoll_wait(workspace.epoll, events, EVENTS_MAX, wheel_wait_ms(&workspace.wheel, workspace.now_ms))
    awake(&workspace.is_asleep)
    return ready if ready > 0 else 0


cdef inline void serve(Workspace *workspace, const epoll_event *event) noexcept nogil:
    """Read what one descriptor has."""
    cdef uint64_t rings
    cdef uint32_t listener = <uint32_t>event.data.u64
    if event.data.u64 == DOORBELL:
        eventfd_read(workspace.doorbell, &rings)
        return
    if event.events & EPOLLERR:
        read_errors(workspace, listener)
    if event.events & EPOLLIN:
        carry_waiting(workspace, listener)


cdef inline void carry_waiting(Workspace *workspace, uint32_t listener) noexcept nogil:
    """Receive and carry batches, until one is not full."""
    cdef int received = RECEIVE_BATCH, batches = 0
    while received == RECEIVE_BATCH and batches < BATCHES_MAX:
        received = receive_batch(workspace, listener, MSG_DONTWAIT)
        batches += 1
        carry_batch(workspace, received)
    workspace.is_busy = load_relaxed_u32(&workspace.plane.has_one_socket) and not workspace.plane.spin_us and not load_relaxed_u32(&workspace.plane.has_streams)


cdef inline void carry_first(Workspace *workspace, int received) noexcept nogil:
    """Carry what a sleeping receive call brought; when it brought nothing, go back to waiting by epoll."""
    if received > 0:
        carry_batch(workspace, received)
    elif errno == EAGAIN:
        workspace.is_busy = 0
    elif errno != EINTR:
        read_errors(workspace, 0)


cdef inline void carry_batch(Workspace *workspace, int received) noexcept nogil:
    """Carry the datagrams of one batch."""
    cdef int i
    if received <= 0:
        return
    count_many_u64(&workspace.received_count, <uint32_t>received)
    for i in range(received):
        begin(workspace, &workspace.batch.packets[i], <const unsigned char *>workspace.batch.parts[i].iov_base, workspace.batch.headers[i].msg_len)
    for i in range(received):
        foresee_entry(workspace, &workspace.batch.packets[i])
    for i in range(received):
        decide_packet(workspace, &workspace.batch.packets[i])
    if outbox_is_high(&workspace.outbox):
        send_outbox(workspace)


cdef inline bint has_handed_off(const Workspace *workspace) noexcept nogil:
    """True when another worker, or the control plane, has left something for us."""
    cdef uint32_t i
    for i in range(workspace.plane.worker_count + 1):
        if i != workspace.index and ring_peek(ring_between(workspace.plane, i, workspace.index)) != NULL:
            return True
    return False


cdef inline void take_handed_off(Workspace *workspace) noexcept nogil:
    """Carry what other workers have left for us, and what came by streams; what could not be delivered fails its attempt. And probe what is to be."""
    cdef uint32_t i
    cdef Ring *ring
    cdef RingEntry *entry
    for i in range(workspace.plane.worker_count + 1):
        if i == workspace.index:
            continue
        ring = ring_between(workspace.plane, i, workspace.index)
        entry = ring_peek(ring)
        while entry != NULL:
            if entry.hops == HOPS_RETURNED:
                fail_returned(workspace, ring_datagram(entry), entry.length,
                              REASON_FAR_END_ERROR_STREAM if i == workspace.plane.worker_count else REASON_FAR_END_ERROR_ICMP)
            elif entry.hops == HOPS_PROBE:
                send_probe(workspace, entry)
            elif entry.hops == HOPS_OUTAGE:
                move_ringing_calls(workspace, (<const uint32_t *>ring_datagram(entry))[0])
            else:
                carry_entry(workspace, entry)
            ring_next(ring, entry)
            if outbox_is_high(&workspace.outbox):
                send_outbox(workspace)
            entry = ring_peek(ring)


cdef inline void tell_notices(Workspace *workspace) noexcept nogil:
    """Wake the control plane, if something was put into our ring of notices, or of the tap."""
    if workspace.has_noticed:
        workspace.has_noticed = 0
        eventfd_write(workspace.plane.notice_doorbell, 1)
    if workspace.has_tapped:
        workspace.has_tapped = 0
        eventfd_write(workspace.plane.tap.doorbell, 1)


cdef inline void carry_entry(Workspace *workspace, const RingEntry *entry) noexcept nogil:
    """Carry one message from a ring."""
    workspace.batch.packets[0].source = entry.source
    workspace.batch.packets[0].hops = entry.hops
    carry(workspace, &workspace.batch.packets[0], ring_datagram(entry), entry.length)


cdef inline void note_loop(Workspace *workspace) noexcept nogil:
    """Keep the figures that others read."""
    store_relaxed_u64(&workspace.loop_count, workspace.loop_count + 1)
    if workspace.loop_count % CPU_TIME_LOOPS == 0:
        store_relaxed_u64(&workspace.cpu_ns, thread_cpu_ns())
