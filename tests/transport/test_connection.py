"""The life of a connection: what it gives back, what it puts up with, and what ends it."""
import asyncio
import socket
from dataclasses import replace
from typing import cast

import pytest

from hasip.transport.admission import Admission
from hasip.transport.connection import Connection, Surroundings
from hasip.transport.directory import Directory
from hasip.transport.failures import FailureLog
from hasip.transport.framing import KeepAlive
from hasip.transport.prewarming import Prewarmer
from hasip.transport.reasons import Counters, Reason, fresh_counters
from hasip.transport.returns import Returns
from tests.transport.certificates import Authority, serving
from tests.transport.clock import Clock
from tests.transport.far_end import client, far_end
from tests.transport.loop import on_loop
from tests.transport.node import QUIET, TCP, node
from tests.transport.sip import request, response
from tests.transport.test_connecting import TLS_OUT


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        """Say that all has left."""
        return 0

    def close(self) -> None:
        """Do nothing."""

    def abort(self) -> None:
        """Do nothing."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


def alone(clock: Clock) -> tuple[Connection, Counters]:
    """Return an open connection from outside that knows no time but the clock's, and its counters."""
    counters = fresh_counters()
    directory = Directory(Admission(1, 1), Prewarmer(lambda place: None), FailureLog())
    returns = Returns(lambda message: None, counters)
    surroundings = Surroundings(cast(asyncio.AbstractEventLoop, clock), QUIET, counters, lambda *received: None, returns, directory)
    connection = Connection(surroundings, TCP, "192.0.2.1", 5060, 1, is_outgoing=False)
    connection.connection_made(Wire())
    return connection, counters


def written(connection: Connection) -> list[bytes]:
    """Return what a connection wrote."""
    return cast(Wire, connection._transport).written


@on_loop
async def test_a_reset_gives_back_the_unanswered_requests_and_not_the_answered() -> None:
    async with node() as here, far_end() as there:
        for message in (request("answered"), request("a"), request("b", "ACK"), request("c"), response("d")):
            here.send(message, there.port)
        peer = await there.peers.get()
        for _ in range(5):
            await peer.message()
        peer.write(response("answered", "100 Trying"))
        await here.received.get()
        peer.reset()
        assert [await here.given_back.get(), await here.given_back.get()] == [request("a"), request("c")]
        assert here.counted() == {"reset": 1, "given_back": 2} and here.given_back.empty()


@on_loop
async def test_a_far_end_that_closes_gives_back_the_unanswered_requests() -> None:
    async with node() as here, far_end() as there:
        here.send(request(), there.port)
        peer = await there.peers.get()
        await peer.message()
        await peer.close()
        assert await here.given_back.get() == request()
        assert here.counted() == {"closed_by_far_end": 1, "given_back": 1}


@on_loop
async def test_a_tls_far_end_that_closes_gives_back_the_unanswered_requests(authority: Authority) -> None:
    context = serving(authority.issue("127.0.0.1"))
    async with node(TLS_OUT, settings=replace(QUIET, ca=authority.file)) as here, far_end(context) as there:
        for branch in ("closed", "reset"):
            here.send(request(branch), there.port)
            peer = await there.peers.get()
            await peer.message()
            if branch == "closed":
                await peer.close()
            else:
                peer.reset()
            assert await here.given_back.get() == request(branch)


@on_loop
async def test_requests_on_a_connection_from_outside_are_given_back_with_it() -> None:
    async with node() as here, client(here.port) as peer:
        peer.write(request("a"))
        flow = (await here.received.get()).flow
        here.send(request("b"), peer.port, flow=flow)
        await peer.message()
        peer.reset()
        assert await here.given_back.get() == request("b")


@on_loop
async def test_a_half_closed_connection_is_finished_by_closing() -> None:
    async with node() as here, client(here.port) as peer:
        peer.write(request("a"))
        flow = (await here.received.get()).flow
        here.send(response("a"), peer.port, flow=flow)
        here.send(request("b"), peer.port, flow=flow)
        peer.writer.write_eof()
        assert await peer.until_closed() == response("a") + request("b")
        assert await here.given_back.get() == request("b")
        assert here.streams.connections() == []


