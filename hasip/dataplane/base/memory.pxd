"""Memory for the data plane: mapped once at start, zeroed, never returned before the end.

What a busy node uses is touched at start, on huge pages: a fault costs the packet that meets it 1 µs on a small page, and
milliseconds on a huge one. What only a flood would use waits on small pages.
"""
from libc.stddef cimport size_t


cdef extern from *:
    """
    #include <sys/mman.h>
    #ifndef MADV_POPULATE_WRITE
    #define MADV_POPULATE_WRITE 23
    #endif
    """
    int MADV_POPULATE_WRITE

cdef extern from "<sys/mman.h>" nogil:
    int PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_SHARED, MAP_ANONYMOUS, MAP_NORESERVE, MADV_HUGEPAGE, MADV_NOHUGEPAGE
    void *MAP_FAILED
    void *mmap(void *address, size_t length, int protection, int flags, int descriptor, long offset) noexcept
    int munmap(void *address, size_t length) noexcept
    int madvise(void *address, size_t length, int advice) noexcept


cdef inline void *map_zeroed(size_t size) noexcept nogil:
    """Return `size` zeroed bytes, or NULL."""
    cdef void *place = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    if place == MAP_FAILED:
        return NULL
    madvise(place, size, MADV_NOHUGEPAGE)
    return place


cdef inline void touch(void *place, size_t size) noexcept nogil:
    """Let the first `size` bytes of a mapping (NULL is allowed) have their memory now."""
    cdef size_t page = <size_t>place & ~<size_t>4095
    if place == NULL or size == 0:
        return
    madvise(<void *>page, size, MADV_HUGEPAGE)
    madvise(<void *>page, size, MADV_POPULATE_WRITE)        # before Linux 5.14: an error, and the pages come as they are used
    madvise(<void *>page, size, MADV_NOHUGEPAGE)            # what came small stays small: khugepaged would stop us to put it together


cdef inline void unmap(void *place, size_t size) noexcept nogil:
    """Give the bytes of map_zeroed() back. NULL is allowed."""
    if place != NULL:
        munmap(place, size)


cdef inline size_t power_of_two_at_least(size_t count) noexcept nogil:
    """Return the smallest power of two ≥ count (1 for 0)."""
    cdef size_t size = 1
    while size < count:
        size <<= 1
    return size


cdef extern from *:
    """
    #define hasip_prefetch(place) __builtin_prefetch(place)
    """
    void prefetch "hasip_prefetch"(const void *place) noexcept nogil
