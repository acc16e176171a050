"""The router without sockets, threads and clock: tests put datagrams in, take datagrams out, and pass the time.

A datagram lies so that READABLE_BEHIND bytes behind it the process ends, and it is overwritten once it was carried: a read too far
faults, a read too late reads rubbish.
"""
include "../hasip/face/snapshot.pxi"
include "../hasip/face/state_file.pxi"
include "../hasip/face/journal.pxi"
include "../hasip/face/call_table.pxi"
include "../hasip/face/location.pxi"
include "../hasip/face/listening.pxi"
include "../hasip/face/tap.pxi"
include "../hasip/face/rules.pxi"
include "../hasip/face/rings.pxi"
include "../hasip/face/figures.pxi"
include "../hasip/face/board.pxi"
include "../hasip/face/router.pxi"

import ipaddress
import tempfile

from libc.errno cimport errno
from posix.mman cimport MAP_ANONYMOUS, MAP_PRIVATE, PROT_NONE, mprotect

from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.epoch cimport epoch_enter, epoch_leave
from hasip.dataplane.base.memory cimport map_zeroed
from hasip.dataplane.base.socket cimport CMSG_DATA, CMSG_FIRSTHDR, cmsghdr, msghdr, sock_extended_err
from hasip.dataplane.base.wheel cimport wheel_tick
from hasip.dataplane.pipeline cimport carry
from hasip.dataplane.routing.snapshot cimport Snapshot as SnapshotInUse
from hasip.dataplane.stage.due cimport fire_due_timers
from hasip.dataplane.stage.outbox cimport OUTBOX_BYTES, OutboxEntry
from hasip.dataplane.stage.returning cimport return_waiting_slots
from hasip.dataplane.stage.packet cimport VERDICT_CONTINUE, Packet
from hasip.dataplane.stage.reason cimport REASON_FAR_END_ERROR_ICMP, REASON_FAR_END_ERROR_SEND, REASON_NONE
from hasip.dataplane.stage.returned cimport fail_returned, is_unreachable
from hasip.dataplane.stage.workspace cimport RECEIVE_SLOT_BYTES
from hasip.dataplane.syntax.message cimport READABLE_BEHIND
from hasip.dataplane.worker cimport take_handed_off

cdef enum:
    PAGE_BYTES = 4096
    TICK_MS = 10
    START_MS = 1000000
    START_S = 1700000000

VERDICTS = ("CONTINUE", "FORWARD", "RELAY", "REPLY", "ABSORB", "HANDOFF", "DROP")


def full_listener(*parts):
    """Return a listener as Router takes it, of (host, port), or (transport, host, port) and perhaps an interface."""
    whole = parts if len(parts) > 2 else ("udp", *parts)
    return (*whole, *[""] * (5 - len(whole)))


