"""A socket in the router's place, and a load that runs against it."""
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from hasip import Message, parse
from hasip._load import Load
from tests.patience import PATIENCE_S

T1_MS = 20


class Other:
    """A socket in the router's place."""

    def __init__(self, network: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((f"{network}.1", 5060))
        self.socket.settimeout(PATIENCE_S)
        self.source: Any = None
        self.seen: set[bytes] = set()

    def get(self, method: str) -> Message:
        """Return the next message, which has to be this request; repeated ones of other methods are passed over."""
        while True:
            datagram, self.source = self.socket.recvfrom(65536)
            message = parse(datagram)
            if message.method == method:
                self.seen.add(datagram)
                return message
            assert datagram in self.seen

    def answer(self, request: Message, status: int, *, to_tag: str = "other", headers: str = "") -> None:
        """Send a response."""
        names = ("via", "from", "call-id", "cseq")
        echo = "".join(f"{name}: {value}\r\n" for name, value in request.headers if name.lower() in names)
        to = next(value for name, value in request.headers if name.lower() == "to")
        tag = "" if "tag=" in to else f";tag={to_tag}"
        self.socket.sendto(f"SIP/2.0 {status} X\r\n{echo}To: {to}{tag}\r\n{headers}Content-Length: 0\r\n\r\n".encode(), self.source)


@contextmanager
def running(network: str, **settings: Any) -> Iterator[Load]:
    """Run a load against the other's address; wait for its end."""
    seats = tuple((f"{network}.{place}", 5060) for place in (2, 10, 11))
    with ExitStack() as opened:
        sockets = []
        for seat in seats:
            bound = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            bound.bind(seat)
            sockets.append(bound.fileno())
        load = Load(**{"scenario": "basic", "target": (f"{network}.1", 5060), "seats": seats, "sockets": sockets, "number": "+6561230000", "calls": 1,
                       "rate": 1000.0, "timeout_ms": 20_000, "hold_ms": 0, "t1_ms": T1_MS, "refusal_status": 503, "spins": False} | settings)
        thread = threading.Thread(target=load.run)
        thread.start()
        try:
            yield load
        except BaseException:
            load.abandon()
            raise
        finally:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
