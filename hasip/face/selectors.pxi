"""Selectors for everyone: the data plane's own policies, one call at a time."""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.routing.board cimport LEGS_MAX, WITHHELD_ALL
from hasip.dataplane.routing.selection cimport Standing, order_only_primary, order_regions, order_round_robin
from hasip.dataplane.syntax.status cimport default_fails_over


cdef uint8_t checked_legs(int legs) except 0:
    """Return the number of legs. Errors: ValueError outside 1 … 4."""
    if not 1 <= legs <= LEGS_MAX:
        raise ValueError(f"legs: {legs} is not 1 … {LEGS_MAX}")
    return <uint8_t>legs


cdef class OnlyPrimary:
    """Selector: always leg 0."""
    cdef uint8_t legs

    def __init__(self, int legs=2):
        self.legs = checked_legs(legs)

    def order(self) -> list[int]:
        """Return the legs to try for one call, in order."""
        cdef uint8_t order[LEGS_MAX]
        return [order[i] for i in range(order_only_primary(self.legs, order))]


cdef class RoundRobin:
    """Selector: strict alternation over the legs, one attempt."""
    cdef uint8_t legs
    cdef uint32_t cursor

    def __init__(self, int legs=2):
        self.legs = checked_legs(legs)
        self.cursor = 0

    def order(self) -> list[int]:
        """Return the leg for one call; the next call gets the next."""
        cdef uint8_t order[LEGS_MAX]
        cdef uint8_t count = order_round_robin(self.legs, self.cursor, order)
        self.cursor = self.cursor + 1 if self.cursor + 1 < self.legs else 0
        return [order[i] for i in range(count)]


cdef class Failover:
    """Selector: leg 0, then the others in order while should_fail_over() says so."""
    cdef uint8_t legs
    cdef frozenset codes

    def __init__(self, int legs=2, codes=None):
        self.legs = checked_legs(legs)
        self.codes = frozenset(codes) if codes is not None else frozenset(code for code in range(300, 700) if default_fails_over(code))

    def order(self) -> list[int]:
        """Return the legs to try for one call, in order."""
        return list(range(self.legs))

    def should_fail_over(self, int status) -> bool:
        """Return whether this response of one leg moves the call to the next; the raw code is matched, 599 is not 500."""
        return status in self.codes


cdef class Regions:
    """Selector: zones of regions, (0, 0, 1, 1) being two regions of two; in each, turn and turn about over the healthy ones, or strictly in order."""
    cdef uint8_t regions[LEGS_MAX]
    cdef uint8_t legs
    cdef bint is_priority
    cdef uint32_t turn

    def __init__(self, regions=(0, 0, 1, 1), *, bint priority=False):
        self.legs = checked_legs(len(regions))
        if list(regions) != sorted(regions) or not all(0 <= region < LEGS_MAX for region in regions):
            raise ValueError(f"regions: {tuple(regions)} are not numbers 0 … {LEGS_MAX - 1} in order")
        for i in range(self.legs):
            self.regions[i] = regions[i]
        self.is_priority = priority
        self.turn = 0

    def order(self, withheld_percent=(), drained=()) -> list[int]:
        """Return the legs to try for one call, in order, by what is withheld of each one's turns (100: it is down) and which are drained."""
        cdef Standing standings[LEGS_MAX]
        cdef uint8_t order[LEGS_MAX]
        if len(withheld_percent) not in (0, self.legs) or not all(0 <= percent <= WITHHELD_ALL for percent in withheld_percent):
            raise ValueError(f"withheld_percent: {tuple(withheld_percent)} are not {self.legs} times 0 … {WITHHELD_ALL}")
        for i in range(self.legs):
            standings[i].withheld_percent = withheld_percent[i] if withheld_percent else 0
            standings[i].is_drained = i in drained
        self.turn += 1
        return [order[i] for i in range(order_regions(self.regions, standings, self.legs, self.is_priority, self.turn - 1, order))]
