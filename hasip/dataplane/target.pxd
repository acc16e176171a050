"""One place a request can be sent to, and the rule by which a call moves on from there. Routing fills them in, transactions carry them along."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from hasip.dataplane.base.endpoint cimport Endpoint

cdef enum:
    TARGETS_MAX = 8
    NO_ACCOUNT = 0xFFFFFFFF
    FAILOVER_WORDS = 7              # 400 bits: the codes 300 … 699


cdef enum TargetKind:
    TARGET_ADDRESS = 0
    TARGET_REGISTERED = 1           # where its binding says; without one: "user not registered"
    TARGET_UNREACHABLE = 2          # no way there from here: a far-end connection error

cdef enum ProgressPolicy:           # what ringing does to failover on 408 and 480
    PROGRESS_ALWAYS = 0
    PROGRESS_NO_EARLY_MEDIA = 1
    PROGRESS_NEVER = 2


cdef struct Target:
    Endpoint endpoint
    uint8_t kind                    # TargetKind
    uint8_t transport               # Transport
    uint8_t takes_large_by_tcp      # a request above the path MTU may go there by TCP
    uint8_t leg                     # index of the trunk's leg
    uint8_t has_seat                # it is reached by endpoint.listener and no other
    uint32_t account                # account_number() of the leg on the board, or NO_ACCOUNT


cdef struct FailoverRule:
    uint64_t codes[FAILOVER_WORDS]  # bit (code - 300): that code moves the call on
    uint32_t no_response_ms
    uint32_t ring_timeout_ms        # 0: off
    uint8_t fails_over              # 0: one attempt, whatever the result
    uint8_t after_progress          # ProgressPolicy


cdef inline bint moves_on(const FailoverRule *rule, uint16_t status) noexcept nogil:
    """True when the raw status code is in the rule's table; 599 is not 500 here."""
    cdef uint32_t bit = status - 300
    if status < 300 or status > 699:
        return False
    return (rule.codes[bit >> 6] >> (bit & 63)) & 1
