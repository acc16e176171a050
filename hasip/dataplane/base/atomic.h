/* C11-style atomics for Cython: the memory order is in the name. */
#ifndef HASIP_ATOMIC_H
#define HASIP_ATOMIC_H
#include <stdint.h>

static inline uint32_t load_acquire_u32(const uint32_t *place) { return __atomic_load_n(place, __ATOMIC_ACQUIRE); }
static inline uint64_t load_acquire_u64(const uint64_t *place) { return __atomic_load_n(place, __ATOMIC_ACQUIRE); }
static inline uint32_t load_relaxed_u32(const uint32_t *place) { return __atomic_load_n(place, __ATOMIC_RELAXED); }
static inline uint64_t load_relaxed_u64(const uint64_t *place) { return __atomic_load_n(place, __ATOMIC_RELAXED); }
static inline void store_release_u32(uint32_t *place, uint32_t value) { __atomic_store_n(place, value, __ATOMIC_RELEASE); }
static inline void store_release_u64(uint64_t *place, uint64_t value) { __atomic_store_n(place, value, __ATOMIC_RELEASE); }
static inline void store_relaxed_u32(uint32_t *place, uint32_t value) { __atomic_store_n(place, value, __ATOMIC_RELAXED); }
static inline void store_relaxed_u64(uint64_t *place, uint64_t value) { __atomic_store_n(place, value, __ATOMIC_RELAXED); }
static inline uint64_t load_sequential_u64(const uint64_t *place) { return __atomic_load_n(place, __ATOMIC_SEQ_CST); }
static inline void store_sequential_u64(uint64_t *place, uint64_t value) { __atomic_store_n(place, value, __ATOMIC_SEQ_CST); }
static inline uint32_t load_sequential_u32(const uint32_t *place) { return __atomic_load_n(place, __ATOMIC_SEQ_CST); }
static inline void store_sequential_u32(uint32_t *place, uint32_t value) { __atomic_store_n(place, value, __ATOMIC_SEQ_CST); }
static inline void fence_sequential(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline uint32_t fetch_add_u32(uint32_t *place, uint32_t value) { return __atomic_fetch_add(place, value, __ATOMIC_RELAXED); }
static inline uint64_t fetch_add_u64(uint64_t *place, uint64_t value) { return __atomic_fetch_add(place, value, __ATOMIC_RELAXED); }
/* A counter with one writer: a plain add that other threads may read. */
static inline void count_u64(uint64_t *place) { __atomic_store_n(place, __atomic_load_n(place, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED); }
static inline void count_many_u64(uint64_t *place, uint64_t more) { __atomic_store_n(place, __atomic_load_n(place, __ATOMIC_RELAXED) + more, __ATOMIC_RELAXED); }
static inline int exchange_if_u32(uint32_t *place, uint32_t *expected, uint32_t value) {
    return __atomic_compare_exchange_n(place, expected, value, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}
/* Copies of what another thread may write or read meanwhile: word by word, whole 8-byte words. A sequence around them tells a torn copy. */
static inline void copy_words_out(void *copy, const void *shared, uint32_t bytes) {
    uint64_t *to = copy;
    const uint64_t *from = shared;
    for (uint32_t i = 0; i < bytes / 8; i++)
        to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}
static inline void copy_words_in(void *shared, const void *fresh, uint32_t bytes) {
    uint64_t *to = shared;
    const uint64_t *from = fresh;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    for (uint32_t i = 0; i < bytes / 8; i++)
        __atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
}
static inline void *load_sequential_pointer(void *const *place) { return __atomic_load_n(place, __ATOMIC_SEQ_CST); }
static inline void *exchange_pointer(void **place, void *value) { return __atomic_exchange_n(place, value, __ATOMIC_SEQ_CST); }
#endif
