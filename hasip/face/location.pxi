"""The location service's file: mapped at start, its bindings given back to their accounts, and read for those who look."""
import os

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from hasip.dataplane.base.atomic cimport store_release_u32
from hasip.dataplane.base.endpoint cimport FLOW_DATAGRAM, FLOW_DEAD, NO_FLOW, TRANSPORT_UDP
from hasip.dataplane.base.span cimport span_between
from hasip.dataplane.routing.location_service cimport (
    BINDINGS_PER_ACCOUNT_MAX, LOCATION_HEADER_BYTES, LOCATION_VERSION, NO_BINDING, NO_BINDING_SLOT, Binding, LocationHeader, LocationService,
    binding_record, give_binding_slot, is_live, is_sound_binding, read_binding, take_binding_slot, write_binding)
from hasip.dataplane.stage.workspace cimport leg_row
from hasip.dataplane.stage.binding cimport arm_binding, endpoint_from_path, first_link, user_key
from hasip.dataplane.stage.next_hop cimport endpoint_from_uri
from hasip.dataplane.stage.workspace cimport Plane, Workspace, choose_listener
from hasip.dataplane.syntax.message cimport Uri
from hasip.dataplane.syntax.uri cimport parse_uri


cdef int open_location(Plane *plane, str path, uint32_t capacity) except -1:
    """Map the file; a new one gets a new key. Errors: ValueError for a file that is not ours, OSError."""
    cdef bytes start = read_start(path, sizeof(LocationHeader))
    cdef LocationHeader *header
    cdef size_t size
    if start:
        capacity = location_capacity(path, start, os.path.getsize(path))
    if capacity < plane.worker_count:
        raise ValueError(f"{path}: room for {capacity} registrations, but each of {plane.worker_count} workers needs some")
    size = LOCATION_HEADER_BYTES + <size_t>capacity * sizeof(Binding)
    header = <LocationHeader *>map_state_file(path, size)
    if not start:
        header.version = LOCATION_VERSION
        header.record_bytes = sizeof(Binding)
        header.capacity = capacity
        fill_key(&header.key)
        memcpy(header.magic, b"hasiploc", 8)
    plane.location.file = header
    plane.location.file_bytes = size
    plane.location.records = <uint8_t *>header + LOCATION_HEADER_BYTES
    plane.location.capacity = capacity
    plane.location.slots_per_worker = capacity // plane.worker_count
    return 0


cdef uint32_t location_capacity(str path, bytes start, size_t file_bytes) except 0:
    """Return the capacity that a file's header names. Errors: ValueError when it is not a whole table of this version."""
    cdef LocationHeader header
    if len(start) == sizeof(LocationHeader):
        memcpy(&header, <const char *>start, sizeof(LocationHeader))
        if (memcmp(header.magic, b"hasiploc", 8) == 0 and header.version == LOCATION_VERSION and header.record_bytes == sizeof(Binding)
                and header.capacity and file_bytes == LOCATION_HEADER_BYTES + <size_t>header.capacity * sizeof(Binding)):
            return header.capacity
    raise ValueError(f"{path}: not a table of bindings of this version (remove it to start without the registrations it holds)")


cdef int adopt_bindings(Plane *plane, dict accounts) except -1:
    """Before the workers start: give the file's live bindings to their accounts, by username; return how many. All others are forgotten.

    A binding whose account is another worker's now is written to that worker's range before it leaves its own: nothing is lost on the way.
    """
    cdef uint32_t slot, owner, adopted = 0
    cdef uint32_t workers = plane.worker_count
    cdef Binding *record
    cdef uint32_t now_s = plane.workspaces[0].now_s
    moving = []
    for owner in range(workers):
        plane.workspaces[owner].bindings.fresh = plane.workspaces[owner].bindings.capacity
    for slot in range(plane.location.capacity):         # also behind the ranges: there were other ones when it was written
        record = binding_record(&plane.location, slot)
        account = accounts.get((<const char *>record.username)[:record.username_length]) if is_sound_binding(record, now_s) else None
        if account is None:
            forget_record(plane, slot)
        elif account % workers != slot // plane.location.slots_per_worker:
            moving.append((slot, account))
        else:
            adopted += adopt_binding(plane, slot, account)
    waiting = len(moving) + 1
    while len(moving) < waiting:                        # who leaves a full range makes room for another there
        waiting = len(moving)
        staying = []
        for slot, account in moving:
            if has_free_slot(plane, account % workers):
                adopted += move_binding(plane, slot, account)
            else:
                staying.append((slot, account))
        moving = staying
    for slot, account in moving:
        forget_record(plane, slot)
    return adopted


cdef bint has_free_slot(const Plane *plane, uint32_t worker) noexcept:
    """True when a worker's range, all of which was looked at, has a free slot."""
    return plane.workspaces[worker].bindings.free_head != NO_BINDING_SLOT


