"""The location service: where registered accounts are (RFC 3261 §10). A memory-mapped file of the state directory, so that bindings outlive the process.

One file for all workers; each owns an equal range of slots, and the accounts whose number is its own modulo the workers. The bindings of an
account form a chain that starts on the board, so any worker finds them without a look-up.
Threads: the owner writes; anybody reads, word by word, and checks the sequence after.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from hasip.dataplane.base.atomic cimport copy_words_in, copy_words_out, load_acquire_u32, store_release_u32
from hasip.dataplane.base.endpoint cimport FLOW_DEAD, Endpoint
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.base.memory cimport map_zeroed, unmap
from hasip.dataplane.routing.board cimport LegRow
from hasip.dataplane.routing.users cimport USERNAME_BYTES_MAX

cdef enum:
    LOCATION_VERSION = 1
    LOCATION_HEADER_BYTES = 4096
    CONTACT_BYTES_MAX = 255
    PATH_BYTES_MAX = 255
    BINDINGS_PER_ACCOUNT_MAX = 8
    REGISTERED_BYTES = PATH_BYTES_MAX + 1 + CONTACT_BYTES_MAX + 1   # path and contact, as they lie in a binding
    NO_BINDING = 0
    NO_BINDING_SLOT = 0xFFFFFFFF
    READ_TRIES_MAX = 1000           # of a record while its owner writes, which takes less than a microsecond
    WALKS_MAX = 100                 # along a chain while its owner changes it


cdef struct LocationHeader:
    char magic[8]                   # "hasiploc"
    uint32_t version
    uint32_t record_bytes
    uint32_t capacity
    uint32_t worker_count           # by which the ranges were set
    HashKey key                     # of nonces and of the keys below: lasts as long as the file


cdef struct Binding:                # a multiple of 8 bytes; all zero but the sequence: free
    uint32_t sequence               # odd while it is written
    uint32_t next                   # slot + 1 of the account's next binding, NO_BINDING: the last
    uint64_t user_key               # of the username
    uint64_t call_id_key
    uint64_t instance_key           # of +sip.instance, 0: none (RFC 5626)
    uint32_t reg_id
    uint32_t cseq
    uint32_t expires_s              # unix seconds, 0: free
    uint32_t registered_s
    uint32_t account                # board slot and leg: account_number()
    uint16_t q                      # thousandths
    uint8_t username_length
    uint8_t contact_length
    Endpoint endpoint               # where its requests go; from here on a refresh changes nothing
    uint8_t path_length
    uint8_t path[PATH_BYTES_MAX + 1]            # Route values, as Path gave them (RFC 3327)
    uint8_t contact[CONTACT_BYTES_MAX + 1]      # the URI
    uint8_t username[USERNAME_BYTES_MAX + 1]    # last: 64 bytes behind a URI may be read


cdef struct BindingSlots:           # a worker's range: which of it is free
    uint32_t *next_free             # by local slot
    uint32_t free_head
    uint32_t fresh                  # slots from here on were never taken
    uint32_t capacity
    uint32_t taken
    uint32_t first                  # global slot of the range


cdef struct LocationService:
    LocationHeader *file            # mapped
    size_t file_bytes
    uint8_t *records
    uint32_t capacity
    uint32_t slots_per_worker


cdef inline Binding *binding_record(const LocationService *service, uint32_t slot) noexcept nogil:
    return <Binding *>(service.records + <size_t>slot * sizeof(Binding))


cdef inline void write_binding(Binding *record, Binding *fresh) noexcept nogil:
    """Put new contents into a record that readers may be looking at."""
    cdef uint32_t sequence = record.sequence
    fresh.sequence = sequence + 1
    store_release_u32(&record.sequence, sequence + 1)
    copy_words_in(record, fresh, sizeof(Binding))
    store_release_u32(&record.sequence, sequence + 2)


cdef inline void refresh_binding(Binding *record, Binding *head) noexcept nogil:
    """Put new contents into a record's head: all before its path."""
    cdef uint32_t sequence = record.sequence
    head.sequence = sequence + 1
    store_release_u32(&record.sequence, sequence + 1)
    copy_words_in(record, head, <uint32_t>(&record.path_length - <uint8_t *>record))
    store_release_u32(&record.sequence, sequence + 2)


