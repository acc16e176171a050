"""A log-linear histogram (after HdrHistogram): 128 equal buckets for each power of two, so a value is kept to within 1/128 of itself.

Units: the caller's; here nanoseconds. Values below 256 are kept exactly.
"""
from libc.math cimport ceil
from libc.stdint cimport uint32_t, uint64_t


cdef extern from * nogil:
    int __builtin_clzll(unsigned long long word) noexcept

cdef enum:
    BUCKET_BITS = 7
    BUCKETS_PER_POWER = 128
    EXACT_BELOW = 256
    BUCKETS = 7424                  # (64 - 8) * 128 + 256: every 64-bit value has one


cdef struct Histogram:
    uint64_t count
    uint64_t maximum
    uint64_t buckets[BUCKETS]


cdef inline void histogram_add(Histogram *histogram, uint64_t value) noexcept nogil:
    """Count a value."""
    histogram.buckets[bucket_of(value)] += 1
    histogram.count += 1
    if value > histogram.maximum:
        histogram.maximum = value


cdef inline uint64_t histogram_percentile(const Histogram *histogram, double fraction) noexcept nogil:
    """Return the smallest value that at least `fraction` (0 … 1) of all values do not exceed, at most 1/128 too large; 0 when empty."""
    cdef uint64_t wanted = <uint64_t>ceil(fraction * <double>histogram.count), seen = 0
    cdef uint32_t i
    if wanted == 0:
        wanted = 1
    for i in range(BUCKETS):
        seen += histogram.buckets[i]
        if seen >= wanted:
            return min(largest_in_bucket(i), histogram.maximum)
    return histogram.maximum


cdef inline uint32_t bucket_of(uint64_t value) noexcept nogil:
    """Return the bucket of a value: its highest eight bits, behind how often it was halved to get them."""
    cdef uint32_t halvings
    if value < EXACT_BELOW:
        return <uint32_t>value
    halvings = <uint32_t>(63 - __builtin_clzll(value)) - BUCKET_BITS
    return halvings * BUCKETS_PER_POWER + <uint32_t>(value >> halvings)


cdef inline uint64_t largest_in_bucket(uint32_t bucket) noexcept nogil:
    """Return the largest value that falls into a bucket."""
    cdef uint32_t halvings
    if bucket < EXACT_BELOW:
        return bucket
    halvings = bucket // BUCKETS_PER_POWER - 1
    return ((<uint64_t>(bucket - halvings * BUCKETS_PER_POWER) + 1) << halvings) - 1