cdef int adopt_binding(Plane *plane, uint32_t slot, uint32_t account) except -1:
    """Link a record to its account. Returns 1, or 0 for one that is there already, or one too many."""
    cdef Workspace *workspace = plane.workspaces[account % plane.worker_count]
    cdef Binding *record = binding_record(&plane.location, slot)
    cdef Binding fresh = record[0]
    cdef uint32_t link = first_link(workspace, account), chained = 0
    cdef const Binding *other
    workspace.bindings.taken += 1
    while link != NO_BINDING:
        other = binding_record(&plane.location, link - 1)
        chained += 1
        if chained == BINDINGS_PER_ACCOUNT_MAX or are_the_same(other, &fresh):
            workspace.bindings.taken -= 1
            forget_record(plane, slot)
            return 0
        link = other.next
    fresh.account = account
    fresh.user_key = user_key(workspace, fresh.username, fresh.username_length)
    fresh.next = first_link(workspace, account)
    if not find_listener(plane, &fresh):
        fresh.endpoint.listener = 0
        fresh.endpoint.flow = FLOW_DEAD
    write_binding(record, &fresh)
    store_release_u32(&leg_row(workspace, account).first_binding, slot + 1)
    arm_binding(workspace, slot + 1, record)
    return 1


cdef bint are_the_same(const Binding *one, const Binding *other) noexcept:
    """True for two records of one binding: the process ended while it was moved."""
    return (one.contact_length == other.contact_length and memcmp(one.contact, other.contact, one.contact_length) == 0
            and one.reg_id == other.reg_id and one.instance_key == other.instance_key)


cdef bint find_listener(const Plane *plane, Binding *binding) noexcept:
    """Set the listener that a binding's place is reached by: this run may have others, or in another order. False: none, or it was a connection."""
    cdef uint32_t preferred = binding.endpoint.listener if binding.endpoint.listener < plane.listener_count else 0
    cdef Uri uri
    if binding.endpoint.flow == FLOW_DATAGRAM:
        return choose_listener(plane, &binding.endpoint, TRANSPORT_UDP, preferred)
    if binding.endpoint.flow != NO_FLOW:
        return False
    if binding.path_length:
        return endpoint_from_path(plane, binding, preferred, &binding.endpoint)
    return (parse_uri(binding.contact, span_between(0, binding.contact_length), &uri)
            and endpoint_from_uri(plane, binding.contact, &uri, preferred, &binding.endpoint))


cdef int move_binding(Plane *plane, uint32_t slot, uint32_t account) except -1:
    """Bring a record to the range of its account's worker, where a slot is free."""
    cdef Workspace *workspace = plane.workspaces[account % plane.worker_count]
    cdef uint32_t local = take_binding_slot(&workspace.bindings)
    cdef Binding fresh = binding_record(&plane.location, slot)[0]
    workspace.bindings.taken -= 1
    write_binding(binding_record(&plane.location, workspace.bindings.first + local), &fresh)
    forget_record(plane, slot)
    return adopt_binding(plane, workspace.bindings.first + local, account)


cdef int forget_record(Plane *plane, uint32_t slot) except -1:
    """Free a record that no account has."""
    cdef uint32_t owner = slot // plane.location.slots_per_worker
    cdef Workspace *workspace
    cdef Binding nothing
    memset(&nothing, 0, sizeof(nothing))
    binding_record(&plane.location, slot).sequence &= ~<uint32_t>1
    write_binding(binding_record(&plane.location, slot), &nothing)
    if owner >= plane.worker_count:
        return 0
    workspace = plane.workspaces[owner]
    workspace.bindings.taken += 1
    give_binding_slot(&workspace.bindings, slot - workspace.bindings.first)
    return 0


cdef list bindings_of(Plane *plane, uint32_t account):
    """Return an account's live bindings as `hasip status` shows them."""
    cdef Workspace *workspace = plane.workspaces[account % plane.worker_count]
    cdef uint32_t link = first_link(workspace, account), i
    cdef uint64_t wanted = leg_row(workspace, account).user_key
    cdef uint32_t now_s = unix_seconds()
    cdef Binding copy
    found = []
    for i in range(BINDINGS_PER_ACCOUNT_MAX):
        if not read_binding(&plane.location, link, &copy):
            break
        if is_live(&copy, wanted, now_s):
            found.append({"contact": (<const char *>copy.contact)[:copy.contact_length].decode("latin-1"), "expires_s": copy.expires_s - now_s,
                          "address": f"{address_text(&copy.endpoint)}:{copy.endpoint.port}",
                          "transport": TRANSPORTS[plane.listeners[copy.endpoint.listener].transport], "q": copy.q / 1000,
                          "flow": copy.endpoint.flow})
        link = copy.next
    return found
