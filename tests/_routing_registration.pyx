"""What registering takes, for tests: users, nonces, sources, and the location service with its file. One thin class per struct."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

cimport hasip.dataplane.routing.board as boards
cimport hasip.dataplane.routing.location_service as locations
cimport hasip.dataplane.routing.nonces as nonce_tables
cimport hasip.dataplane.routing.sources as source_tables
cimport hasip.dataplane.routing.users as user_tables
from hasip.dataplane.base.atomic cimport fetch_add_u32, load_relaxed_u32, store_release_u32
from hasip.dataplane.base.endpoint cimport FLOW_DATAGRAM, FLOW_DEAD, NO_FLOW
from hasip.dataplane.base.hash cimport HashKey
from tests.hash_key cimport key_of
from tests.meeting cimport meet

NONCE_BYTES, NONCE_LIFE_S, NONCE_PLACES = nonce_tables.NONCE_BYTES, nonce_tables.NONCE_LIFE_S, nonce_tables.NONCE_PLACES
USERNAME_BYTES_MAX = user_tables.USERNAME_BYTES_MAX
SOURCE_PLACES, SOURCES_IN_SET = source_tables.SOURCE_SETS * source_tables.SOURCES_IN_SET, source_tables.SOURCES_IN_SET
SOURCE_SETS, FAILURES_FADE_S = source_tables.SOURCE_SETS, source_tables.FAILURES_FADE_S
LOCATION_VERSION, LOCATION_HEADER_BYTES, BINDING_BYTES = locations.LOCATION_VERSION, locations.LOCATION_HEADER_BYTES, sizeof(locations.Binding)
BINDINGS_PER_ACCOUNT_MAX, LEGS_MAX = locations.BINDINGS_PER_ACCOUNT_MAX, boards.LEGS_MAX
FLOWS = {"none": NO_FLOW, "dead": <uint32_t> FLOW_DEAD, "datagram": <uint32_t> FLOW_DATAGRAM, "connection": 7}


cdef class Users:
    cdef user_tables.Users users

    def __cinit__(self, uint32_t capacity):
        if not user_tables.users_open(&self.users, capacity):
            raise MemoryError

    def __dealloc__(self):
        user_tables.users_close(&self.users)

    def add(self, bytes name, uint32_t trunk=0) -> bool:
        cdef user_tables.User *user = user_tables.users_add(&self.users, name, <uint32_t> len(name))
        if user == NULL:
            return False
        user.trunk = trunk
        return True

    def find(self, bytes name):
        """Return the user's trunk, or None."""
        cdef const user_tables.User *user = user_tables.users_find(&self.users, name, <uint32_t> len(name))
        if user == NULL:
            return None
        assert user.name_length == len(name) and (<const char *> user.name)[:user.name_length] == name
        return user.trunk


def write_nonce(bytes key, uint32_t now_s, uint32_t serial, bytes address):
    cdef HashKey made = key_of(key)
    cdef uint8_t[nonce_tables.NONCE_BYTES + 1] text
    assert len(address) == 16
    text[nonce_tables.NONCE_BYTES] = 0xEE
    nonce_tables.write_nonce(&made, now_s, serial, address, text)
    assert text[nonce_tables.NONCE_BYTES] == 0xEE
    return (<const char *> text)[:nonce_tables.NONCE_BYTES]


def read_nonce(bytes key, bytes text, bytes address):
    """Return (second of its making, serial number), or None."""
    cdef HashKey made = key_of(key)
    cdef nonce_tables.Nonce nonce
    assert len(address) == 16
    if not nonce_tables.read_nonce(&made, text, <uint32_t> len(text), address, &nonce):
        return None
    return nonce.made_s, nonce.serial


def is_fresh(uint32_t made_s, uint32_t now_s) -> bool:
    cdef nonce_tables.Nonce nonce
    nonce.made_s = made_s
    nonce.serial = 0
    return nonce_tables.is_fresh(&nonce, now_s)


