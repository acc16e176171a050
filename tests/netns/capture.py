"""SIP datagrams as they pass the interfaces of a namespace."""
import contextlib
import ipaddress
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.patience import PATIENCE_S
from tests.scenario.message import Address

from .namespace import Namespace

ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
UDP = 17
RECEIVE_BUFFER_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Sighting:
    """One SIP datagram on one interface."""

    interface: str
    is_outgoing: bool
    source: Address
    destination: Address
    datagram: bytes
    at: float               # by time.monotonic(), a moment after it passed

    @property
    def first_line(self) -> str:
        return self.datagram.partition(b"\r\n")[0].decode("utf-8", "replace")


class Capture:
    """What has passed since it was opened. Datagrams count that are dropped on arrival, too.

    A thread gives each its time: the kernel's own stamps are those of the reading until a moment after they were asked for.
    """

    def __init__(self, namespace: Namespace, interface: str = "") -> None:
        self._socket = namespace.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
        self._socket.setblocking(False)
        if interface:
            self._socket.bind((interface, ETH_P_ALL))
        self._seen: list[Sighting] = []
        self._arrived = threading.Condition()
        self._ending, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._follow)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.close()
        self._thread.join()
        self._ending.close()
        self._socket.close()

    def seen(self, start: str = "") -> list[Sighting]:
        """Return what has passed so far, all of it, and whose first line starts with this."""
        with self._arrived:
            self._take_in()
            return [each for each in self._seen if each.first_line.startswith(start)]

    def wait(self, start: str, holds: Callable[[Sighting], bool] = lambda sighting: True, timeout: float = PATIENCE_S) -> Sighting:
        """Return the first that starts with this and meets the claim. Errors: AssertionError after `timeout`."""
        def found() -> Sighting | None:
            return next((each for each in self._seen if each.first_line.startswith(start) and holds(each)), None)

        with self._arrived:
            sighting = self._arrived.wait_for(found, timeout)
        assert sighting, f"no such {start} was seen in {timeout} s, but {[(each.interface, each.first_line) for each in self._seen]}"
        return sighting

    def _follow(self) -> None:
        while self._ending not in select.select([self._socket, self._ending], [], [])[0]:
            with self._arrived:
                self._take_in()
                self._arrived.notify_all()

    def _take_in(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, (interface, _, packet_type, *_) = self._socket.recvfrom(65536)
                found = read_udp(packet)
                if found and b"SIP/2.0" in found[2].partition(b"\r\n")[0]:
                    self._seen.append(Sighting(interface, packet_type == socket.PACKET_OUTGOING, *found, time.monotonic()))


def read_udp(packet: bytes) -> tuple[Address, Address, bytes] | None:
    """Return source, destination and octets of an IP packet with UDP, of a fragmented one those of the first fragment; None for any other."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and packet[9] == UDP and not int.from_bytes(packet[6:8]) & 0x1FFF:
        start, addresses = (packet[0] & 15) * 4, (packet[12:16], packet[16:20])
    elif version == 6 and packet[6] == UDP:
        start, addresses = 40, (packet[8:24], packet[24:40])
    else:
        return None
    source, destination = (str(ipaddress.ip_address(address)) for address in addresses)
    source_port, destination_port = struct.unpack_from(">HH", packet, start)
    return (source, source_port), (destination, destination_port), packet[start + 8:]
