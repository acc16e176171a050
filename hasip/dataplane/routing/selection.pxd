"""Who gets a new call: one function per policy, each fills the order in which legs are tried. (HA modes, spec §2)"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.routing.board cimport LEGS_MAX, PASSED_OVER, WITHHELD_ALL

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


cdef struct Standing:                   # of one leg, at the moment a call is admitted
    uint8_t withheld_percent            # of its turns
    uint8_t is_drained


cdef inline uint8_t order_regions(const uint8_t *regions, const Standing *standings, uint8_t legs, bint is_priority, uint32_t turn, uint8_t *order) noexcept nogil:
    """Region by region, in each the healthy legs: in turn, or as they stand. When none is healthy all are tried; a drained one never is.

    A leg that is growing back gives part of its turns to who comes next. Return how many legs are in the order.
    """
    cdef uint8_t count = gather(regions, standings, legs, WITHHELD_ALL - 1, is_priority, turn, order)
    cdef uint8_t i
    if count == 0:
        return gather(regions, standings, legs, WITHHELD_ALL, is_priority, turn, order)
    for i in range(count):
        if not is_passed_over(standings[order[i]].withheld_percent, turn):
            bring_first(order, i)
            break
    return count


cdef inline void prefer_leg(uint8_t *order, uint8_t count, uint8_t leg) noexcept nogil:
    """Let a leg be tried before all others, if it is to be tried at all."""
    cdef uint8_t i
    for i in range(count):
        if order[i] == leg:
            bring_first(order, i)
            return


cdef inline void bring_first(uint8_t *order, uint8_t place) noexcept nogil:
    """Let the leg at a place stand before the others."""
    cdef uint8_t leg = order[place]
    while place:
        order[place] = order[place - 1]
        place -= 1
    order[0] = leg


cdef inline uint8_t gather(const uint8_t *regions, const Standing *standings, uint8_t legs, uint8_t withheld_max, bint is_priority,
                           uint32_t turn, uint8_t *order) noexcept nogil:
    """Put the legs of which no more is withheld into their natural order; return how many."""
    cdef uint8_t count = 0, start = 0, i
    for i in range(legs):
        if i and regions[i] != regions[i - 1]:
            rotate(order + start, count - start, 0 if is_priority else turn)
            start = count
        if not standings[i].is_drained and standings[i].withheld_percent <= withheld_max:
            order[count] = i
            count += 1
    rotate(order + start, count - start, 0 if is_priority else turn)
    return count


cdef inline void rotate(uint8_t *order, uint8_t count, uint32_t turn) noexcept nogil:
    """Let another one stand first at each turn."""
    cdef uint8_t copy[LEGS_MAX]
    cdef uint8_t i
    for i in range(count):
        copy[i] = order[i]
    for i in range(count):
        order[i] = copy[(turn + i) % count]


cdef inline bint is_passed_over(uint8_t withheld_percent, uint32_t turn) noexcept nogil:
    """True for so many of a hundred turns, spread evenly; each leg of a region of two has every second turn, so these are counted in pairs."""
    return withheld_percent >= PASSED_OVER or turn // 2 % 100 * 61 % 100 < withheld_percent


cdef inline bint mode_fails_over(uint8_t mode) noexcept nogil:
    """True in the modes where a far-end failure moves a call on."""
    return mode == MODE_AUTO_FAILOVER or mode == MODE_2T or mode == MODE_4T or mode == MODE_2T4T
