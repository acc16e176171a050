"""Where records lie, for tests: arena, blocks, index, timer wheel; memory, clocks and spans. Preconditions are the tests' to keep."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

cimport hasip.dataplane.base.arena as arenas
cimport hasip.dataplane.base.block as blocks
cimport hasip.dataplane.base.index as indexes
cimport hasip.dataplane.base.wheel as wheels
from hasip.dataplane.base.clock cimport monotonic_ms, monotonic_ns, thread_cpu_ns, unix_seconds
from hasip.dataplane.base.memory cimport map_zeroed, power_of_two_at_least, touch, unmap
from hasip.dataplane.base.span cimport Span, span_between

TICK_MS = wheels.TICK_MS
BLOCK_READABLE_BEHIND = blocks.BLOCK_READABLE_BEHIND

cdef enum:
    CELLS = 64


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