cdef class Nonces:
    cdef nonce_tables.NonceTable table
    cdef uint64_t requests

    def __cinit__(self):
        if not nonce_tables.nonces_open(&self.table):
            raise MemoryError

    def __dealloc__(self):
        nonce_tables.nonces_close(&self.table)

    def result_of(self, uint32_t made_s, uint32_t serial, uint32_t count, uint64_t request) -> str:
        cdef nonce_tables.Nonce nonce
        cdef nonce_tables.NonceUse *found
        nonce.made_s = made_s
        nonce.serial = serial
        return ("new", "repeated", "stale")[nonce_tables.use_nonce(&self.table, &nonce, count, request, &found)]

    def use(self, uint32_t made_s, uint32_t serial, uint32_t count) -> bool:
        self.requests += 1
        return self.result_of(made_s, serial, count, self.requests) == "new"


cdef class Sources:
    cdef source_tables.SourceTable table

    def __cinit__(self):
        if not source_tables.sources_open(&self.table):
            raise MemoryError

    def __dealloc__(self):
        source_tables.sources_close(&self.table)

    def take(self, uint64_t key, uint32_t per_s, uint32_t burst, uint64_t now_ms) -> bool:
        return source_tables.take_token(
            source_tables.find_source(&self.table, key, burst, now_ms, <uint32_t> (now_ms // 1000)), per_s, burst, now_ms)

    def give(self, uint64_t key, uint32_t count, uint32_t burst, uint64_t now_ms):
        source_tables.give_tokens(source_tables.find_source(&self.table, key, burst, now_ms, <uint32_t> (now_ms // 1000)), count, burst)

    def fail(self, uint64_t key, uint32_t failures_max, uint32_t ban_s, uint64_t now_ms) -> bool:
        return source_tables.note_failed_proof(
            source_tables.find_source(&self.table, key, 1, now_ms, <uint32_t> (now_ms // 1000)), failures_max, ban_s, <uint32_t> (now_ms // 1000))

    def is_banned(self, uint64_t key, uint64_t now_ms) -> bool:
        return source_tables.find_source(&self.table, key, 1, now_ms, <uint32_t> (now_ms // 1000)).banned_until_s > now_ms // 1000

    def tokens(self, uint64_t key, uint32_t burst, uint64_t now_ms):
        """Return thousandths of a request."""
        return source_tables.find_source(&self.table, key, burst, now_ms, <uint32_t> (now_ms // 1000)).tokens


cdef class BindingSlots:
    cdef locations.BindingSlots slots

    def __cinit__(self, uint32_t first, uint32_t capacity):
        if not locations.binding_slots_open(&self.slots, first, capacity):
            raise MemoryError

    def __dealloc__(self):
        locations.binding_slots_close(&self.slots)

    def take(self):
        cdef uint32_t local = locations.take_binding_slot(&self.slots)
        return None if local == locations.NO_BINDING_SLOT else local

    def give(self, uint32_t local):
        locations.give_binding_slot(&self.slots, local)

    @property
    def taken(self):
        return self.slots.taken


cdef int fill_binding(locations.Binding *binding, dict fields) except -1:
    """Fill a record in; what is not told has a plain value."""
    cdef bytes username = fields.get("username", b"acme-1"), contact = fields.get("contact", b"sip:desk@127.0.0.1:5060"), path = fields.get("path", b"")
    cdef bytes address = fields.get("address", b"\0" * 10 + b"\xff\xff\x7f\0\0\x01")
    memset(binding, 0, sizeof(locations.Binding))
    binding.sequence = fields.get("sequence", 0)
    binding.next = fields.get("next", 0)
    binding.user_key = fields.get("user_key", 0)
    binding.instance_key = fields.get("instance_key", 0)
    binding.reg_id = fields.get("reg_id", 0)
    binding.expires_s = fields.get("expires_s", 0xFFFFFFFF)
    binding.registered_s = fields.get("registered_s", 1)
    binding.account = fields.get("account", 0)
    binding.q = fields.get("q", 1000)
    binding.endpoint.port = fields.get("port", 5060)
    binding.endpoint.listener = fields.get("listener", 0)
    binding.endpoint.flow = FLOWS[fields.get("flow", "none")]
    binding.username_length = len(username)
    binding.contact_length = len(contact)
    binding.path_length = len(path)
    memcpy(binding.endpoint.address, <const char *> address, 16)
    memcpy(binding.username, <const char *> username, len(username))
    memcpy(binding.contact, <const char *> contact, len(contact))
    memcpy(binding.path, <const char *> path, len(path))
    return 0


def make_binding_file(uint32_t capacity, dict bindings, magic=b"hasiploc", version=LOCATION_VERSION, record_bytes=BINDING_BYTES):
    """Return the bytes of a file of bindings: slot → fields."""
    cdef locations.LocationHeader header
    cdef locations.Binding binding
    memset(&header, 0, sizeof(header))
    memcpy(header.magic, <const char *> magic, 8)
    header.version = version
    header.record_bytes = record_bytes
    header.capacity = capacity
    records = [bytes(sizeof(binding))] * capacity
    for slot, fields in bindings.items():
        fill_binding(&binding, fields)
        records[slot] = (<const char *> &binding)[:sizeof(binding)]
    return (<const char *> &header)[:sizeof(header)] + bytes(<size_t> locations.LOCATION_HEADER_BYTES - sizeof(header)) + b"".join(records)


def usernames_in(bytes file):
    """Return slot → username of the records that are in use."""
    cdef locations.Binding binding
    cdef size_t slot
    found = {}
    for slot in range((len(file) - locations.LOCATION_HEADER_BYTES) // sizeof(binding)):
        memcpy(&binding, <const char *> file + locations.LOCATION_HEADER_BYTES + slot * sizeof(binding), sizeof(binding))
        if binding.expires_s:
            found[slot] = (<const char *> binding.username)[:binding.username_length]
    return found


cdef class Location:
    """A location service in memory with one account, whose chain is what `link` says."""
    cdef locations.LocationService service
    cdef boards.LegRow leg
    cdef uint32_t arrived
    cdef uint32_t is_over

    def __cinit__(self, uint32_t capacity):
        self.service.records = <uint8_t *> calloc(capacity, sizeof(locations.Binding))
        self.service.capacity = capacity
        if self.service.records == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.service.records)

    def put(self, uint32_t slot, **fields):
        """Write a record."""
        cdef locations.Binding binding
        fill_binding(&binding, fields)
        locations.write_binding(locations.binding_record(&self.service, slot), &binding)

    def leave_odd(self, uint32_t slot):
        """The owner stopped in the middle of writing."""
        locations.binding_record(&self.service, slot).sequence |= 1

    def link(self, uint32_t link):
        store_release_u32(&self.leg.first_binding, link)

    def find(self, uint64_t user_key, uint32_t now_s, uint32_t account=0):
        """Return the contact of the best binding, or None."""
        cdef locations.Binding best
        if not locations.find_binding(&self.service, &self.leg, account, user_key, now_s, &best):
            return None
        return (<const char *> best.contact)[:best.contact_length]

    def change_all_the_time(self, uint32_t rounds):
        """As the owner: refresh the binding of slot 0, while that of slot 1 comes, goes to another account and is freed. Without the GIL."""
        cdef locations.Binding first, second, other, nothing
        cdef uint32_t i
        fill_binding(&first, {"user_key": 1, "contact": b"sip:a@b", "q": 500})
        fill_binding(&second, {"user_key": 1, "next": 1, "contact": b"sip:c@d", "q": 100})
        fill_binding(&other, {"user_key": 2, "account": 9, "contact": b"sip:x@y"})
        memset(&nothing, 0, sizeof(nothing))
        locations.write_binding(locations.binding_record(&self.service, 0), &first)
        store_release_u32(&self.leg.first_binding, 1)
        with nogil:
            meet(&self.arrived, 2)
            for i in range(rounds):
                first.registered_s = i
                locations.write_binding(locations.binding_record(&self.service, 0), &first)
                locations.write_binding(locations.binding_record(&self.service, 1), &second)
                store_release_u32(&self.leg.first_binding, 2)
                store_release_u32(&self.leg.first_binding, 1)
                locations.write_binding(locations.binding_record(&self.service, 1), &nothing)
                locations.write_binding(locations.binding_record(&self.service, 1), &other)
            fetch_add_u32(&self.is_over, 1)

    def look_all_the_time(self):
        """As another worker: look until the owner is done. Return (look-ups, how many found nothing, how many found another's)."""
        cdef locations.Binding best
        cdef uint32_t looked = 0, missed = 0, wrong = 0
        with nogil:
            meet(&self.arrived, 2)
            while load_relaxed_u32(&self.is_over) == 0:
                looked += 1
                if not locations.find_binding(&self.service, &self.leg, 0, 1, 5, &best):
                    missed += 1
                elif best.user_key != 1 or best.account != 0:
                    wrong += 1
        return looked, missed, wrong
