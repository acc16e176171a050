"""HEP packets on their way to Homer: by UDP, without waiting. What does not leave at once is counted, and gone.

Owns: its socket. Threads: the loop's.
"""
import socket
from ipaddress import ip_address

from hasip.hep.packing import Packet, TooLarge, pack

SEND_BUFFER_BYTES = 4 * 1024 * 1024


class Sender:
    """Sends to one capture server."""

    def __init__(self, address: str, port: int, capture_id: int, node_name: str) -> None:
        self.sent = 0
        self.dropped = 0                    # the kernel would not take it, or it is too large
        self._capture_id = capture_id
        self._node_name = node_name.encode()
        self._socket = socket.socket(socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._destination = (address, port)

    def close(self) -> None:
        """Send nothing any more."""
        self._socket.close()

    def send(self, packet: Packet) -> None:
        """Send one message, or count why not."""
        try:
            self._socket.sendto(pack(packet, self._capture_id, self._node_name), self._destination)
        except (OSError, TooLarge):
            self.dropped += 1
        else:
            self.sent += 1