cdef class SocketlessRouter(Router):
    """A Router whose workers are driven by hand."""
    cdef uint8_t *region
    cdef size_t region_bytes
    cdef public bint is_outbox_full
    cdef list departed                  # by worker: (ms since the start, listener, destination, flow, message)

    def __cinit__(self):
        cdef size_t readable = (RECEIVE_SLOT_BYTES // PAGE_BYTES + 1) * PAGE_BYTES
        self.region_bytes = readable + PAGE_BYTES
        self.region = <uint8_t *>map_zeroed(self.region_bytes)
        if self.region == NULL:
            raise MemoryError
        if mprotect(self.region + readable, PAGE_BYTES, PROT_NONE):
            raise OSError(errno, "mprotect")

    def __init__(self, *, int workers=1, listeners, uint32_t trunk_capacity=8, uint32_t call_capacity=64, uint32_t transaction_capacity=128,
                 uint32_t binding_capacity=64, bint drop_unknown=False, domains=(), registrar=None, guard=None, str state_dir="", slots=None,
                 uint64_t journal_bytes=1048576):
        """state_dir: what the last router left; slots: those of its trunks."""
        cdef uint32_t i
        with tempfile.TemporaryDirectory() as passing:
            super().__init__(state_dir=state_dir or passing, node="tests", workers=workers, listeners=[full_listener(*listener) for listener in listeners],
                             trunk_capacity=trunk_capacity, call_capacity=call_capacity, transaction_capacity=transaction_capacity,
                             binding_capacity=binding_capacity, spin_us=0, drop_unknown=drop_unknown, domains=domains,
                             registrar={"realm": "edge.test", "min_expires_s": 60, "default_expires_s": 3600, "max_expires_s": 7200,
                                        "nonce_key": b"", **(registrar or {})},
                             guard={"requests_per_s": 0, "burst": 100, "failures_max": 0, "ban_s": 300, "scanners": (), **(guard or {})}, journal_bytes=journal_bytes)
            for i in range(self.plane.worker_count):
                self.plane.workspaces[i].now_ms = START_MS
                self.plane.workspaces[i].now_unix_ms = <uint64_t>START_S * 1000
            self.adopt_calls(slots or {})
        self.departed = [[] for _ in range(workers)]
        for i in range(self.plane.worker_count):
            self.plane.workspaces[i].now_ms = START_MS
            self.plane.workspaces[i].now_s = START_S
            self.plane.workspaces[i].wheel.now = wheel_tick(START_MS)

    def __dealloc__(self):
        if self.region != NULL:
            munmap(self.region, self.region_bytes)

    cdef int add_listener(self, int transport, str address, int port, str interface, str advertised, bint is_for_legs) except -1:
        """As Router does, but without sockets."""
        cdef uint32_t i
        for i in range(self.plane.worker_count):
            self.plane.workspaces[i].sockets[self.plane.listener_count] = -1
        return self.put_listener(transport, address, port, "", interface != "", is_for_legs, [])

    # ---------------------------------------------------------------------------------------- in

    def receive(self, uint32_t worker, str host, int port, int listener, bytes datagram, uint32_t flow=0):
        """Carry one datagram, or one message of a stream, which is a flow; return (verdict, symbol of the reason)."""
        cdef Workspace *workspace = self.enter(worker)
        cdef Packet packet
        cdef uint8_t *place = self.region + self.region_bytes - PAGE_BYTES - READABLE_BEHIND - len(datagram)
        if len(datagram) + READABLE_BEHIND > self.region_bytes - PAGE_BYTES:
            raise ValueError(f"a datagram of {len(datagram)} bytes")
        memset(&packet, 0xA5, sizeof(packet))                  # what a stage does not set must show
        set_address(&packet.source, host, port, listener)
        packet.source.flow = flow
        packet.hops = 0
        memcpy(place, <const char *>datagram, len(datagram))
        memset(place + len(datagram), 0xA5, READABLE_BEHIND)
        carry(workspace, &packet, place, <uint32_t>len(datagram))
        memset(place, 0xDD, len(datagram))
        self.leave(worker)
        return VERDICTS[packet.verdict], symbol_of(packet.reason)

    def take_handed_off(self, uint32_t worker):
        """Carry what other workers left for this one; return (verdict, reason) of the last of it, ("CONTINUE", "NONE") if there was nothing."""
        cdef Workspace *workspace = self.enter(worker)
        cdef Packet *packet = &workspace.batch.packets[0]
        packet.verdict = VERDICT_CONTINUE
        packet.reason = REASON_NONE
        take_handed_off(workspace)
        self.leave(worker)
        return VERDICTS[packet.verdict], symbol_of(packet.reason)

    def icmp(self, uint32_t worker, bytes returned) -> None:
        """Tell a worker that a datagram it sent was unreachable."""
        cdef Workspace *workspace = self.enter(worker)
        fail_returned(workspace, <const uint8_t *><const char *>returned, <uint32_t>len(returned), REASON_FAR_END_ERROR_ICMP)
        self.leave(worker)

    def advance(self, uint64_t ms) -> None:
        """Pass the time on every worker, tick by tick."""
        cdef uint64_t until = self.plane.workspaces[0].now_ms + ms
        cdef uint32_t i
        while self.plane.workspaces[0].now_ms < until:
            for i in range(self.plane.worker_count):
                self.pass_tick(i, until)

    cdef int pass_tick(self, uint32_t worker, uint64_t until) except -1:
        cdef Workspace *workspace = self.plane.workspaces[worker]
        workspace.now_ms = min(workspace.now_ms + TICK_MS, until)
        workspace.now_unix_ms = <uint64_t>START_S * 1000 + (workspace.now_ms - START_MS)
        workspace.now_s = <uint32_t>(START_S + (workspace.now_ms - START_MS) // 1000)
        workspace.snapshot = <const SnapshotInUse *>epoch_enter(&self.plane.publication, worker)
        fire_due_timers(workspace)
        if workspace.outbox.count or workspace.returning_count:
            self.leave(worker)
        return 0

    def refuse_by_kernel(self, uint32_t worker, bytes datagram) -> None:
        """Tell a worker that the kernel knows no way for a datagram: as send_outbox() does when sendmmsg() fails."""
        cdef Workspace *workspace = self.enter(worker)
        fail_returned(workspace, <const uint8_t *><const char *>datagram, <uint32_t>len(datagram), REASON_FAR_END_ERROR_SEND)
        self.leave(worker)

    cdef Workspace *enter(self, uint32_t worker) except NULL:
        cdef Workspace *workspace
        if worker >= self.plane.worker_count:
            raise IndexError(f"worker {worker}")
        workspace = self.plane.workspaces[worker]
        workspace.snapshot = <const SnapshotInUse *>epoch_enter(&self.plane.publication, worker)
        if self.is_outbox_full:
            workspace.outbox.used = OUTBOX_BYTES
        return workspace

    cdef int leave(self, uint32_t worker) except -1:
        """Take the datagrams out of the outbox."""
        cdef Workspace *workspace = self.plane.workspaces[worker]
        cdef OutboxEntry *entry
        cdef uint32_t i
        for i in range(workspace.outbox.sent, workspace.outbox.count):
            entry = &workspace.outbox.entries[i]
            self.departed[worker].append((
                workspace.now_ms - START_MS, entry.destination.listener, address_of(&entry.destination), entry.destination.flow, (<const char *>workspace.outbox.bytes + entry.offset)[:entry.length]))
        workspace.outbox.used = workspace.outbox.count = workspace.outbox.sent = 0
        return_waiting_slots(workspace)
        workspace.snapshot = NULL
        epoch_leave(&self.plane.publication, worker)
        return 0

    # ---------------------------------------------------------------------------------------- out

    def sent(self, uint32_t worker):
        """Return what a worker has sent since the last time: (ms, listener, destination, flow, message)."""
        departed, self.departed[worker] = self.departed[worker], []
        return departed

    def now_ms(self) -> int:
        return self.plane.workspaces[0].now_ms - START_MS

    def records(self, uint32_t worker):
        """Return how many records a worker holds: (server transactions, client transactions, calls, blocks, armed timers)."""
        cdef Workspace *workspace = self.plane.workspaces[worker]
        blocks = sum(workspace.blocks.pools[i].fresh - workspace.blocks.pools[i].free_count for i in range(3))
        return workspace.servers.taken, workspace.clients.taken, workspace.calls.taken, blocks, workspace.wheel.armed


def is_unreachable_error(int level, int kind, int origin, int icmp_type, int icmp_code) -> bool:
    """Return what the data plane makes of an entry in a socket's error queue."""
    cdef uint8_t control[256]
    cdef msghdr header
    cdef cmsghdr *entry
    cdef sock_extended_err *error
    memset(&header, 0, sizeof(header))
    memset(control, 0, sizeof(control))
    header.msg_control = control
    header.msg_controllen = sizeof(control)
    entry = CMSG_FIRSTHDR(&header)
    entry.cmsg_len = sizeof(control) - 64
    entry.cmsg_level = level
    entry.cmsg_type = kind
    error = <sock_extended_err *>CMSG_DATA(entry)
    error.ee_origin = origin
    error.ee_type = icmp_type
    error.ee_code = icmp_code
    return is_unreachable(&header)


cdef str symbol_of(uint16_t reason):
    return (<bytes>REASON_SYMBOLS[reason]).decode() if reason < REASON_COUNT else f"reason {reason}"


cdef int set_address(Endpoint *endpoint, str host, int port, int listener) except -1:
    packed = ipaddress.ip_address(host).packed
    cdef bytes address = b"\0" * 10 + b"\xff\xff" + packed if len(packed) == 4 else packed
    memcpy(endpoint.address, <const char *>address, 16)
    endpoint.port = port
    endpoint.listener = listener
    endpoint.flow = 0
    return 0


cdef tuple address_of(const Endpoint *endpoint):
    address = ipaddress.IPv6Address((<const char *>endpoint.address)[:16])
    return str(address.ipv4_mapped or address), endpoint.port
