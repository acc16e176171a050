"""Copies of messages that workers received and sent, for those who look."""
import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from hasip._fastpath import Message, Router, SipSyntaxError, parse

__all__ = ["NO_SLOT", "Capture", "Message", "Tap"]

NO_SLOT = -1


class Capture(NamedTuple):
    """One message as it was received or sent."""

    at_us: int                  # since 1970
    is_sent: bool
    transport: str              # udp, tcp, tls
    address: str                # ours
    port: int
    far_address: str
    far_port: int
    slot: int                   # of the trunk, if it is one that was asked for; else NO_SLOT
    message: bytes

    def parsed(self) -> Message | None:
        """Return the message as the data plane's parser reads it; None for what is none."""
        try:
            return parse(self.message)
        except SipSyntaxError:
            return None


class Tap:
    """Reads the workers' copies as they come. Threads: the loop's alone."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def open(self, take: Callable[[list[Capture]], None]) -> None:
        """From now on, pass on what workers copy."""
        self._take = take
        asyncio.get_running_loop().add_reader(self._router.tap_doorbell, self._pass_on)

    def close(self) -> None:
        """Want nothing, and pass nothing on any more."""
        self.want()
        asyncio.get_running_loop().remove_reader(self._router.tap_doorbell)

    def want(self, *, everything: bool = False, slots: Iterable[int] = (), numbers: Sequence[str] = (), call_ids: Iterable[str] = ()) -> None:
        """Say what is to be copied; nothing else is any more. Errors: ValueError for more numbers than can be."""
        self._router.tap(everything=everything, slots=slots, numbers=numbers, call_ids=call_ids)

    def _pass_on(self) -> None:
        self._take([Capture(*each) for each in self._router.take_tapped()])
