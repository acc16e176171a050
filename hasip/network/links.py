"""Follows the interfaces of this machine, and tells of changes."""
import asyncio
import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import structlog

from hasip.background import beside
from hasip.network.link import Link
from hasip.network.netlink import ask, drop_all, open_event_socket, open_question_socket, receive
from hasip.network.news import Kind, News
from hasip.network.table import Table

RECEIVE_BUFFER_BYTES = 1 << 20
RETRY_S = 1.0               # after the kernel could not answer

log = structlog.get_logger("hasip", area="network")


class Links:
    """The interfaces of the network namespace it is entered in: `async with` asks for all of them, then follows what the kernel tells.

    An event counts at once; what it may have done to routes is asked for after it, in a thread, because the kernel answers only when nobody else changes
    interfaces. Owns: two netlink sockets, a task. Threads: the loop's, where `on_change` is called too, with `current` renewed, once per change of a link.
    """

    def __init__(self, on_change: Callable[[str], None], *, receive_buffer_bytes: int = RECEIVE_BUFFER_BYTES) -> None:
        self._on_change = on_change
        self._receive_buffer_bytes = receive_buffer_bytes
        self._current: Mapping[str, Link] = {}
        self._table = Table()
        self._stale = set(Kind)                     # what has to be asked for
        self._is_stale = asyncio.Event()
        self._meanwhile: list[News] | None = None   # told while we ask, which makes it newer than the answer
        self._stack = contextlib.AsyncExitStack()

    @property
    def current(self) -> Mapping[str, Link]:
        """The interfaces there are, by name. It is replaced, never changed."""
        return self._current

    async def __aenter__(self) -> Self:
        """Ask for everything, and follow. Errors: OSError."""
        self._loop = asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as stack:
            self._events = stack.enter_context(open_event_socket(self._receive_buffer_bytes))
            self._questions = stack.enter_context(open_question_socket())
            self._asking = stack.enter_context(ThreadPoolExecutor(1, "links"))      # left before the socket it uses is closed
            await self._ask()
            self._current = self._table.current()
            self._loop.add_reader(self._events, self._take_event)       # what was told since it was opened comes on top now
            stack.callback(self._loop.remove_reader, self._events)
            await stack.enter_async_context(beside(self._follow()))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Follow no longer."""
        await self._stack.aclose()

    def _take_event(self) -> None:
        """Take in one event. After a loss everything is asked for again."""
        try:
            everything = receive(self._events)
        except BlockingIOError:
            return
        except OSError:
            drop_all(self._events)
            self._forget(*Kind)
            return
        if self._meanwhile is not None:
            self._meanwhile += everything
        for news in everything:
            if self._table.learn(news):
                self._forget(Kind.ROUTES)
        self._tell()

    def _forget(self, *kinds: Kind) -> None:
        self._stale.update(kinds)
        self._is_stale.set()

    async def _follow(self) -> None:
        """Ask again for what may have changed, whenever something may have."""
        while True:
            await self._is_stale.wait()
            try:
                await self._ask()
            except OSError as error:
                log.warning("the kernel does not list interfaces; asked again soon", error=str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self._tell()

    async def _ask(self) -> None:
        """Ask for what is stale, and bring what was told meanwhile on top. Errors: OSError; it stays stale then."""
        kinds, self._stale = self._stale, set()
        self._is_stale.clear()
        meanwhile: list[News] = []
        self._meanwhile = meanwhile
        try:
            answers = await self._loop.run_in_executor(self._asking, ask, self._questions, kinds)
        except OSError:
            self._forget(*kinds)
            raise
        finally:
            self._meanwhile = None
        for kind, everything in answers.items():
            self._table.replace(kind, everything)
        for news in meanwhile:
            self._table.learn(news)

    def _tell(self) -> None:
        """Say which links are not as they were."""
        before, self._current = self._current, self._table.current()
        for name in sorted(before.keys() | self._current.keys()):
            if before.get(name) != self._current.get(name):
                self._loop.call_soon(self._on_change, name)     # an error of its own then ends nothing here
