"""The call table's file: mapped at start, its calls given back to their pools, and read for those who look."""
import os

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcmp, memcpy

from hasip.dataplane.base.arena cimport arena_record
from hasip.dataplane.base.atomic cimport fetch_add_u32, load_relaxed_u32
from hasip.dataplane.base.clock cimport unix_seconds
from hasip.dataplane.base.index cimport index_insert
from hasip.dataplane.base.memory cimport touch
from hasip.dataplane.routing.board cimport CORES_MAX
from hasip.dataplane.routing.call_table cimport (
    CALL_ESTABLISHED, CALL_NONE, CALL_TABLE_HEADER_BYTES, CALL_TABLE_VERSION, Call, CallTableHeader, adopt_range, call_record, is_sound, is_up)
from hasip.dataplane.target cimport NO_ACCOUNT
from hasip.dataplane.stage.call cimport arm_expiry
from hasip.dataplane.stage.reason cimport REASON_ENDED_BY_RESTART
from hasip.dataplane.stage.record cimport RECORD_BYTES_MAX, RecordHead, begin_record, put_record, write_record
from hasip.dataplane.stage.workspace cimport Plane, Workspace

cdef tuple CALL_STATES = ("none", "setup", "established", "established", "ended")

cdef enum:
    TOUCHED_SHARE = 16                  # of the tables, what has its memory from the start


