"""What threads share, for tests: rings, sleepers, publications, counters. Preconditions are the tests' to keep."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memset

cimport hasip.dataplane.base.asleep as sleepers
cimport hasip.dataplane.base.endpoint as endpoints
cimport hasip.dataplane.base.epoch as epochs
cimport hasip.dataplane.base.ring as rings
from hasip.dataplane.base.atomic cimport fetch_add_u32, fetch_add_u64, load_acquire_u32, load_relaxed_u32, load_relaxed_u64
from hasip.dataplane.base.memory cimport map_zeroed, unmap
from tests.meeting cimport sched_yield


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
