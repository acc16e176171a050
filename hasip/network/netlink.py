"""The one file that talks to the kernel about interfaces: netlink sockets, and messages by pyroute2. Source: rtnetlink(7).

pyroute2's own asyncio classes need a datagram transport over the socket, which uvloop refuses for AF_NETLINK; and they end for good when messages are lost. So
the sockets are ours.
"""
import socket
import struct
from collections.abc import Iterable, Iterator
from ipaddress import ip_interface, ip_network
from itertools import count
from typing import Any

from pyroute2.netlink import NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, rtnl
from pyroute2.netlink.rtnl.ifaddrmsg import IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_OPTIMISTIC, IFA_F_SECONDARY, IFA_F_TENTATIVE, ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import IFF_LOOPBACK, IFF_LOWER_UP, IFF_RUNNING, IFF_UP, ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import RTNH_F_DEAD, RTNH_F_LINKDOWN, rtmsg

from hasip.network.news import AddressNews, Kind, LinkNews, News, RouteNews, RoutesMoved

HEADER = struct.Struct("=IHHII")            # length, type, flags, sequence number, port
ERROR = struct.Struct("=i")
DATAGRAM_MAX_BYTES = 65536
KERNEL = 0                                  # the port that it sends from
GROUPS = rtnl.RTMGRP_LINK | rtnl.RTMGRP_IPV4_IFADDR | rtnl.RTMGRP_IPV6_IFADDR | rtnl.RTMGRP_IPV4_ROUTE | rtnl.RTMGRP_IPV6_ROUTE
WITHOUT_STATISTICS = 8                      # RTEXT_FILTER_SKIP_STATS
MAIN_TABLE = 254
UNICAST = 1
ANSWER_MAX_S = 30.0                         # the kernel answers at once, or after whoever holds its lock
INTERRUPTIONS_MAX = 20
DROPPED_AT_ONCE_MAX = 1000

Question = tuple[int, Any, int]             # type, pyroute2's class, family

# What to ask for everything of a kind. Each family by itself: asked for all at once, some kernels leave out the routes of IPv6.
QUESTIONS: dict[Kind, list[Question]] = {
    Kind.LINKS: [(rtnl.RTM_GETLINK, ifinfmsg, socket.AF_UNSPEC)],
    Kind.ADDRESSES: [(rtnl.RTM_GETADDR, ifaddrmsg, socket.AF_INET), (rtnl.RTM_GETADDR, ifaddrmsg, socket.AF_INET6)],
    Kind.ROUTES: [(rtnl.RTM_GETROUTE, rtmsg, socket.AF_INET), (rtnl.RTM_GETROUTE, rtmsg, socket.AF_INET6)],
}
DEFAULT = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}       # a destination that is left out of the message

_sequence_numbers = count(1)


class Interrupted(OSError):
    """Something changed while the kernel listed it: the list may lack entries."""


def open_event_socket(receive_buffer_bytes: int) -> socket.socket:
    """Return a socket on which the kernel tells of each change, in the network namespace of this thread. Errors: OSError."""
    events = open_netlink_socket()
    try:
        events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        events.bind((0, GROUPS))
        events.setblocking(False)
    except OSError:
        events.close()
        raise
    return events


def open_question_socket() -> socket.socket:
    """Return a socket to ask the kernel by, in the network namespace of this thread. Errors: OSError."""
    questions = open_netlink_socket()
    questions.settimeout(ANSWER_MAX_S)
    return questions


def open_netlink_socket() -> socket.socket:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)


def receive(events: socket.socket) -> list[News]:
    """Return the next of what the kernel tells. Errors: BlockingIOError: nothing is there; OSError ENOBUFS: some of it was lost."""
    datagram, (port, _) = events.recvfrom(DATAGRAM_MAX_BYTES)
    return [news for kind, _, _, octets in messages(datagram) for news in read_event(kind, octets)] if port == KERNEL else []


def drop_some(events: socket.socket) -> bool:
    """Throw away what is there, as much as one turn may cost. True once nothing is left: until then the kernel loses more, and does not say so again."""
    for _ in range(DROPPED_AT_ONCE_MAX):
        try:
            events.recv(DATAGRAM_MAX_BYTES)
        except BlockingIOError:
            return True
        except OSError:             # lost some more
            continue
    return False


def ask(questions: socket.socket, kinds: Iterable[Kind]) -> dict[Kind, list[News]]:
    """Return everything of these kinds. Waits for the kernel. Errors: OSError, also when it changes all the time."""
    return {kind: [news for question in QUESTIONS[kind] for news in ask_patiently(questions, question)] for kind in kinds}


def ask_patiently(questions: socket.socket, question: Question) -> list[News]:
    for _ in range(INTERRUPTIONS_MAX):
        try:
            return ask_once(questions, question)
        except Interrupted:
            continue
    raise Interrupted("interfaces, addresses or routes change all the time")