cdef inline bint read_binding(const LocationService *service, uint32_t link, Binding *copy) noexcept nogil:
    """Copy a binding of any worker. False: the link is none, or it was being written all the time."""
    cdef const Binding *record
    cdef uint32_t sequence, i
    if link == NO_BINDING or link > service.capacity:
        return False
    record = binding_record(service, link - 1)
    for i in range(READ_TRIES_MAX):
        sequence = load_acquire_u32(&record.sequence)
        copy_words_out(copy, record, sizeof(Binding))
        if not sequence & 1 and load_acquire_u32(&record.sequence) == sequence:
            return True
    return False


cdef inline bint find_binding(const LocationService *service, const LegRow *leg, uint32_t account, uint64_t user_key, uint32_t now_s, Binding *best) noexcept nogil:
    """Copy an account's best live binding: one that can be reached, the highest q, of these the latest. False: it has none.

    A chain whose links the owner is just changing may seem to end too early, or lead into another: then it is walked again.
    """
    cdef uint32_t link, i, turn
    cdef bint found = False, is_whole
    cdef Binding copy
    for turn in range(WALKS_MAX):
        link = load_acquire_u32(&leg.first_binding)
        is_whole = True
        for i in range(BINDINGS_PER_ACCOUNT_MAX):
            if link == NO_BINDING:
                break
            if not read_binding(service, link, &copy):
                return found
            if copy.expires_s == 0 or copy.account != account:
                is_whole = False
                break
            if is_live(&copy, user_key, now_s) and (not found or is_preferred(&copy, best)):
                best[0] = copy
                found = True
            link = copy.next
        if found or is_whole:
            break
    return found


cdef inline bint is_live(const Binding *binding, uint64_t user_key, uint32_t now_s) noexcept nogil:
    """True for a binding of this user whose time is not over."""
    return binding.user_key == user_key and binding.expires_s > now_s


cdef inline bint is_preferred(const Binding *one, const Binding *other) noexcept nogil:
    if (one.endpoint.flow == FLOW_DEAD) != (other.endpoint.flow == FLOW_DEAD):
        return other.endpoint.flow == FLOW_DEAD
    return one.q > other.q or (one.q == other.q and one.registered_s >= other.registered_s)


cdef inline bint is_sound_binding(const Binding *binding, uint32_t now_s) noexcept nogil:
    """True for a record from a file that is live and would not lead out of bounds."""
    return (not binding.sequence & 1 and binding.expires_s > now_s and 0 < binding.username_length <= USERNAME_BYTES_MAX
            and binding.contact_length > 0 and binding.contact[binding.contact_length] == 0 and binding.path[binding.path_length] == 0)


cdef inline bint binding_slots_open(BindingSlots *slots, uint32_t first, uint32_t capacity) noexcept nogil:
    """Describe a range in which nothing is taken. False: no memory."""
    slots.next_free = <uint32_t *>map_zeroed(<size_t>capacity * sizeof(uint32_t))
    slots.free_head = NO_BINDING_SLOT
    slots.fresh = 0
    slots.capacity = capacity
    slots.taken = 0
    slots.first = first
    return slots.next_free != NULL


cdef inline void binding_slots_close(BindingSlots *slots) noexcept nogil:
    unmap(slots.next_free, <size_t>slots.capacity * sizeof(uint32_t))


cdef inline uint32_t take_binding_slot(BindingSlots *slots) noexcept nogil:
    """Take a local slot, or NO_BINDING_SLOT when the range is full."""
    cdef uint32_t local = slots.free_head
    if local != NO_BINDING_SLOT:
        slots.free_head = slots.next_free[local]
    elif slots.fresh < slots.capacity:
        local = slots.fresh
        slots.fresh += 1
    else:
        return NO_BINDING_SLOT
    slots.taken += 1
    return local


cdef inline void give_binding_slot(BindingSlots *slots, uint32_t local) noexcept nogil:
    """Give a local slot back."""
    slots.next_free[local] = slots.free_head
    slots.free_head = local
    slots.taken -= 1