cdef int open_call_table(Plane *plane, str path, uint32_t capacity) except -1:
    """Map the call table; a new file gets a new key. Errors: ValueError for a file that is not ours, OSError."""
    cdef bytes start = read_start(path, sizeof(CallTableHeader))
    cdef size_t size
    cdef CallTableHeader *header
    if start:
        capacity = call_table_capacity(path, start, os.path.getsize(path))
    size = CALL_TABLE_HEADER_BYTES + <size_t>capacity * sizeof(Call)
    header = <CallTableHeader *>map_state_file(path, size)
    if not start:
        header.version = CALL_TABLE_VERSION
        header.record_bytes = sizeof(Call)
        header.capacity = capacity
        header.worker_count = plane.worker_count
        fill_key(&header.key)
        memcpy(header.magic, b"hasipcal", 8)
    touch(header, size // TOUCHED_SHARE)
    plane.calls.file = header
    plane.calls.file_bytes = size
    plane.calls.records = <uint8_t *>header + CALL_TABLE_HEADER_BYTES
    plane.calls.capacity = capacity
    plane.calls.worker_count = plane.worker_count
    plane.calls.slots_per_worker = capacity // plane.worker_count
    return 0


cdef uint32_t call_table_capacity(str path, bytes start, size_t file_bytes) except 0:
    """Return the capacity that a call table's header names. Errors: ValueError when it is not a whole table of this version."""
    cdef CallTableHeader header
    if len(start) == sizeof(CallTableHeader):
        memcpy(&header, <const char *>start, sizeof(CallTableHeader))
        if (memcmp(header.magic, b"hasipcal", 8) == 0 and header.version == CALL_TABLE_VERSION and header.record_bytes == sizeof(Call)
                and header.capacity and file_bytes == CALL_TABLE_HEADER_BYTES + <size_t>header.capacity * sizeof(Call)):
            return header.capacity
    raise ValueError(f"{path}: not a call table of this version (remove it to start without the calls it holds)")


cdef int adopt_calls(Plane *plane, dict slots) except -1:
    """Before the workers start: give the calls that outlived the last run their pool slots back, by trunk name. Returns how many."""
    cdef uint32_t i, local, adopted = 0, now_s = unix_seconds()
    cdef Workspace *workspace
    cdef Call *call
    for i in range(plane.worker_count):
        workspace = plane.workspaces[i]
        workspace.now_s = now_s
        record_lost_calls(plane, workspace, now_s)
        adopted += adopt_range(&plane.calls, i, &workspace.calls, now_s)
        for local in range(workspace.calls.fresh):
            call = <Call *>arena_record(&workspace.calls, local)
            if call.header.generation & 1:
                adopt_call(plane, workspace, local, call, slots)
    for i in range(plane.worker_count):
        plane.calls.file.high_water[i] = plane.workspaces[i].calls.fresh
    plane.calls.file.worker_count = plane.worker_count
    return adopted


cdef int record_lost_calls(Plane *plane, Workspace *workspace, uint32_t now_s) except -1:
    """Put the records of calls that the end of the last run ended: they were being set up, or their time was over since."""
    cdef uint32_t used = plane.calls.file.high_water[workspace.index] if plane.calls.file.worker_count == plane.worker_count else plane.calls.slots_per_worker
    cdef uint32_t slot
    cdef Call *call
    for slot in range(workspace.first_call, workspace.first_call + min(used, plane.calls.slots_per_worker)):
        call = call_record(&plane.calls, slot)
        if call.header.generation & 1 and call.holds_slot and is_sound(call) and not is_up(call, now_s):
            bring_here(plane, workspace, call)
            put_record(workspace, call, 200 if call.answered_ms else 0, REASON_ENDED_BY_RESTART)
            call.holds_slot = 0
    return 0


cdef void bring_here(const Plane *plane, const Workspace *workspace, Call *call) noexcept:
    """Say when a call of another run came in by this run's time, and name listeners that this run has. The clock may have been set back since."""
    call.received_ms = workspace.now_ms - (workspace.now_unix_ms - min(call.received_unix_ms, workspace.now_unix_ms))
    call.caller.listener = min(call.caller.listener, <uint16_t>(plane.listener_count - 1))
    call.callee.listener = min(call.callee.listener, <uint16_t>(plane.listener_count - 1))


cdef int adopt_call(Plane *plane, Workspace *workspace, uint32_t local, Call *call, dict slots) except -1:
    """Put one call back into index, wheel and pool. A trunk that is configured no more keeps no pool."""
    cdef object slot = slots.get((<bytes>call.trunk_name).decode(errors="replace"))
    index_insert(&workspace.call_index, call.caller_key, local)
    call.state = CALL_ESTABLISHED
    bring_here(plane, workspace, call)
    call.core_account = NO_ACCOUNT              # cores may lie elsewhere on the board now
    arm_expiry(workspace, local, call)
    call.trunk = slot if slot is not None else plane.board.capacity - CORES_MAX - 1
    fetch_add_u32(&plane.board.rows[call.trunk].calls, 1)
    fetch_add_u32(&plane.board.rows[call.trunk].legs[call.leg].calls, 1)
    return 0


cdef list calls_of(Plane *plane, dict leg_names):
    """Return who holds each slot, and ended calls that linger."""
    cdef uint32_t i, local
    cdef Call call
    found = []
    for i in range(plane.worker_count):
        for local in range(plane.calls.file.high_water[i]):
            if copy_call(plane, i, local, &call):
                found.append(describe(&call, i, leg_names.get(call.trunk, ())))
    return found


cdef list moved_calls_of(Plane *plane):
    """Return the records, as they are so far, of calls that went on to another target; of ended calls that linger too."""
    cdef uint32_t i, local
    cdef Call call
    found = []
    for i in range(plane.worker_count):
        for local in range(plane.calls.file.high_water[i]):
            if copy_call(plane, i, local, &call) and call.attempt_count > 1 and is_sound(&call):
                found.append(record_so_far(plane, &call))
    return found


cdef list calls_so_far_of(Plane *plane, bytes call_id):
    """Return the records, as they are so far, of calls in progress with a Call-ID."""
    cdef uint32_t i, local
    cdef Call call
    found = []
    for i in range(plane.worker_count):
        for local in range(plane.calls.file.high_water[i]):
            if (copy_call(plane, i, local, &call) and call.holds_slot and is_sound(&call) and call.call_id_length == len(call_id)
                    and memcmp(call.call_id, <const char *>call_id, call.call_id_length) == 0):
                found.append(record_so_far(plane, &call))
    return found


cdef bytes record_so_far(Plane *plane, const Call *call):
    """Return the record of a call that has not ended."""
    cdef uint8_t room[RECORD_BYTES_MAX]
    cdef RecordHead *head = <RecordHead *>room
    begin_record(head)
    head.bytes = <uint16_t>(write_record(plane, head, call, 0, 0, b"IN_PROGRESS") - room)
    return (<const char *>room)[:head.bytes]


cdef bint copy_call(Plane *plane, uint32_t worker, uint32_t local, Call *call):
    """Copy a call that its worker may be changing. False: there is none, or another came meanwhile."""
    cdef Call *record = call_record(&plane.calls, worker * plane.calls.slots_per_worker + local)
    memcpy(call, record, sizeof(Call))
    return call.header.generation & 1 and call.state != CALL_NONE and call.header.generation == load_relaxed_u32(&record.header.generation)


cdef dict describe(const Call *call, uint32_t worker, tuple names):
    """Return one call as `hasip calls` shows it."""
    return {
        "call_id": (<const char *>call.call_id)[:call.call_id_length].decode("latin-1"),
        "trunk": (<bytes><const char *>call.trunk_name).decode(errors="replace"), "leg": call.leg,
        "leg_name": names[call.leg] if call.leg < len(names) else "", "number": (<const char *>call.number)[:call.number_length].decode("latin-1"),
        "state": CALL_STATES[call.state], "holds_slot": bool(call.holds_slot), "direction": "to core" if call.is_to_core else "to trunk",
        "since": call.since_s, "worker": worker,
    }
