"""The leaves of hasip/dataplane/base for tests: one thin class per struct, one function per function. Preconditions are the tests' to keep."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

cimport hasip.dataplane.base.arena as arenas
cimport hasip.dataplane.base.asleep as sleepers
cimport hasip.dataplane.base.block as blocks
cimport hasip.dataplane.base.endpoint as endpoints
cimport hasip.dataplane.base.epoch as epochs
cimport hasip.dataplane.base.handle as handles
cimport hasip.dataplane.base.index as indexes
cimport hasip.dataplane.base.ring as rings
cimport hasip.dataplane.base.wheel as wheels
from hasip.dataplane.base.atomic cimport fetch_add_u32, fetch_add_u64, load_acquire_u32, load_relaxed_u32, load_relaxed_u64
from hasip.dataplane.base.clock cimport monotonic_ms, monotonic_ns, thread_cpu_ns, unix_seconds
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.base.hash cimport siphash as hash_bytes
from hasip.dataplane.base.hash cimport siphash_words as hash_words
from hasip.dataplane.base.hex cimport read_hex as read_digits
from hasip.dataplane.base.hex cimport write_hex as write_digits
from hasip.dataplane.base.md5 cimport MD5_BYTES, Md5, md5_add, md5_begin, md5_end
from hasip.dataplane.base.memory cimport map_zeroed, power_of_two_at_least, touch, unmap
from hasip.dataplane.base.sha256 cimport SHA256_BYTES, Sha256, sha256_add, sha256_begin, sha256_end
from hasip.dataplane.base.span cimport Span, span_between


cdef extern from "<sched.h>" nogil:
    int sched_yield() noexcept

TICK_MS = wheels.TICK_MS
BLOCK_READABLE_BEHIND = blocks.BLOCK_READABLE_BEHIND
HANDLE_TEXT_BYTES = handles.HANDLE_TEXT_BYTES
WORD_TEXT_BYTES = handles.WORD_TEXT_BYTES

cdef enum:
    CELLS = 64
    OUTSIDE_TEXT = 0xEE             # what surrounds a text that a function writes


cdef struct Record:
    arenas.ArenaHeader header
    uint64_t value


cdef class Arena:
    """An arena of records that hold one number each."""
    cdef arenas.Arena arena

    def __cinit__(self, uint32_t capacity):
        if not arenas.arena_open(&self.arena, sizeof(Record), capacity):
            raise MemoryError

    def __dealloc__(self):
        arenas.arena_close(&self.arena)

    @property
    def taken(self):
        return self.arena.taken

    def take(self):
        """Return (slot, generation, value as found), or None when all are taken."""
        cdef uint32_t slot = arenas.arena_take(&self.arena)
        cdef Record *record
        if slot == arenas.NO_SLOT:
            return None
        record = <Record *> arenas.arena_record(&self.arena, slot)
        return slot, record.header.generation, record.value

    def write(self, uint32_t slot, uint64_t value):
        (<Record *> arenas.arena_record(&self.arena, slot)).value = value

    def give(self, uint32_t slot):
        arenas.arena_give(&self.arena, slot)

    def find(self, uint32_t slot, uint32_t generation):
        """Return the value a handle names, or None."""
        cdef Record *record = <Record *> arenas.arena_find(&self.arena, slot, generation)
        return record.value if record else None

    def set_generation(self, uint32_t slot, uint32_t generation):
        """Age a free record, as many takes and gives would."""
        (<Record *> arenas.arena_record(&self.arena, slot)).header.generation = generation


cdef class BlockStore:
    """A block store and CELLS places that may hold bytes in it."""
    cdef blocks.BlockStore store
    cdef blocks.StoredBytes[CELLS] cells

    def __cinit__(self, uint32_t small, uint32_t middle, uint32_t large):
        memset(self.cells, 0, sizeof(self.cells))
        if not blocks.block_store_open(&self.store, small, middle, large):
            raise MemoryError

    def __dealloc__(self):
        blocks.block_store_close(&self.store)

    def put(self, uint32_t cell, bytes content) -> bool:
        return blocks.store_bytes(&self.store, &self.cells[cell], content, len(content))

    def get(self, uint32_t cell):
        cdef const uint8_t *place = blocks.stored_bytes(&self.store, &self.cells[cell])
        return (<const char *> place)[:self.cells[cell].length] if place else None

    def length(self, uint32_t cell):
        return self.cells[cell].length

    def pool(self, uint32_t cell):
        """Return which of the three sizes a cell's block has."""
        return (self.cells[cell].block - 1) & 3

    def release(self, uint32_t cell):
        blocks.release_bytes(&self.store, &self.cells[cell])


