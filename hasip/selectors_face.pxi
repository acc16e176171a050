"""Selectors for everyone: the data plane's own policies, one call at a time."""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.routing.selection cimport order_failover, order_only_primary, order_round_robin
from hasip.dataplane.syntax.status cimport default_fails_over
from hasip.dataplane.target cimport TARGETS_MAX


cdef uint8_t checked_legs(int legs) except 0:
    """Return the number of legs. Errors: ValueError outside 1 … 4."""
    if not 1 <= legs <= TARGETS_MAX:
        raise ValueError(f"legs: {legs} is not 1 … {TARGETS_MAX}")
    return <uint8_t>legs


cdef class OnlyPrimary:
    """Selector: always leg 0."""
    cdef uint8_t legs

    def __init__(self, int legs=2):
        self.legs = checked_legs(legs)

    def order(self) -> list[int]:
        """Return the legs to try for one call, in order."""
        cdef uint8_t order[TARGETS_MAX]
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
        cdef uint8_t order[TARGETS_MAX]
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
        cdef uint8_t order[TARGETS_MAX]
        return [order[i] for i in range(order_failover(self.legs, order))]

    def should_fail_over(self, int status) -> bool:
        """Return whether this response of one leg moves the call to the next; the raw code is matched, 599 is not 500."""
        return status in self.codes
