"""A sleeper and those who leave it work: it says that it falls asleep and then looks for work once more; they leave work and then look whether it sleeps.

Whoever comes second sees the other, if neither look comes before its own word: a store and a load of something else change places in a processor's store
buffer, whatever the order of each by itself, so a whole fence stands between. Without one, work lies in the ring until the sleeper wakes for another reason.
Threads: one sleeper, any number of others. Source: Dekker's algorithm, in Dijkstra, EWD 123.
"""
from libc.stdint cimport uint32_t

from hasip.dataplane.base.atomic cimport fence_sequential, load_relaxed_u32, store_relaxed_u32


cdef inline void fall_asleep(uint32_t *is_asleep) noexcept nogil:
    """Say that we are to be woken from now on; then look for work once more, before sleeping."""
    store_relaxed_u32(is_asleep, 1)
    fence_sequential()


cdef inline void awake(uint32_t *is_asleep) noexcept nogil:
    """Say that we see by ourselves what is left."""
    store_relaxed_u32(is_asleep, 0)


cdef inline bint is_to_be_woken(const uint32_t *is_asleep) noexcept nogil:
    """After work was left: True when the sleeper may not see it without being woken."""
    fence_sequential()
    return load_relaxed_u32(is_asleep)