cdef class Index:
    cdef indexes.Index index

    def __cinit__(self, uint32_t capacity):
        if not indexes.index_open(&self.index, capacity):
            raise MemoryError

    def __dealloc__(self):
        indexes.index_close(&self.index)

    def find(self, uint64_t key):
        cdef uint32_t slot = indexes.index_find(&self.index, key)
        return None if slot == arenas.NO_SLOT else slot

    def insert(self, uint64_t key, uint32_t slot):
        indexes.index_insert(&self.index, key, slot)

    def remove(self, uint32_t slot):
        indexes.index_remove(&self.index, slot)


cdef class Wheel:
    cdef wheels.Wheel wheel

    def __cinit__(self, uint32_t capacity, uint64_t now_ms):
        if not wheels.wheel_open(&self.wheel, capacity, now_ms):
            raise MemoryError

    def __dealloc__(self):
        wheels.wheel_close(&self.wheel)

    @property
    def armed(self):
        return self.wheel.armed

    def arm(self, uint32_t identifier, uint64_t due_ms):
        wheels.wheel_arm(&self.wheel, identifier, due_ms)

    def disarm(self, uint32_t identifier):
        wheels.wheel_disarm(&self.wheel, identifier)

    def pop_due(self, uint64_t now_ms):
        cdef uint32_t identifier = wheels.wheel_pop_due(&self.wheel, now_ms)
        return None if identifier == wheels.NO_TIMER else identifier

    def fire(self, uint64_t now_ms):
        """Return all timers that are due at now_ms, in the order of their firing."""
        fired = []
        while True:
            identifier = self.pop_due(now_ms)
            if identifier is None:
                return fired
            fired.append(identifier)

    def wait_ms(self, uint64_t now_ms):
        return wheels.wheel_wait_ms(&self.wheel, now_ms)


cdef class Ring:
    cdef rings.Ring ring

    def __cinit__(self, size_t size):
        if not rings.ring_open(&self.ring, size):
            raise MemoryError

    def __dealloc__(self):
        rings.ring_close(&self.ring)

    def put(self, bytes datagram, uint32_t hops=0, uint16_t port=0) -> bool:
        cdef endpoints.Endpoint source
        memset(&source, 0, sizeof(source))
        source.port = port
        return rings.ring_put(&self.ring, &source, hops, datagram, len(datagram))

    def peek(self):
        """Return (datagram, hops, source port) of the oldest entry, or None."""
        cdef rings.RingEntry *entry = rings.ring_peek(&self.ring)
        return ((<const char *> rings.ring_datagram(entry))[:entry.length], entry.hops, entry.source.port) if entry else None

    def next(self):
        """Be done with the oldest entry."""
        rings.ring_next(&self.ring, rings.ring_peek(&self.ring))

    def produce(self, uint32_t count):
        """Put datagrams number 0 … count - 1, each of its own length and filling, without the GIL; wait for room. Return how often there was none."""
        cdef uint8_t[512] datagram
        cdef endpoints.Endpoint source
        cdef uint32_t number, length
        cdef uint64_t refused = 0
        memset(&source, 0, sizeof(source))
        with nogil:
            for number in range(count):
                length = number * 7919 % 512
                memset(datagram, number & 255, length)
                while not rings.ring_put(&self.ring, &source, number, datagram, length):
                    refused += 1
                    sched_yield()
        return refused

    def consume(self, uint32_t count):
        """Take what produce(count) puts, without the GIL. Return how many arrived out of order or changed."""
        cdef uint8_t[512] expected
        cdef rings.RingEntry *entry
        cdef uint32_t number, wrong = 0
        with nogil:
            for number in range(count):
                entry = rings.ring_peek(&self.ring)
                while entry == NULL:
                    sched_yield()
                    entry = rings.ring_peek(&self.ring)
                memset(expected, number & 255, 512)
                wrong += (entry.hops != number or entry.length != number * 7919 % 512
                          or memcmp(rings.ring_datagram(entry), expected, entry.length) != 0)
                rings.ring_next(&self.ring, entry)
        return wrong


