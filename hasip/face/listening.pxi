"""Sockets of listeners, and what the data plane knows of them."""
import socket as sockets
import struct

from libc.stdint cimport uint32_t
from libc.string cimport memcpy

from hasip.dataplane.base.endpoint cimport endpoint_from_host
from hasip.dataplane.stage.workspace cimport HOST_TEXT_BYTES, Listener, Plane
from hasip.privileges import bind_to_interface

cdef enum:
    SOCKET_BUFFER_BYTES = 8388608
    SLEEP_MS = 5                        # how long a receive call sleeps at the most; the wheel's tick is twice that


def bind_udp(str address, int port, str interface, bint is_shared):
    """Return a UDP socket bound to an address. Errors: OSError that names the address."""
    family = sockets.AF_INET6 if ":" in address else sockets.AF_INET
    bound = sockets.socket(family, sockets.SOCK_DGRAM | sockets.SOCK_CLOEXEC)
    try:
        if is_shared:
            bound.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEPORT, 1)
        if family == sockets.AF_INET6:
            bound.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_V6ONLY, 1)
            bound.setsockopt(sockets.IPPROTO_IPV6, 25, 1)       # IPV6_RECVERR
        else:
            bound.setsockopt(sockets.IPPROTO_IP, 11, 1)         # IP_RECVERR
            bound.setsockopt(sockets.IPPROTO_IP, 10, 2)         # IP_MTU_DISCOVER = DO: no IP identification to make up, 2 % of a datagram
        bind_to_interface(bound, interface)
        for option, forced in ((sockets.SO_RCVBUF, 33), (sockets.SO_SNDBUF, 32)):       # SO_RCVBUFFORCE, SO_SNDBUFFORCE
            try:
                bound.setsockopt(sockets.SOL_SOCKET, forced, SOCKET_BUFFER_BYTES)
            except PermissionError:
                bound.setsockopt(sockets.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
        bound.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVTIMEO, struct.pack("ll", 0, SLEEP_MS * 1000))
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"can't listen on {address}:{port}{' on ' + interface if interface else ''}: {error.strerror}") from None
    return bound


def bind_for_workers(str address, int port, str interface, uint32_t workers):
    """Return a UDP socket for each worker, all bound to the same address and port. Errors: OSError that names the address."""
    bound = []
    try:
        for _ in range(workers):
            bound.append(bind_udp(address, bound[0].getsockname()[1] if bound else port, interface, workers > 1))
    except OSError:
        for each in bound:
            each.close()
        raise
    return bound


cdef int describe_listener(Plane *plane, Listener *listener, uint32_t index, int transport, str address, int port, str advertised) except -1:
    """Say what a listener is, before workers may find it."""
    cdef uint32_t i
    is_ipv6 = ":" in address
    sent_by = (advertised or (f"[{address}]:{port}" if is_ipv6 else f"{address}:{port}")).encode()
    if len(sent_by) >= HOST_TEXT_BYTES:
        raise ValueError(f"listener {address}:{port}: advertise is longer than {HOST_TEXT_BYTES - 1} characters")
    memcpy(listener.sent_by, <const char *>sent_by, len(sent_by))
    listener.sent_by_length = len(sent_by)
    for i in range(index):
        if plane.listeners[i].sent_by[:plane.listeners[i].sent_by_length] == sent_by:
            listener.repeats_sent_by = 1
    listener.transport = transport
    listener.is_ipv6 = is_ipv6
    set_endpoint(listener, address, port, index)
    set_advertised(listener, sent_by.decode(), index)
    return 0


cdef int set_endpoint(Listener *listener, str address, int port, uint32_t index) except -1:
    cdef bytes text = address.encode()
    if not endpoint_from_host(&listener.local, text, len(text)):
        raise ValueError(f"listener {address}: not an address")
    listener.local.port = port
    listener.local.listener = index
    listener.advertised = listener.local
    return 0


cdef int set_advertised(Listener *listener, str sent_by, uint32_t index) except -1:
    """Understand the advertised address, if it is one and not a name."""
    host, _, port = sent_by.rpartition(":")
    cdef bytes text = host.encode()
    endpoint_from_host(&listener.advertised, text, len(text))
    listener.advertised.port = int(port)
    listener.advertised.listener = index
    return 0
