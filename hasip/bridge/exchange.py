"""Messages between the workers and the streams: what a worker leaves goes out, what comes in goes to a worker."""
import asyncio
from collections.abc import Callable

from hasip._fastpath import Router

Send = Callable[[bytes, int, str, int, int], None]      # message, seat, address, port, flow




class Exchange:
    """The control plane's seat among the workers' rings. Threads: the loop's alone."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.dropped = 0                # the ring to a worker was full

    def open(self, send: Send) -> None:
        """From now on, pass on what workers leave for streams."""
        self._send = send
        asyncio.get_running_loop().add_reader(self._router.doorbell, self._pass_on)

    def close(self) -> None:
        """Pass nothing on any more."""
        asyncio.get_running_loop().remove_reader(self._router.doorbell)

    def receive(self, message: bytes, seat: int, address: str, port: int, flow: int) -> None:
        """Leave a message from a stream for a worker; a full ring drops it, as a full socket would."""
        if not self._router.put_from_stream(message, seat, address, port, flow):
            self.dropped += 1

    def give_back(self, message: bytes) -> None:
        """Tell the worker that its request could not be delivered."""
        self._router.give_back(message)

    def _pass_on(self) -> None:
        for message, seat, address, port, flow in self._router.take_for_streams():
            self._send(message, seat, address, port, flow)
