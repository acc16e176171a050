"""Connections that do not come about: every way, with its reason, and every request given back."""
import asyncio
import socket
from dataclasses import replace

import pytest
import structlog.testing

from hasip.transport import Seat
from tests.transport.certificates import Authority, Files, calling, serving
from tests.transport.far_end import black_hole, client, far_end, unused_port
from tests.transport.loop import on_loop
from tests.transport.node import QUIET, TCP, Node, node
from tests.transport.sip import request, response

TLS_OUT = Seat(0, "tls", "127.0.0.1", 0, is_listening=False)
SOON = replace(QUIET, connect_ms=50, connect_tls_ms=50, inbound_handshake_ms=50)


async def is_given_back(here: Node, port: int) -> str:
    """Send a request, get it back, and return the reason that was counted."""
    here.send(request("lost"), port)
    assert await here.given_back.get() == request("lost")
    [reason] = here.counted().keys() - {"given_back"}
    return reason


@on_loop
async def test_a_port_that_refuses() -> None:
    async with node() as here:
        with unused_port() as port:
            assert await is_given_back(here, port) == "refused"
            assert here.unreachable == [("127.0.0.1", port)]


@on_loop
async def test_a_far_end_that_does_not_answer() -> None:
    async with node(settings=SOON) as here:
        with black_hole() as port:
            assert await is_given_back(here, port) == "connect_timeout"


@on_loop
async def test_a_far_end_that_does_not_answer_delays_nobody() -> None:
    async with node() as here, far_end() as there:
        with black_hole() as port:
            here.send(request("lost"), port)
            here.send(request("other"), there.port)
            assert await (await there.peers.get()).message() == request("other")
            assert here.given_back.empty()


@on_loop
async def test_everything_that_waited_is_given_back_but_for_responses_and_acks() -> None:
    async with node(settings=SOON) as here:
        with black_hole() as port:
            for message in (request("a"), response("b"), request("c", "ACK"), request("d")):
                here.send(message, port)
            assert [await here.given_back.get(), await here.given_back.get()] == [request("a"), request("d")]
            assert here.counted() == {"connect_timeout": 1, "given_back": 2, "response_dropped": 1, "ack_dropped": 1}


@on_loop
async def test_what_waits_for_a_connection_is_bounded() -> None:
    async with node(settings=replace(QUIET, waiting_max_bytes=2 * len(request("a")))) as here:
        with black_hole() as port:
            for branch in "abc":
                here.send(request(branch), port)
            assert here.given_back.get_nowait() == request("c")
            assert here.counted() == {"waiting_full": 1, "given_back": 1}


@on_loop
@pytest.mark.parametrize("address", ["far.example", "::1", "255.255.255.255", ""])
async def test_an_address_that_leads_nowhere_from_this_seat(address: str) -> None:
    async with node() as here:
        here.streams.send(request(), 0, address, 5060, 0)
        assert await here.given_back.get() == request()
        assert here.counted() == {"unreachable": 1, "given_back": 1}


@on_loop
async def test_a_seat_whose_interface_is_gone() -> None:
    async with node(replace(TCP, interface="none0", is_listening=False)) as here, far_end() as there:
        assert await is_given_back(here, there.port) == "unreachable"


@on_loop
async def test_a_far_end_that_never_speaks_tls() -> None:
    async with node(TLS_OUT, settings=SOON) as here, far_end() as there:
        assert await is_given_back(here, there.port) == "handshake_timeout"
        assert await (await there.peers.get()).until_closed()


@on_loop
async def test_a_far_end_that_never_speaks_tls_delays_nobody(authority: Authority) -> None:
    async with node(TLS_OUT, settings=replace(QUIET, ca=authority.file)) as here, far_end() as silent, \
            far_end(serving(authority.issue("127.0.0.1"))) as there:
        here.send(request("lost"), silent.port)
        await silent.peers.get()
        here.send(request("other"), there.port)
        assert await (await there.peers.get()).message() == request("other")
        assert here.given_back.empty()