@on_loop
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_far_end_that_stops_reading_is_given_up_and_delays_nobody(transport: str, authority: Authority) -> None:
    context = serving(authority.issue("127.0.0.1")) if transport == "tls" else None
    seat = TLS_OUT if context else TCP
    async with node(seat, settings=replace(QUIET, ca=authority.file)) as here, far_end(context) as stalled, far_end(context) as there:
        here.send(request("first"), stalled.port)
        here.send(request("other 1"), there.port)
        stalled_peer, peer = await stalled.peers.get(), await there.peers.get()
        await here.until_connections(2)
        stalled_peer.stop_reading()
        while not here.streams.counters["backlog"]:
            here.send(request("stalled", body=b"x" * 60_000), stalled.port)
        here.send(request("other 2"), there.port)
        assert [await peer.message(), await peer.message()] == [request("other 1"), request("other 2")]
        assert [await here.given_back.get(), await here.given_back.get()] == [request("first"), request("stalled", body=b"x" * 60_000)]
        assert [connection.port for connection in here.streams.connections()] == [there.port]


@on_loop
async def test_pings_to_a_connection_that_is_not_read_do_not_pile_up() -> None:
    async with node(settings=replace(QUIET, backlog_max_bytes=1000)) as here, client(here.port) as peer:
        peer.stop_reading()
        await here.until_connections(1)
        for connection in here.streams._directory:
            cast(asyncio.Transport, connection._transport).get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        while here.streams.connections():
            peer.write(b"\r\n\r\n" * 1000)
            await asyncio.sleep(0)
        assert here.counted() == {"backlog": 1}


@on_loop
@pytest.mark.parametrize(("octets", "reason"), [
    (b"\x16\x03\x01", "malformed"), (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "malformed"), (b"OPTIONS sip:a SIP/2.0\r\nl: -1\r\n\r\n", "malformed"),
    (b"OPTIONS sip:a SIP/2.0\r\nl: 65536\r\n\r\n", "oversized"), (b"x" * 20_000, "oversized")])
async def test_what_is_no_sip_closes_the_connection(octets: bytes, reason: str) -> None:
    async with node() as here, client(here.port) as peer:
        peer.write(request() + octets)
        await peer.until_closed()
        assert here.counted() == {reason: 1}
        assert (await here.received.get()).message == request() and here.received.empty()


@on_loop
async def test_garbage_from_a_far_end_gives_its_requests_back() -> None:
    async with node() as here, far_end() as there:
        here.send(request(), there.port)
        (await there.peers.get()).write(b"\0")
        assert await here.given_back.get() == request()


@on_loop
async def test_a_message_that_begins_and_does_not_end_closes_the_connection() -> None:
    async with node(settings=replace(QUIET, message_timeout_s=0.02)) as here, client(here.port) as peer:
        peer.write(request("a") + request("b")[:-1])
        await peer.until_closed()
        assert here.counted() == {"slow_message": 1}
        assert (await here.received.get()).message == request("a")


def test_the_time_of_a_message_begins_anew_with_each(clock: Clock) -> None:
    connection, counters = alone(clock)
    connection.data_received(request()[:9])
    for now_s in (9.0, 18.0, 27.0):
        clock.go_to(now_s)
        connection.data_received(request()[9:] + request()[:9])
    clock.go_to(36.9)
    assert connection.is_open
    clock.go_to(37.0)
    assert counters[Reason.SLOW_MESSAGE] == 1


def test_a_message_that_begins_after_a_pause_has_its_whole_time(clock: Clock) -> None:
    connection, _ = alone(clock)
    connection.data_received(request() + request()[:9])
    clock.go_to(9.0)
    connection.data_received(request()[9:])
    connection.data_received(request()[:9])
    clock.go_to(18.9)
    assert connection.is_open
    connection.data_received(request()[9:])
    clock.go_to(100.0)
    assert connection.is_open


@on_loop
async def test_byte_by_byte_a_message_comes_in_whole() -> None:
    async with node() as here, client(here.port) as peer:
        for octet in request(body=b"body"):
            peer.write(bytes([octet]))
            await peer.writer.drain()
        assert (await here.received.get()).message == request(body=b"body")


