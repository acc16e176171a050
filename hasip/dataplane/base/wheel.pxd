"""A hierarchical timing wheel (Varghese and Lauck, 1987): four levels of 256 places; arming, moving and disarming are O(1).

Units: ticks of TICK_MS. One timer per identifier; an owner with several deadlines arms the earliest and asks itself what is due.
Owns: its timers. Threads: one.
"""
from libc.stdint cimport uint16_t, uint32_t, uint64_t

from hasip.dataplane.base.memory cimport map_zeroed, unmap

cdef enum:
    TICK_MS = 10
    WHEEL_PLACES = 256
    WHEEL_LEVELS = 4
    NO_TIMER = 0xFFFFFFFF


cdef struct Timer:
    uint32_t next           # identifier + 1 of the next timer in its place, 0: the last
    uint32_t previous       # identifier + 1, 0: the first
    uint32_t due            # tick
    uint16_t place          # 1 + level * WHEEL_PLACES + place, 0: not armed


cdef struct Wheel:
    Timer *timers
    uint32_t capacity
    uint32_t now            # the tick up to which timers have fired
    uint32_t armed
    uint32_t places[WHEEL_LEVELS * WHEEL_PLACES]    # identifier + 1 of the first timer


cdef inline bint wheel_open(Wheel *wheel, uint32_t capacity, uint64_t now_ms) noexcept nogil:
    """Make room for the timers 0 ≤ identifier < capacity. False: no memory."""
    cdef int i
    for i in range(WHEEL_LEVELS * WHEEL_PLACES):
        wheel.places[i] = 0
    wheel.capacity = capacity
    wheel.now = wheel_tick(now_ms)
    wheel.armed = 0
    wheel.timers = <Timer *>map_zeroed(sizeof(Timer) * capacity)
    return wheel.timers != NULL


cdef inline void wheel_close(Wheel *wheel) noexcept nogil:
    unmap(wheel.timers, sizeof(Timer) * wheel.capacity)


cdef inline uint32_t wheel_tick(uint64_t ms) noexcept nogil:
    """Return the tick of a moment; ticks wrap after 497 days and are compared by difference."""
    return <uint32_t>(ms // TICK_MS)


cdef inline void wheel_arm(Wheel *wheel, uint32_t identifier, uint64_t due_ms) noexcept nogil:
    """Let the timer fire once, at the first tick at or after due_ms and never at the tick that fires now; an armed timer moves.

    due_ms lies less than 248 days ahead: what is further (2^31 ticks) counts as past, and fires at the next tick.
    """
    wheel_disarm(wheel, identifier)
    wheel.timers[identifier].due = wheel_tick(due_ms + TICK_MS - 1)
    if <int>(wheel.timers[identifier].due - wheel.now) < 1:
        wheel.timers[identifier].due = wheel.now + 1
    wheel_place(wheel, identifier)
    wheel.armed += 1


cdef inline void wheel_disarm(Wheel *wheel, uint32_t identifier) noexcept nogil:
    """Keep the timer from firing; one that is not armed is left alone."""
    cdef Timer *timer = &wheel.timers[identifier]
    if not timer.place:
        return
    if timer.previous:
        wheel.timers[timer.previous - 1].next = timer.next
    else:
        wheel.places[timer.place - 1] = timer.next
    if timer.next:
        wheel.timers[timer.next - 1].previous = timer.previous
    timer.place = 0
    wheel.armed -= 1


cdef inline uint32_t wheel_pop_due(Wheel *wheel, uint64_t now_ms) noexcept nogil:
    """Disarm and return a timer that is due at now_ms, or NO_TIMER when none is left and the wheel stands at now_ms."""
    cdef uint32_t target = wheel_tick(now_ms)
    cdef uint32_t link
    while True:
        link = wheel.places[wheel.now & (WHEEL_PLACES - 1)]
        if link:
            wheel_disarm(wheel, link - 1)
            return link - 1
        if <int>(target - wheel.now) <= 0:
            return NO_TIMER
        if not wheel.armed:
            wheel.now = target
            return NO_TIMER
        wheel.now += 1
        wheel_cascade(wheel)


cdef inline int wheel_wait_ms(const Wheel *wheel, uint64_t now_ms) noexcept nogil:
    """Return how long nothing can become due: milliseconds from now_ms, -1 when nothing is armed."""
    cdef uint32_t ahead
    if not wheel.armed:
        return -1
    for ahead in range(1, WHEEL_PLACES + 1):
        if wheel.places[(wheel.now + ahead) & (WHEEL_PLACES - 1)] or not (wheel.now + ahead) & (WHEEL_PLACES - 1):
            break
    return <int>max(0, <long>((<uint64_t>ahead * TICK_MS) - (now_ms - now_ms // TICK_MS * TICK_MS))
                    + <long>(<int>(wheel.now - wheel_tick(now_ms))) * TICK_MS)


cdef inline void wheel_place(Wheel *wheel, uint32_t identifier) noexcept nogil:
    """Link a timer into the place its distance asks for."""
    cdef Timer *timer = &wheel.timers[identifier]
    cdef uint32_t distance = timer.due - wheel.now
    cdef uint32_t level = 0
    cdef uint32_t *head
    while level < WHEEL_LEVELS - 1 and distance >= <uint32_t>1 << 8 * (level + 1):
        level += 1
    timer.place = <uint16_t>(1 + level * WHEEL_PLACES + ((timer.due >> 8 * level) & (WHEEL_PLACES - 1)))
    head = &wheel.places[timer.place - 1]
    timer.previous = 0
    timer.next = head[0]
    if head[0]:
        wheel.timers[head[0] - 1].previous = identifier + 1
    head[0] = identifier + 1


cdef inline void wheel_cascade(Wheel *wheel) noexcept nogil:
    """Where a level has gone round, spread the next place of the level above over it."""
    cdef uint32_t level, link, following
    cdef uint32_t *head
    for level in range(1, WHEEL_LEVELS):
        if wheel.now & ((<uint32_t>1 << 8 * level) - 1):
            return
        head = &wheel.places[level * WHEEL_PLACES + ((wheel.now >> 8 * level) & (WHEEL_PLACES - 1))]
        link = head[0]
        head[0] = 0
        while link:
            following = wheel.timers[link - 1].next
            wheel_place(wheel, link - 1)
            link = following
