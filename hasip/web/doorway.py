"""Where connections come in: so many at a time, those whose TLS handshake goes on among them.

uvicorn hears of a connection when its handshake has ended. Who never ends it would take a descriptor of the process that routes calls, and not be counted.
"""
import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import structlog

CONNECTIONS_MAX = 512               # a further one is closed at once
HANDSHAKE_S = 10.0
AT_ONCE = 64                        # before others have their turn
OUT_OF_FILES_PAUSE_S = 1.0

log = structlog.get_logger("hasip")


class Doorway:
    """Takes connections in. Owns: the listener, and connections until they are inside. Threads: the loop's."""

    def __init__(self, listener: socket.socket, context: ssl.SSLContext | None, protocol: Callable[[], asyncio.Protocol], inside: set[Any]) -> None:
        """`protocol` makes what speaks on a connection. It is put into `inside` before its connection is made, and leaves it when that is lost."""
        self._listener = listener
        self._context = context
        self._protocol = protocol
        self._inside = inside
        self._loop = asyncio.get_running_loop()
        self._arriving: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Let connections in until the block ends."""
        self._listen()
        try:
            yield
        finally:
            if self._pause:
                self._pause.cancel()
            self._loop.remove_reader(self._listener)
            self._listener.close()
            for task in self._arriving:
                task.cancel()
            if self._arriving:
                await asyncio.wait(self._arriving)

    def _listen(self) -> None:
        self._loop.add_reader(self._listener, self._take_in)

    def _take_in(self) -> None:
        for _ in range(AT_ONCE):
            try:
                stream, _ = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:        # the listener stays readable: without a pause it would take all the time there is
                log.error("no connection is taken in now", error=str(error))
                self._loop.remove_reader(self._listener)
                self._pause = self._loop.call_later(OUT_OF_FILES_PAUSE_S, self._listen)
                return
            if len(self._inside) >= CONNECTIONS_MAX:
                stream.close()
                continue
            stream.setblocking(False)
            protocol = self._protocol()
            self._inside.add(protocol)
            task = self._loop.create_task(self._welcome(stream, protocol))
            self._arriving.add(task)
            task.add_done_callback(partial(self._has_arrived, stream, protocol))

    async def _welcome(self, stream: socket.socket, protocol: asyncio.Protocol) -> None:
        await self._loop.connect_accepted_socket(lambda: protocol, stream, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_S if self._context else None)

    def _has_arrived(self, stream: socket.socket, protocol: asyncio.Protocol, task: asyncio.Task[None]) -> None:
        """See who did not come in; an end may have come before the task began."""
        self._arriving.discard(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            self._inside.discard(protocol)
            stream.close()
        if error is not None and not isinstance(error, OSError):         # those are nobody's business but the stranger's
            log.error("a connection came to nothing", exc_info=error)
