"""How a call ends: when nobody waits for anything any more, or when its time is up."""
from libc.stdint cimport uint32_t

from hasip.dataplane.base.arena cimport arena_give
from hasip.dataplane.base.atomic cimport count_u64
from hasip.dataplane.base.block cimport release_bytes
from hasip.dataplane.base.wheel cimport wheel_disarm
from hasip.load.call cimport DONE, FAILURE_NONE, FAILURE_STATUS, Call, fail, is_leg_open
from hasip.load.generator cimport Generator, arm_call
from hasip.load.plan cimport PRIMARY, SEATS, SECONDARY


cdef inline void settle(Generator *generator, Call *call) noexcept nogil:
    """Something happened to a call: end it, or wait for what comes next."""
    if call.state == DONE and not is_leg_open(&call.legs[PRIMARY]) and not is_leg_open(&call.legs[SECONDARY]):
        end_call(generator, call)
    else:
        arm_call(generator, call)


cdef inline void end_call(Generator *generator, Call *call) noexcept nogil:
    """Count the call and give its record back."""
    cdef uint32_t seat
    wheel_disarm(&generator.wheel, call.slot)
    release_bytes(&generator.blocks, &call.dialog)
    for seat in range(PRIMARY, SEATS):
        release_bytes(&generator.blocks, &call.legs[seat].echo)
    generator.last_ns = generator.now_ns
    if call.failure == FAILURE_NONE:
        count_u64(&generator.counters.completed)
    else:
        count_u64(&generator.counters.failed)
        generator.counters.failures[call.failure] += 1
        if call.failure == FAILURE_STATUS:
            generator.counters.wrong_statuses[call.status] += 1
    arena_give(&generator.calls, call.slot)


cdef inline void caller_is_done(Generator *generator, Call *call) noexcept nogil:
    """The caller waits for nothing more; how its call came out is judged here."""
    call.state = DONE
    call.due_ms = 0
    if call.status != generator.plan.right_status:
        fail(call, FAILURE_STATUS)
