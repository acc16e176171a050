"""The requests of one connection that no response has come for: what is lost with it, and can be tried elsewhere.

This is no transaction layer: whoever gets a request back knows what has become of its transaction. So reading is cheap, and a mistake costs nothing but a
request given back that was answered.
"""
import re
from collections import OrderedDict

REMEMBERED_S = 32.0             # timers B and F: nobody waits for an answer any longer

BRANCH = re.compile(rb";[ \t]*branch[ \t]*=[ \t]*([^;, \t\r\n]+)", re.IGNORECASE)


class Unanswered:
    """Requests by the branch of their topmost Via, the oldest first, at most `count_max` of them."""

    __slots__ = ("_count_max", "_requests")

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._requests: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._requests)

    def remember(self, request: bytes, now_s: float) -> None:
        """Keep a request that was sent. A CANCEL has its INVITE's branch and does not take its place; an ACK is never answered."""
        if is_ack(request) or (branch := branch_of(request)) is None:
            return
        self._requests.setdefault(branch, (now_s, request))
        while self._requests and (len(self._requests) > self._count_max or self._is_outdated(now_s)):
            self._requests.popitem(last=False)

    def settle(self, response: bytes) -> None:
        """Forget the request that a response answers."""
        if self._requests and (branch := branch_of(response)) is not None:
            self._requests.pop(branch, None)

    def take(self, now_s: float) -> list[bytes]:
        """Return the requests somebody may still wait for, the oldest first, and forget all."""
        requests = [request for since_s, request in self._requests.values() if now_s - since_s < REMEMBERED_S]
        self._requests.clear()
        return requests

    def _is_outdated(self, now_s: float) -> bool:
        since_s, _ = next(iter(self._requests.values()))
        return now_s - since_s >= REMEMBERED_S


def branch_of(message: bytes) -> bytes | None:
    """Return the branch of the topmost Via: the first header that has one. The start line is skipped: a Request-URI may have any parameter."""
    found = BRANCH.search(message, message.find(b"\r\n"))
    return found[1] if found else None


def is_response(message: bytes) -> bool:
    """True for a response: its start line begins with the version."""
    return message[:4].upper() == b"SIP/"


def is_ack(message: bytes) -> bool:
    """True for an ACK."""
    return message.startswith(b"ACK ")
