"""A name server beside the test: the resolver tests' own, in a thread with a loop of its own."""
import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from tests.patience import PATIENCE_S
from tests.resolver.dns_server import DnsServer

Result = TypeVar("Result")


class NameServer:
    """Answers until it is stopped. What it answers changes by `tell`, in its own thread."""

    def __init__(self, network: str) -> None:
        self.network = network                          # first three octets of a /24 for itself and those it names
        self._server = DnsServer(f"{network}.53")
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._is_ready.wait(PATIENCE_S), "the name server does not start"

    @property
    def text(self) -> str:
        """Where it is, as a node file writes it."""
        return self._server.text

    def tell(self, change: Callable[[DnsServer], Result]) -> Result:
        """Change what it answers, or look at what it was asked."""
        async def act() -> Result:
            return change(self._server)

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(PATIENCE_S)

    def stop(self) -> None:
        """Be gone. A second time does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE_S)
        if not self._loop.is_closed():
            self._loop.close()

    async def _serve(self) -> None:
        async with self._server:
            self._is_ready.set()
            await self._stop.wait()