cdef class Sleeper:
    """A ring whose reader may be asleep. Its two sides, each on a thread of its own, begin every round together."""
    cdef rings.Ring ring
    cdef uint32_t is_asleep
    cdef uint32_t arrived

    def __cinit__(self):
        if not rings.ring_open(&self.ring, 4096):
            raise MemoryError

    def __dealloc__(self):
        rings.ring_close(&self.ring)

    def leave_work(self, uint32_t rounds):
        """Put something into the ring, each round. Return for each whether the sleeper was to be woken."""
        cdef endpoints.Endpoint nowhere
        cdef uint32_t number
        seen = bytearray(rounds)
        cdef unsigned char[::1] saw = seen
        memset(&nowhere, 0, sizeof(nowhere))
        with nogil:
            for number in range(rounds):
                self.meet(2 * number)
                rings.ring_put(&self.ring, &nowhere, 0, b"work", 4)
                saw[number] = sleepers.is_to_be_woken(&self.is_asleep)
                self.meet(2 * number + 1)
        return seen

    def sleep(self, uint32_t rounds):
        """Fall asleep, each round. Return for each whether there was work then."""
        cdef uint32_t number
        seen = bytearray(rounds)
        cdef unsigned char[::1] saw = seen
        with nogil:
            for number in range(rounds):
                self.meet(2 * number)
                sleepers.fall_asleep(&self.is_asleep)
                saw[number] = rings.ring_peek(&self.ring) != NULL
                self.meet(2 * number + 1)
                sleepers.awake(&self.is_asleep)
                rings.ring_next(&self.ring, rings.ring_peek(&self.ring))
        return seen

    cdef void meet(self, uint32_t number) noexcept nogil:
        """Wait until both sides have come so far."""
        cdef uint32_t looks = 0
        fetch_add_u32(&self.arrived, 1)
        while load_acquire_u32(&self.arrived) < 2 * (number + 1):
            looks += 1
            if looks > 1000:
                sched_yield()


cdef class Publication:
    """A publication of numbers (0: nothing yet)."""
    cdef epochs.Publication *publication
    cdef uint64_t *worlds
    cdef uint32_t world_count

    def __cinit__(self, uint32_t world_count=0):
        self.publication = <epochs.Publication *> map_zeroed(sizeof(epochs.Publication))
        self.worlds = <uint64_t *> map_zeroed(sizeof(uint64_t) * (world_count + 1))
        self.world_count = world_count
        if self.publication == NULL or self.worlds == NULL:
            raise MemoryError
        epochs.publication_open(self.publication)

    def __dealloc__(self):
        unmap(self.publication, sizeof(epochs.Publication))
        unmap(self.worlds, sizeof(uint64_t) * (self.world_count + 1))

    def enter(self, int worker):
        return <size_t> epochs.epoch_enter(self.publication, worker)

    def leave(self, int worker):
        epochs.epoch_leave(self.publication, worker)

    def publish(self, size_t fresh):
        """Return (what was published before, the epoch it is retired in)."""
        cdef uint64_t epoch = 0
        cdef size_t old = <size_t> epochs.publish_pointer(self.publication, <void *> fresh, &epoch)
        return old, epoch

    def has_passed(self, uint64_t epoch, int workers) -> bool:
        return epochs.epoch_has_passed(self.publication, epoch, workers)

    def publish_worlds(self, int workers):
        """Publish the worlds one after the other, without the GIL; spoil each as soon as nobody holds it; the last stays whole."""
        cdef uint64_t epoch = 0
        cdef uint64_t *old
        cdef uint32_t i
        with nogil:
            for i in range(self.world_count):
                self.worlds[i + 1] = 1
                old = <uint64_t *> epochs.publish_pointer(self.publication, &self.worlds[i + 1], &epoch)
                while not epochs.epoch_has_passed(self.publication, epoch, workers):
                    sched_yield()
                if old:
                    fetch_add_u64(old, 1)
            fetch_add_u64(&self.worlds[0], 1)           # the end

    def visit_worlds(self, int worker):
        """Read the published world again and again, without the GIL, until the last is out. Return how often it was spoilt."""
        cdef uint64_t *world
        cdef uint64_t spoilt = 0
        cdef int i
        with nogil:
            while not load_relaxed_u64(&self.worlds[0]):
                world = <uint64_t *> epochs.epoch_enter(self.publication, worker)
                for i in range(16):
                    spoilt += world != NULL and load_relaxed_u64(world) != 1
                epochs.epoch_leave(self.publication, worker)
                sched_yield()
        return spoilt


