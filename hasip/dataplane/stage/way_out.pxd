"""By which listener a new request leaves for a target that does not say so.

A listener that is bound to an interface leads where that interface leads, and who came in by it is there already. So it is the last to be taken.
"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.atomic cimport load_acquire_u32
from hasip.dataplane.base.endpoint cimport Endpoint, is_ipv4
from hasip.dataplane.stage.workspace cimport Listener, Plane, choose_listener

cdef enum:
    NO_LISTENER = 0xFFFF


cdef inline bint choose_way_out(const Plane *plane, Endpoint *endpoint, uint8_t transport, uint32_t came_by) noexcept nogil:
    """Set the listener of the right family and transport: that of the request or else the first, of those bound to no interface; else another bound one.

    came_by: the request's, or NO_LISTENER, which is for a target that has one way whoever asks. Listeners made for legs lead to them alone. False: none fits.
    """
    cdef uint32_t count = load_acquire_u32(&plane.listener_count), i
    if came_by != NO_LISTENER and not plane.listeners[came_by].has_interface and reaches(&plane.listeners[came_by], endpoint, transport):
        return choose_listener(plane, endpoint, transport, came_by)
    for i in range(count):
        if not plane.listeners[i].has_interface and reaches(&plane.listeners[i], endpoint, transport):
            return choose_listener(plane, endpoint, transport, i)
    for i in range(count):
        if i != came_by and not plane.listeners[i].is_for_legs and reaches(&plane.listeners[i], endpoint, transport):
            return choose_listener(plane, endpoint, transport, i)
    return choose_listener(plane, endpoint, transport, 0)


cdef inline bint reaches(const Listener *listener, const Endpoint *endpoint, uint8_t transport) noexcept nogil:
    """True when family and transport fit."""
    return listener.is_ipv6 != is_ipv4(endpoint) and listener.transport == transport
