"""What becomes of a message that could not be delivered."""
from collections.abc import Callable

from hasip.transport.reasons import Counters, Reason
from hasip.transport.unanswered import is_ack, is_response

GiveBack = Callable[[bytes], None]


class Returns:
    """Gives requests back, so that another target is tried; a response or an ACK has no other, and is dropped."""

    def __init__(self, give_back: GiveBack, counters: Counters) -> None:
        self._give_back = give_back
        self._counters = counters
        self._is_stopped = False

    def stop(self) -> None:
        """Give nothing back any more: who would send it again finds us closed."""
        self._is_stopped = True

    def undeliverable(self, message: bytes) -> None:
        """Give back a request, drop anything else, count it."""
        if is_response(message):
            self._counters[Reason.RESPONSE_DROPPED] += 1
        elif is_ack(message):
            self._counters[Reason.ACK_DROPPED] += 1
        elif self._is_stopped:
            self._counters[Reason.REQUEST_DROPPED] += 1
        else:
            self._counters[Reason.GIVEN_BACK] += 1
            self._give_back(message)