cdef class Counter:
    """One atomic counter that threads share."""
    cdef uint32_t count

    def add(self, uint32_t times):
        cdef uint32_t i
        with nogil:
            for i in range(times):
                fetch_add_u32(&self.count, 1)

    @property
    def value(self):
        return load_relaxed_u32(&self.count)


cdef HashKey key_of(bytes key):
    cdef HashKey made
    assert len(key) == sizeof(made)
    memcpy(&made, <const char *> key, sizeof(made))
    return made


def siphash(bytes key, bytes text):
    cdef HashKey made = key_of(key)
    return hash_bytes(&made, text, len(text))


def siphash_words(bytes key, uint64_t first, uint64_t second):
    cdef HashKey made = key_of(key)
    return hash_words(&made, first, second)


def md5(pieces):
    """Return the digest of pieces added one after the other."""
    cdef Md5 hashed
    cdef uint8_t[MD5_BYTES] digest
    memset(&hashed, OUTSIDE_TEXT, sizeof(hashed))
    md5_begin(&hashed)
    for piece in pieces:
        md5_add(&hashed, <bytes> piece, len(piece))
    md5_end(&hashed, digest)
    return (<const char *> digest)[:MD5_BYTES]


def sha256(pieces):
    """Return the digest of pieces added one after the other."""
    cdef Sha256 hashed
    cdef uint8_t[SHA256_BYTES] digest
    memset(&hashed, OUTSIDE_TEXT, sizeof(hashed))
    sha256_begin(&hashed)
    for piece in pieces:
        sha256_add(&hashed, <bytes> piece, len(piece))
    sha256_end(&hashed, digest)
    return (<const char *> digest)[:SHA256_BYTES]


def write_hex(bytes content):
    """Return what is written into a place of OUTSIDE_TEXT, two octets longer than asked for."""
    cdef uint8_t[2 * CELLS + 2] text
    assert len(content) <= CELLS
    memset(text, OUTSIDE_TEXT, sizeof(text))
    write_digits(content, <uint32_t> len(content), text)
    return (<const char *> text)[:2 * len(content) + 2]


def read_hex(bytes text):
    """Return the bytes that pairs of digits stand for, or None."""
    cdef uint8_t[CELLS] content
    cdef uint32_t count = <uint32_t> len(text) // 2
    assert count <= CELLS
    return (<const char *> content)[:count] if read_digits(text, count, content) else None


def write_handle(bytes key, uint64_t purpose, uint32_t slot, uint32_t generation):
    cdef HashKey made = key_of(key)
    cdef uint8_t[handles.HANDLE_TEXT_BYTES + 1] text
    cdef handles.Handle handle
    handle.slot = slot
    handle.generation = generation
    text[handles.HANDLE_TEXT_BYTES] = OUTSIDE_TEXT
    handles.write_handle(&made, purpose, handle, text)
    assert text[handles.HANDLE_TEXT_BYTES] == OUTSIDE_TEXT
    return (<const char *> text)[:handles.HANDLE_TEXT_BYTES]


def read_handle(bytes key, uint64_t purpose, bytes text):
    """Return (slot, generation), or None."""
    cdef HashKey made = key_of(key)
    cdef handles.Handle handle
    assert len(text) == handles.HANDLE_TEXT_BYTES
    return (handle.slot, handle.generation) if handles.read_handle(&made, purpose, text, &handle) else None


def write_word(uint64_t word):
    cdef uint8_t[handles.WORD_TEXT_BYTES] text
    handles.write_word(word, text)
    return (<const char *> text)[:handles.WORD_TEXT_BYTES]


