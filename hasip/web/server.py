"""A web server inside a loop that is somebody else's: it takes no signals, and ends with its block.

uvicorn wants to own the process: its serve() takes SIGTERM, and ends it when an address is taken. So connections are taken in here, and signals stay the node's.
Of its log only errors count: anybody can send what makes it warn.
"""
import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address

import uvicorn
from starlette.types import ASGIApp

from hasip.web.doorway import CONNECTIONS_MAX, Doorway
from hasip.web.patience import PatientProtocol

LAST_ANSWERS_S = 1          # at the end, requests in progress have so long


class LoopServer(uvicorn.Server):
    """uvicorn without its hands on the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_begun = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and tell. Errors: RuntimeError when the application does not start, for which uvicorn would end the process."""
        try:
            await super().startup(sockets)
        except SystemExit:
            raise RuntimeError("the web application did not start") from None
        finally:
            self.has_begun.set()

    def protocol(self) -> asyncio.Protocol:
        """Return what speaks HTTP on a new connection."""
        return PatientProtocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, address: str, port: int, *, certificate: str = "", key: str = "") -> AsyncIterator[int]:
    """Answer HTTP, or HTTPS with a certificate, until the block ends; yield the port.

    Errors: OSError, which names the address or the file; RuntimeError when the application does not start.
    """
    with bound(address, port) as listener:
        config = uvicorn.Config(app, http=PatientProtocol, ws="none", log_config=None, log_level="error", access_log=False, server_header=False,
                                proxy_headers=False, timeout_graceful_shutdown=LAST_ANSWERS_S, ssl_certfile=certificate or None, ssl_keyfile=key or None)
        try:
            config.load()
        except OSError as error:        # ssl's errors are such
            raise OSError(f"HTTPS with {certificate} and {key}: {error.strerror or error}") from None
        server = LoopServer(config)
        task = asyncio.create_task(server.serve([]))
        try:
            await server.has_begun.wait()
            if not server.started:
                await task              # its error
            async with Doorway(listener, config.ssl, server.protocol, server.server_state.connections).opened():
                yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await asyncio.wait([task])
        task.result()


def bound(address: str, port: int) -> socket.socket:
    """Return a listening socket. Errors: OSError, which names the address."""
    is_ipv6 = ip_address(address).version == 6
    listener = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_ipv6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(CONNECTIONS_MAX)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"{error.strerror}: HTTP on {f'[{address}]' if is_ipv6 else address}:{port}") from None
    return listener
