"""Room for message bytes that outlive their datagram: three sizes of block, each READABLE_BEHIND bytes longer than it promises.

Owns: the blocks. Threads: one.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from hasip.dataplane.base.memory cimport map_zeroed, unmap

cdef enum:
    BLOCK_SIZES = 3
    BLOCK_READABLE_BEHIND = 64
    NO_BLOCK = 0


cdef struct BlockPool:
    uint8_t *blocks
    uint32_t *free_stack
    uint32_t block_bytes
    uint32_t capacity
    uint32_t fresh
    uint32_t free_count


cdef struct BlockStore:
    BlockPool pools[BLOCK_SIZES]


cdef struct StoredBytes:
    uint32_t block          # NO_BLOCK, or 1 + (index << 2 | pool)
    uint16_t length


cdef inline bint block_store_open(BlockStore *store, uint32_t small, uint32_t middle, uint32_t large) noexcept nogil:
    """Map room for so many blocks of 512 bytes, 2 KiB and 64 KiB. False: no memory."""
    return (pool_open(&store.pools[0], 512, small) and pool_open(&store.pools[1], 2048, middle)
            and pool_open(&store.pools[2], 65536, large))


cdef inline bint pool_open(BlockPool *pool, uint32_t block_bytes, uint32_t capacity) noexcept nogil:
    pool.block_bytes = block_bytes
    pool.capacity = capacity
    pool.fresh = 0
    pool.free_count = 0
    pool.blocks = <uint8_t *>map_zeroed(<size_t>block_bytes * capacity)
    pool.free_stack = <uint32_t *>map_zeroed(sizeof(uint32_t) * capacity)
    return pool.blocks != NULL and pool.free_stack != NULL


cdef inline void block_store_close(BlockStore *store) noexcept nogil:
    cdef int i
    for i in range(BLOCK_SIZES):
        unmap(store.pools[i].blocks, <size_t>store.pools[i].block_bytes * store.pools[i].capacity)
        unmap(store.pools[i].free_stack, sizeof(uint32_t) * store.pools[i].capacity)


cdef inline bint store_bytes(BlockStore *store, StoredBytes *stored, const uint8_t *place, size_t length) noexcept nogil:
    """Copy bytes into the smallest free block that holds them, replacing what `stored` held. False: no room, `stored` is empty."""
    cdef uint32_t i, index
    cdef BlockPool *pool
    release_bytes(store, stored)
    for i in range(BLOCK_SIZES):
        pool = &store.pools[i]
        if length + BLOCK_READABLE_BEHIND > pool.block_bytes:
            continue
        if pool.free_count:
            pool.free_count -= 1
            index = pool.free_stack[pool.free_count]
        elif pool.fresh < pool.capacity:
            index = pool.fresh
            pool.fresh += 1
        else:
            continue
        memcpy(pool.blocks + <size_t>pool.block_bytes * index, place, length)
        stored.block = 1 + (index << 2 | i)
        stored.length = <uint16_t>length
        return True
    return False


cdef inline const uint8_t *stored_bytes(const BlockStore *store, const StoredBytes *stored) noexcept nogil:
    """Return the stored bytes, or NULL when there are none."""
    cdef uint32_t handle = stored.block - 1
    if stored.block == NO_BLOCK:
        return NULL
    return store.pools[handle & 3].blocks + <size_t>store.pools[handle & 3].block_bytes * (handle >> 2)


cdef inline void release_bytes(BlockStore *store, StoredBytes *stored) noexcept nogil:
    """Give the block back, if there is one."""
    cdef uint32_t handle = stored.block - 1
    cdef BlockPool *pool
    if stored.block == NO_BLOCK:
        return
    pool = &store.pools[handle & 3]
    pool.free_stack[pool.free_count] = handle >> 2
    pool.free_count += 1
    stored.block = NO_BLOCK
    stored.length = 0