def read_word(bytes text):
    cdef uint64_t word
    assert len(text) == handles.WORD_TEXT_BYTES
    return word if handles.read_word(text, &word) else None


def character_value(uint8_t character):
    return handles.character_value(character)


cdef endpoints.Endpoint endpoint_of(bytes address, uint16_t port):
    cdef endpoints.Endpoint endpoint
    assert len(address) == 16
    memset(&endpoint, 0, sizeof(endpoint))
    memcpy(endpoint.address, <const char *> address, 16)
    endpoint.port = port
    return endpoint


def is_ipv4(bytes address) -> bool:
    cdef endpoints.Endpoint endpoint = endpoint_of(address, 0)
    return endpoints.is_ipv4(&endpoint)


def is_same_place(bytes one, uint16_t one_port, bytes other, uint16_t other_port) -> bool:
    cdef endpoints.Endpoint first = endpoint_of(one, one_port), second = endpoint_of(other, other_port)
    return endpoints.is_same_place(&first, &second)


def endpoint_from_host(bytes host):
    """Return the 16 bytes of an address, or None for what is none."""
    cdef endpoints.Endpoint endpoint
    memset(&endpoint, 0xA5, sizeof(endpoint))
    if not endpoints.endpoint_from_host(&endpoint, host, <uint32_t> len(host)):
        return None
    return (<const char *> endpoint.address)[:16]


def write_address(bytes address):
    cdef endpoints.Endpoint endpoint = endpoint_of(address, 0)
    cdef uint8_t[endpoints.ADDRESS_TEXT_BYTES + 1] text
    cdef uint32_t length
    text[endpoints.ADDRESS_TEXT_BYTES] = OUTSIDE_TEXT
    length = endpoints.write_address(&endpoint, text)
    assert text[endpoints.ADDRESS_TEXT_BYTES] == OUTSIDE_TEXT
    return (<const char *> text)[:length]


def write_host_port(bytes address, uint16_t port):
    cdef endpoints.Endpoint endpoint = endpoint_of(address, port)
    cdef uint8_t[endpoints.ADDRESS_TEXT_BYTES + 9] text
    cdef uint32_t length
    text[endpoints.ADDRESS_TEXT_BYTES + 8] = OUTSIDE_TEXT
    length = endpoints.write_host_port(&endpoint, text)
    assert text[endpoints.ADDRESS_TEXT_BYTES + 8] == OUTSIDE_TEXT
    return (<const char *> text)[:length]


def write_number(uint32_t number):
    cdef uint8_t[11] text
    cdef uint32_t length
    text[10] = OUTSIDE_TEXT
    length = endpoints.write_number(number, text)
    assert text[10] == OUTSIDE_TEXT
    return (<const char *> text)[:length]


def through_sockaddr(bytes address, uint16_t port):
    """Return (the sockaddr's bytes, address and port as read back from it)."""
    cdef endpoints.Endpoint endpoint = endpoint_of(address, port), back
    cdef uint8_t[28] name
    cdef uint32_t length = endpoints.endpoint_to_sockaddr(&endpoint, name)
    endpoints.endpoint_from_sockaddr(&back, name)
    return (<const char *> name)[:length], (<const char *> back.address)[:16], back.port


def power_of_two(size_t count):
    return power_of_two_at_least(count)


def mapped_zeroes(size_t size, size_t touched) -> bool:
    """Map, touch and unmap memory. Return whether every byte was zero."""
    cdef uint8_t *place = <uint8_t *> map_zeroed(size)
    cdef size_t i
    cdef bint is_zero = place != NULL
    touch(NULL, touched)
    touch(place, touched)
    for i in range(size):
        is_zero &= place[i] == 0
        place[i] = 1
    unmap(place, size)
    unmap(NULL, size)
    return is_zero


def moments():
    """Return the four clocks: monotonic in ms and ns, this thread's processor time in ns, unix seconds."""
    return monotonic_ms(), monotonic_ns(), thread_cpu_ns(), unix_seconds()


def span(uint16_t start, uint16_t end):
    cdef Span between = span_between(start, end)
    return between.offset, between.length