@on_loop
async def test_rfc5626_4_4_1_a_ping_is_answered_with_a_pong() -> None:
    async with node() as here, client(here.port) as peer:
        peer.write(b"\r\n\r\n" + request() + b"\r\n\r\n")
        assert await peer.reader.readexactly(4) == b"\r\n\r\n"
        assert (await here.received.get()).message == request()


@on_loop
async def test_rfc5626_3_5_1_connections_we_made_are_pinged_and_pongs_are_nothing() -> None:
    async with node(settings=replace(QUIET, keep_alive=True, keep_alive_s=0.01)) as here, far_end() as there:
        here.send(request(), there.port)
        peer = await there.peers.get()
        assert await peer.message() == request()
        for _ in range(3):
            assert await peer.message() is KeepAlive.PING
            peer.write(b"\r\n")
        peer.write(response())
        assert (await here.received.get()).message == response()


@on_loop
async def test_connections_from_outside_are_not_pinged() -> None:
    async with node(settings=replace(QUIET, keep_alive=True, keep_alive_s=0.001, idle_s=0.02)) as here, client(here.port) as peer:
        assert await peer.until_closed() == b""


@on_loop
async def test_an_idle_connection_is_closed_whoever_made_it() -> None:
    async with node(settings=replace(QUIET, idle_s=0.02)) as here, client(here.port) as peer, far_end() as there:
        here.send(request(), there.port)
        assert await peer.until_closed() == b""
        assert await (await there.peers.get()).until_closed() == request()
        assert here.counted() == {"idle": 2, "given_back": 1}


@on_loop
async def test_our_own_pings_keep_no_connection_from_being_idle() -> None:
    async with node(settings=replace(QUIET, idle_s=0.02, keep_alive=True, keep_alive_s=0.002)) as here, far_end() as there:
        here.send(request(), there.port)
        await (await there.peers.get()).until_closed()
        assert here.counted()["idle"] == 1


@pytest.mark.parametrize("octets", [b"\r\n\r\n", request(), response()])
def test_what_the_far_end_sends_keeps_a_connection_from_being_idle(octets: bytes, clock: Clock) -> None:
    connection, counters = alone(clock)
    for now_s in (800.0, 1600.0, 2400.0):
        clock.go_to(now_s)
        connection.data_received(octets)
    clock.go_to(3299.0)
    assert connection.is_open
    clock.go_to(3300.0)
    assert counters[Reason.IDLE] == 1


def test_pongs_keep_no_connection_from_being_idle(clock: Clock) -> None:
    connection, counters = alone(clock)
    clock.go_to(800.0)
    connection.data_received(b"\r\n")
    clock.go_to(900.0)
    assert counters[Reason.IDLE] == 1


def test_two_pongs_far_apart_are_no_ping(clock: Clock) -> None:
    connection, _ = alone(clock)
    for now_s in (95.0, 190.0, 285.0):
        clock.go_to(now_s)
        connection.data_received(b"\r\n")
    assert written(connection) == []


def test_a_ping_in_two_pieces_is_a_ping(clock: Clock) -> None:
    connection, _ = alone(clock)
    connection.data_received(b"\r\n")
    connection.data_received(b"\r\n")
    assert written(connection) == [b"\r\n"]


def test_nothing_of_an_ended_connection_stays_set(clock: Clock) -> None:
    connection, _ = alone(clock)
    connection.data_received(request()[:9])
    connection.eof_received()
    connection.connection_lost(None)
    assert clock.timers and all(timer.is_cancelled for timer in clock.timers)


@on_loop
async def test_a_request_that_has_no_room_any_more_is_not_remembered() -> None:
    async with node(settings=replace(QUIET, unanswered_max_count=1)) as here, far_end() as there:
        here.send(request("a"), there.port)
        here.send(request("b"), there.port)
        peer = await there.peers.get()
        await peer.message()
        peer.reset()
        assert await here.given_back.get() == request("b")
        assert here.counted()["given_back"] == 1
