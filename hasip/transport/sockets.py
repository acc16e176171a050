"""TCP sockets as we want them: bound to a seat's interface and address, without delay, and told when the far end has vanished."""
import contextlib
import socket
from ipaddress import ip_address

from hasip.privileges import bind_to_interface
from hasip.transport.settings import Seat

IP_BIND_ADDRESS_NO_PORT = 24        # Linux; the socket module names it from Python 3.12 on
LISTEN_BACKLOG = 4096
KEEP_ALIVE_IDLE_S = 60
KEEP_ALIVE_INTERVAL_S = 10


def listening_socket(seat: Seat, unacknowledged_ms: int) -> socket.socket:
    """Return the listening socket of a seat; accepted ones are tuned as it is. Errors: OSError, which names the seat."""
    listener = socket.socket(family_of(seat.address), socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listener.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)     # IPv4 has its own seats, and peers their plain addresses
        tune(listener, unacknowledged_ms)
        bind_to_interface(listener, seat.interface)
        listener.bind((seat.address, seat.port))
        listener.listen(LISTEN_BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"{seat.transport} {seat.address} port {seat.port}: cannot listen here: {error.strerror}") from error
    return listener


def outgoing_socket(seat: Seat, address: str, unacknowledged_ms: int) -> socket.socket:
    """Return a socket that will leave by the seat's interface, from its address. Errors: OSError, ValueError for an address that is none."""
    outgoing = socket.socket(family_of(address), socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        tune(outgoing, unacknowledged_ms)
        bind_to_interface(outgoing, seat.interface)
        if not ip_address(seat.address).is_unspecified:
            with contextlib.suppress(OSError):
                # Lets one local port serve for many far ends; without it, 28 000 connections use up the address.
                outgoing.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            outgoing.bind((seat.address, 0))
    except OSError:
        outgoing.close()
        raise
    return outgoing


def tune(stream: socket.socket, unacknowledged_ms: int) -> None:
    """Send at once, and find out within a known time that the far end is gone."""
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unacknowledged_ms)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEP_ALIVE_IDLE_S)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_S)


def family_of(address: str) -> socket.AddressFamily:
    """Return the family of a numeric address. Errors: ValueError."""
    return socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6


def numeric(address: str) -> str:
    """Return a numeric address as the kernel spells it; the zone of a link-local one is left out. Errors: ValueError."""
    return str(ip_address(address.partition("%")[0]))
