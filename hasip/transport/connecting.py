"""Makes a connection within its time, outwards and for those from outside; what goes wrong becomes a reason in one place."""
import asyncio
import errno
import socket
import ssl

from hasip.transport.connection import Connection
from hasip.transport.reasons import Reason
from hasip.transport.settings import StreamSettings
from hasip.transport.sockets import outgoing_socket

SHUTDOWN_S = 1.0            # for the far end's close_notify; our own comes first


class ConnectError(Exception):
    """A connection did not come about."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.sentence} ({detail})" if detail else reason.sentence)
        self.reason = reason


async def connect(connection: Connection, context: ssl.SSLContext | None, settings: StreamSettings) -> None:
    """Connect to the connection's far end; return when it is open. Errors: ConnectError."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + settings.connect_tls_ms / 1000
    within_ms = settings.connect_ms if context is None else min(settings.connect_ms, settings.connect_tls_ms)
    stream = await connect_tcp(connection, within_ms / 1000, settings.unacknowledged_ms)
    try:
        if context is None:
            await loop.create_connection(lambda: connection, sock=stream)
        else:
            await loop.create_connection(lambda: connection, sock=stream, ssl=context, server_hostname=connection.host_name,
                                         ssl_handshake_timeout=max(deadline_s - loop.time(), 0.001), ssl_shutdown_timeout=SHUTDOWN_S)
    except (OSError, ValueError) as error:
        raise ConnectError(handshake_reason(error), detail_of(error)) from error
    except asyncio.CancelledError:
        connection.abandon()
        raise
    if not connection.has_opened:
        raise ConnectError(Reason.HANDSHAKE_FAILED, "")


async def connect_tcp(connection: Connection, within_s: float, unacknowledged_ms: int) -> socket.socket:
    """Return a connected socket. Errors: ConnectError."""
    stream: socket.socket | None = None
    try:
        stream = outgoing_socket(connection.seat, connection.address, unacknowledged_ms)
        async with asyncio.timeout(within_s):
            await asyncio.get_running_loop().sock_connect(stream, (connection.address, connection.port))
        return stream
    except BaseException as error:
        if stream is not None:
            stream.close()
        if isinstance(error, OSError | ValueError):
            raise ConnectError(connect_reason(error), detail_of(error)) from error
        raise


async def welcome(connection: Connection, stream: socket.socket, context: ssl.SSLContext | None, settings: StreamSettings) -> None:
    """Make an accepted socket a connection; return when it is open. Errors: ConnectError."""
    loop = asyncio.get_running_loop()
    within_s = settings.inbound_handshake_ms / 1000
    try:
        if context is None:
            await loop.connect_accepted_socket(lambda: connection, stream)
        else:
            await loop.connect_accepted_socket(lambda: connection, stream, ssl=context, ssl_handshake_timeout=within_s, ssl_shutdown_timeout=SHUTDOWN_S)
    except OSError as error:
        reason = Reason.INBOUND_HANDSHAKE_TIMEOUT if handshake_reason(error) is Reason.HANDSHAKE_TIMEOUT else Reason.INBOUND_HANDSHAKE_FAILED
        raise ConnectError(reason, detail_of(error)) from error
    except asyncio.CancelledError:
        connection.abandon()
        raise
    if not connection.has_opened:
        raise ConnectError(Reason.INBOUND_HANDSHAKE_FAILED, "")


def connect_reason(error: Exception) -> Reason:
    """Return why TCP did not connect."""
    if isinstance(error, TimeoutError) or getattr(error, "errno", None) == errno.ETIMEDOUT:
        return Reason.CONNECT_TIMEOUT
    return Reason.REFUSED if isinstance(error, ConnectionError) else Reason.UNREACHABLE


def handshake_reason(error: Exception) -> Reason:
    """Return why TLS did not begin. uvloop's own timer says ConnectionAbortedError."""
    if isinstance(error, TimeoutError | ConnectionAbortedError):
        return Reason.HANDSHAKE_TIMEOUT
    return Reason.CERTIFICATE_REFUSED if isinstance(error, ssl.SSLCertVerificationError) else Reason.HANDSHAKE_FAILED


def detail_of(error: Exception) -> str:
    """Return what is worth logging of an error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return str(error)
