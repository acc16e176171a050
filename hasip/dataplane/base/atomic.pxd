"""Atomic loads, stores and adds; the memory order is in the name. A counter that one thread writes and others read uses count_u64."""
from libc.stdint cimport uint32_t, uint64_t


cdef extern from "hasip/dataplane/base/atomic.h" nogil:
    uint32_t load_acquire_u32(const uint32_t *place) noexcept
    uint64_t load_acquire_u64(const uint64_t *place) noexcept
    uint32_t load_relaxed_u32(const uint32_t *place) noexcept
    uint64_t load_relaxed_u64(const uint64_t *place) noexcept
    void store_release_u32(uint32_t *place, uint32_t value) noexcept
    void store_release_u64(uint64_t *place, uint64_t value) noexcept
    void store_relaxed_u32(uint32_t *place, uint32_t value) noexcept
    void store_relaxed_u64(uint64_t *place, uint64_t value) noexcept
    uint64_t load_sequential_u64(const uint64_t *place) noexcept
    void store_sequential_u64(uint64_t *place, uint64_t value) noexcept
    uint32_t load_sequential_u32(const uint32_t *place) noexcept
    void store_sequential_u32(uint32_t *place, uint32_t value) noexcept
    void fence_sequential() noexcept
    uint32_t fetch_add_u32(uint32_t *place, uint32_t value) noexcept
    uint64_t fetch_add_u64(uint64_t *place, uint64_t value) noexcept
    void count_u64(uint64_t *place) noexcept
    void count_many_u64(uint64_t *place, uint64_t more) noexcept
    bint exchange_if_u32(uint32_t *place, uint32_t *expected, uint32_t value) noexcept
    void copy_words_out(void *copy, const void *shared, uint32_t bytes) noexcept
    void copy_words_in(void *shared, const void *fresh, uint32_t bytes) noexcept
    void *load_sequential_pointer(void **place) noexcept
    void *exchange_pointer(void **place, void *value) noexcept
