"""Connections from outside: who is let in."""
import errno
import socket
from dataclasses import replace

import pytest

from hasip.transport import accepting
from hasip.transport.sockets import listening_socket
from tests.transport.certificates import Authority, calling
from tests.transport.far_end import client
from tests.transport.loop import on_loop
from tests.transport.node import QUIET, TCP, node
from tests.transport.sip import request
from tests.transport.test_connecting import SOON, tls_in


@on_loop
async def test_connections_above_the_cap_are_closed_at_once_and_one_that_leaves_makes_room() -> None:
    async with node(settings=replace(QUIET, connections_max=1)) as here:
        async with client(here.port) as first, client(here.port) as refused:
            assert await refused.until_closed() == b""
            first.write(request())
            await here.received.get()
        await here.until("closed_by_far_end")
        assert here.counted() == {"inbound_full": 1, "closed_by_far_end": 1}
        await here.until_connections(0)
        async with client(here.port) as second:
            second.write(request())
            await here.received.get()


@on_loop
async def test_connections_of_one_address_above_its_cap_are_closed_at_once() -> None:
    async with node(settings=replace(QUIET, connections_per_source_max=1)) as here, client(here.port), client(here.port) as refused:
        assert await refused.until_closed() == b""
        assert here.counted() == {"inbound_source_full": 1}


@on_loop
async def test_handshakes_that_fail_leave_room(authority: Authority) -> None:
    async with node(tls_in(authority), settings=replace(SOON, connections_max=1)) as here:
        async with client(here.port) as silent:
            await silent.until_closed()
        await here.until("inbound_handshake_timeout")
        async with client(here.port) as silent:
            await silent.until_closed()
        await here.until("inbound_handshake_timeout", 2)
    async with node(tls_in(authority), settings=replace(QUIET, connections_max=1)) as here:
        async with client(here.port) as plain:
            plain.write(request())
            await plain.until_closed()
        await here.until("inbound_handshake_failed")
        async with client(here.port), client(here.port) as refused:
            assert await refused.until_closed() == b""
        await here.until("inbound_handshake_failed", 2)
        async with client(here.port, calling(authority.file), "near.example") as peer:
            peer.write(request())
            await here.received.get()


class OutOfFiles:
    """A listening socket with no file left for the first that comes."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._failures = 1

    def __getattr__(self, name: str) -> object:
        return getattr(self._listener, name)

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        """Fail once."""
        if self._failures:
            self._failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return self._listener.accept()


@on_loop
async def test_out_of_files_the_listener_pauses_and_goes_on() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accepting, "OUT_OF_FILES_PAUSE_S", 0.01)
        patch.setattr("hasip.transport.accepting.listening_socket", lambda *seat: OutOfFiles(listening_socket(*seat)))
        async with node(TCP) as here, client(here.port) as peer:
            peer.write(request())
            await here.received.get()
            assert here.counted() == {"inbound_out_of_files": 1}