def ask_once(questions: socket.socket, question: Question) -> list[News]:
    """Return everything there is of one type and family. Errors: OSError; Interrupted, which is one."""
    number = next(_sequence_numbers)
    questions.send(written(question, number))
    everything: list[News] = []
    is_interrupted = False
    while True:
        for message_type, flags, answered, octets in messages(questions.recv(DATAGRAM_MAX_BYTES)):
            if answered != number:              # the rest of an answer that was given up
                continue
            is_interrupted |= bool(flags & NLM_F_DUMP_INTR)
            if message_type == NLMSG_ERROR:
                raise_error(octets)
            if message_type == NLMSG_DONE:
                if is_interrupted:
                    raise Interrupted
                return everything
            everything += read_entry(message_type, octets)


def written(question: Question, number: int) -> bytes:
    """Return a request for everything, as the kernel reads it."""
    message_type, message_class, family = question
    message = message_class()
    message["family"] = family
    message["header"]["type"], message["header"]["flags"], message["header"]["sequence_number"] = message_type, NLM_F_REQUEST | NLM_F_DUMP, number
    if message_class is ifinfmsg:
        message["attrs"] = [("IFLA_EXT_MASK", WITHOUT_STATISTICS)]
    message.encode()
    return bytes(message.data)


def messages(datagram: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Return type, flags, sequence number and octets of each message in a datagram."""
    start = 0
    while start + HEADER.size <= len(datagram):
        length, message_type, flags, number, _ = HEADER.unpack_from(datagram, start)
        if length < HEADER.size:
            return
        yield message_type, flags, number, datagram[start:start + length]
        start += (length + 3) & ~3


def raise_error(octets: bytes) -> None:
    code: int = -ERROR.unpack_from(octets, HEADER.size)[0]
    if code:
        raise OSError(code, "netlink request refused")


def read_event(message_type: int, octets: bytes) -> list[News]:
    """Return what an event says, as far as it matters here."""
    match message_type:
        case rtnl.RTM_DELLINK:
            return read_link(octets, is_gone=True)
        case rtnl.RTM_DELADDR:
            return read_address(octets, is_gone=True)
        case rtnl.RTM_NEWROUTE | rtnl.RTM_DELROUTE:
            return [RoutesMoved()] if table_of(decoded(rtmsg, octets)) == MAIN_TABLE else []
    return read_entry(message_type, octets)


def read_entry(message_type: int, octets: bytes) -> list[News]:
    """Return what an entry of a list says, as far as it matters here."""
    match message_type:
        case rtnl.RTM_NEWLINK:
            return read_link(octets, is_gone=False)
        case rtnl.RTM_NEWADDR:
            return read_address(octets, is_gone=False)
        case rtnl.RTM_NEWROUTE:
            return read_route(octets)
    return []


def read_link(octets: bytes, *, is_gone: bool) -> list[News]:
    """Return what is said of a link. A message of a family of its own is about a bridge's port: that the port is gone, not the link."""
    message = decoded(ifinfmsg, octets)
    if message["family"] != socket.AF_UNSPEC:
        return []
    flags = message["flags"]
    # LOWER_UP falls first when a carrier is lost, RUNNING comes last when it returns.
    has_carrier = bool(flags & IFF_LOWER_UP and flags & IFF_RUNNING)
    return [LinkNews(message["index"], message.get_attr("IFLA_IFNAME"), bool(flags & IFF_UP), has_carrier, bool(flags & IFF_LOOPBACK), is_gone)]


def read_address(octets: bytes, *, is_gone: bool) -> list[News]:
    """Return what is said of an address; on a point-to-point link the local one counts."""
    message = decoded(ifaddrmsg, octets)
    address = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
    flags = message.get_attr("IFA_FLAGS") or message["flags"]
    is_unproven = flags & IFA_F_TENTATIVE and not flags & IFA_F_OPTIMISTIC
    return [AddressNews(
        message["index"], ip_interface((address, message["prefixlen"])), is_secondary=bool(flags & (IFA_F_SECONDARY | IFA_F_DEPRECATED)),
        is_gone=bool(is_gone or is_unproven or flags & IFA_F_DADFAILED))]


def read_route(octets: bytes) -> list[News]:
    """Return what is said of a route, once for each link it leads out by; nothing for one that leads nowhere, or is of another table."""
    message = decoded(rtmsg, octets)
    if table_of(message) != MAIN_TABLE or message["type"] != UNICAST or message["family"] not in DEFAULT:
        return []
    network = ip_network((message.get_attr("RTA_DST") or DEFAULT[message["family"]], message["dst_len"]))
    hops = [(hop["oif"], hop["flags"]) for hop in message.get_attr("RTA_MULTIPATH") or ()] or [(message.get_attr("RTA_OIF"), message["flags"])]
    return [RouteNews(index, network) for index, flags in hops if index and not flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)]


def table_of(message: Any) -> int:
    """Return a route's table; one byte is too small for some."""
    table: int = message.get_attr("RTA_TABLE") or message["table"]
    return table


def decoded(message_class: Any, octets: bytes) -> Any:
    """Return a message as pyroute2 reads it."""
    message = message_class(octets)
    message.decode()
    return message