@on_loop
async def test_a_far_end_that_does_not_answer_on_a_tls_seat() -> None:
    async with node(TLS_OUT, settings=SOON) as here:
        with black_hole() as port:
            assert await is_given_back(here, port) == "connect_timeout"


@on_loop
async def test_a_far_end_that_closes_in_the_handshake() -> None:
    async with node(TLS_OUT) as here, far_end() as there:
        here.send(request("lost"), there.port)
        await (await there.peers.get()).close()
        assert await here.given_back.get() == request("lost")
        assert here.counted() == {"handshake_failed": 1, "given_back": 1}


@on_loop
async def test_a_far_end_that_answers_a_handshake_with_something_else() -> None:
    async with node(TLS_OUT) as here, far_end() as there:
        here.send(request("lost"), there.port)
        (await there.peers.get()).write(response())
        assert await here.given_back.get() == request("lost")
        assert here.counted() == {"handshake_failed": 1, "given_back": 1}


@on_loop
async def test_a_certificate_of_an_unknown_authority(authority: Authority, stranger: Authority) -> None:
    async with node(TLS_OUT, settings=replace(QUIET, ca=authority.file)) as here, far_end(serving(stranger.issue("127.0.0.1"))) as there:
        assert await is_given_back(here, there.port) == "certificate_refused"


@on_loop
async def test_a_certificate_of_another_host(authority: Authority) -> None:
    async with node(TLS_OUT, settings=replace(QUIET, ca=authority.file)) as here, far_end(serving(authority.issue("other.example"))) as there:
        here.streams.set_names({("127.0.0.1", there.port): "far.example"})
        assert await is_given_back(here, there.port) == "certificate_refused"


@on_loop
async def test_without_a_name_the_address_itself_is_demanded_of_the_certificate(authority: Authority) -> None:
    settings = replace(QUIET, ca=authority.file)
    async with node(TLS_OUT, settings=settings) as here, far_end(serving(authority.issue("far.example"))) as named, \
            far_end(serving(authority.issue("127.0.0.1"))) as numbered:
        here.send(request("good"), numbered.port)
        assert await (await numbered.peers.get()).message() == request("good")
        assert await is_given_back(here, named.port) == "certificate_refused"


@on_loop
async def test_the_name_is_told_to_the_far_end_and_verified(authority: Authority) -> None:
    context = serving(authority.issue("far.example"))
    told: list[str | None] = []
    context.sni_callback = lambda stream, name, context: told.append(name)
    async with node(TLS_OUT, settings=replace(QUIET, ca=authority.file)) as here, far_end(context) as there:
        here.streams.set_names({("127.0.0.1", there.port): "far.example"})
        here.send(request(), there.port)
        assert await (await there.peers.get()).message() == request()
        assert told == ["far.example"]


@on_loop
async def test_nothing_is_verified_when_told_so(stranger: Authority) -> None:
    async with node(TLS_OUT, settings=replace(QUIET, verify=False)) as here, far_end(serving(stranger.issue("other.example"))) as there:
        here.send(request("a"), there.port)
        peer = await there.peers.get()
        here.send(request("b"), there.port)
        assert [await peer.message(), await peer.message()] == [request("a"), request("b")]


def with_certificate(files: Files) -> Seat:
    return replace(TLS_OUT, certificate=files.certificate, key=files.key)


@on_loop
async def test_our_certificate_is_shown_to_a_far_end_that_asks(authority: Authority) -> None:
    context = serving(authority.issue("127.0.0.1"), client_ca=authority.file)
    async with node(with_certificate(authority.issue("near.example")), settings=replace(QUIET, ca=authority.file)) as here, far_end(context) as there:
        here.send(request(), there.port)
        assert await (await there.peers.get()).message() == request()


