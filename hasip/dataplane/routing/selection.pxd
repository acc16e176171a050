"""Who gets a new call: one function per policy, each fills the order in which legs are tried. (HA modes, spec §2)"""
from libc.stdint cimport uint8_t, uint32_t

cdef enum Mode:
    MODE_ONLY_PRIMARY = 0
    MODE_LOAD_BALANCING = 1
    MODE_AUTO_FAILOVER = 2
    MODE_2T = 3
    MODE_4T = 4
    MODE_2T4T = 5


cdef inline uint8_t order_only_primary(uint8_t legs, uint8_t *order) noexcept nogil:
    """The first leg and no other. Return how many legs are in the order."""
    order[0] = 0
    return 1 if legs else 0


cdef inline uint8_t order_round_robin(uint8_t legs, uint32_t cursor, uint8_t *order) noexcept nogil:
    """Strict alternation, one attempt: neither health nor past failures are looked at."""
    order[0] = <uint8_t>(cursor % legs) if legs else 0
    return 1 if legs else 0


cdef inline uint8_t order_failover(uint8_t legs, uint8_t *order) noexcept nogil:
    """The first leg, then the others as they stand in the configuration."""
    cdef uint8_t i
    for i in range(legs):
        order[i] = i
    return legs


cdef inline bint mode_fails_over(uint8_t mode) noexcept nogil:
    """True in the modes where a far-end failure moves a call on."""
    return mode == MODE_AUTO_FAILOVER or mode == MODE_2T or mode == MODE_4T or mode == MODE_2T4T