@on_loop
async def test_a_far_end_that_refuses_our_certificate_gives_the_request_back(authority: Authority, stranger: Authority) -> None:
    """With TLS 1.3 the connection is open for us before the far end says no."""
    context = serving(authority.issue("127.0.0.1"), client_ca=authority.file)
    async with node(with_certificate(stranger.issue("near.example")), settings=replace(QUIET, ca=authority.file)) as here, far_end(context) as there:
        here.send(request(), there.port)
        assert await here.given_back.get() == request()


@on_loop
async def test_tls_carries_large_messages_both_ways(authority: Authority) -> None:
    large = [request(f"b{number}", body=bytes([number]) * 60_000) for number in range(8)]
    async with node(TLS_OUT, settings=replace(QUIET, ca=authority.file, waiting_max_bytes=10**6)) as here, \
            far_end(serving(authority.issue("127.0.0.1"))) as there:
        for message in large:
            here.send(message, there.port)
        peer = await there.peers.get()
        assert [await peer.message() for _ in large] == large
        peer.write(b"".join(large))
        assert [(await here.received.get()).message for _ in large] == large


@on_loop
async def test_a_failing_far_end_has_one_line_in_the_log_and_one_when_it_is_back() -> None:
    with structlog.testing.capture_logs() as lines:
        async with node() as here:
            with unused_port() as port:
                for _ in range(3):
                    here.send(request(), port)
                    await here.given_back.get()
            async with far_end(port=port) as there:
                here.send(request(), port)
                await there.peers.get()
                await here.until_connections(1)
    assert [(line["event"], line.get("reason")) for line in lines] == [("cannot connect", "refused"), ("connected again", None)]


# From outside

def tls_in(authority: Authority, client_ca: str = "") -> Seat:
    files = authority.issue("near.example")
    return Seat(0, "tls", "127.0.0.1", 0, certificate=files.certificate, key=files.key, client_ca=client_ca)


@on_loop
async def test_a_client_that_never_speaks_tls_is_closed(authority: Authority) -> None:
    async with node(tls_in(authority), settings=SOON) as here, client(here.port) as peer:
        assert await peer.until_closed() == b""
        assert here.counted() == {"inbound_handshake_timeout": 1}


@on_loop
async def test_a_client_that_speaks_plain_sip_to_a_tls_seat_is_closed(authority: Authority) -> None:
    async with node(tls_in(authority)) as here, client(here.port) as peer:
        peer.write(request())
        await peer.until_closed()
        assert here.counted() == {"inbound_handshake_failed": 1} and here.received.empty()


@on_loop
async def test_clients_with_a_good_certificate_or_with_none_are_let_in(authority: Authority) -> None:
    async with node(tls_in(authority, authority.file)) as here:
        for files in (authority.issue("client.example"), None):
            async with client(here.port, calling(authority.file, files), "near.example") as peer:
                peer.write(request())
                await here.received.get()
                assert [connection.name for connection in here.streams.connections()] == (["client.example"] if files else [""])
                await peer.close()
                await here.until_connections(0)


@on_loop
async def test_a_client_with_a_certificate_of_an_unknown_authority_is_not(authority: Authority, stranger: Authority) -> None:
    async with node(tls_in(authority, authority.file)) as here:
        async with client(here.port, calling(authority.file, stranger.issue("client.example")), "near.example") as peer:
            await peer.until_closed()
        assert here.counted() == {"inbound_handshake_failed": 1}


@on_loop
async def test_clients_that_never_finish_delay_nobody(authority: Authority) -> None:
    async with node(tls_in(authority)) as here, client(here.port), client(here.port), \
            client(here.port, calling(authority.file), "near.example") as peer:
        peer.write(request())
        assert (await here.received.get()).message == request()


@on_loop
async def test_connections_find_a_vanished_far_end_within_a_known_time() -> None:
    async with node() as here, far_end() as there, client(here.port):
        here.send(request(), there.port)
        await here.until_connections(2)
        for connection in here.streams._directory:
            assert connection._transport is not None
            stream = connection._transport.get_extra_info("socket")
            assert stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
            assert stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert stream.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert asyncio.all_tasks() == {asyncio.current_task()}
