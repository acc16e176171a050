"""Which connection a message takes: reuse (RFC 5923), flows (RFC 5626), connections ahead of calls; and the beginning and end of it all."""
import asyncio
import shutil
from dataclasses import replace

import pytest

from hasip.transport import CredentialsError, Seat, Streams, StreamSettings, prewarming
from hasip.transport.connection import Connection
from tests.patience import until
from tests.transport.certificates import Authority, calling, serving
from tests.transport.far_end import client, far_end, unused_port
from tests.transport.loop import on_loop
from tests.transport.node import QUIET, TCP, Node, Received, node
from tests.transport.sip import request, response


def tls_seat(authority: Authority, *, client_ca: str = "") -> Seat:
    files = authority.issue("near.example", "127.0.0.1")
    return Seat(0, "tls", "127.0.0.1", 0, certificate=files.certificate, key=files.key, client_ca=client_ca)


@on_loop
async def test_a_message_from_outside_is_received_with_its_seat_source_and_flow() -> None:
    async with node(TCP, replace(TCP, index=7)) as here, client(here.streams.ports[7]) as peer:
        peer.write(request())
        received = await here.received.get()
        assert received == Received(request(), 7, "127.0.0.1", peer.port, received.flow) and received.flow


@on_loop
async def test_requests_to_one_place_share_a_connection() -> None:
    async with node() as here, far_end() as there:
        here.send(request("a"), there.port)
        here.send(request("b"), there.port)
        peer = await there.peers.get()
        assert [await peer.message(), await peer.message()] == [request("a"), request("b")]
        here.send(request("c"), there.port)
        assert await peer.message() == request("c")
        assert there.peers.empty() and len(here.streams.connections()) == 1


@on_loop
async def test_responses_come_back_on_the_connection_the_request_left_by() -> None:
    async with node() as here, far_end() as there:
        here.send(request(), there.port)
        peer = await there.peers.get()
        peer.write(response())
        received = await here.received.get()
        assert (received.message, received.port) == (response(), there.port)
        assert received.flow == here.streams.connections()[0].flow


@on_loop
async def test_rfc5923_a_connection_from_exactly_there_is_used_for_requests_to_there() -> None:
    async with node() as here, client(here.port) as peer:
        peer.write(request("a"))
        await here.received.get()
        here.send(request("b"), peer.port)
        assert await peer.message() == request("b")


@on_loop
async def test_every_seat_has_its_own_connections() -> None:
    async with node(TCP, Seat(1, "tcp", "127.0.0.2", 0, is_listening=False)) as here, far_end() as there:
        here.send(request("a"), there.port)
        here.send(request("b"), there.port, seat=1)
        addresses = {(await there.peers.get()).writer.get_extra_info("peername")[0] for _ in range(2)}
        assert addresses == {"127.0.0.1", "127.0.0.2"}
        assert list(here.streams.ports) == [0]


@on_loop
async def test_a_message_for_a_flow_takes_exactly_that_connection() -> None:
    async with node() as here, client(here.port) as one, client(here.port) as other:
        one.write(request("a"))
        flow = (await here.received.get()).flow
        other.write(request("b"))
        await here.received.get()
        here.send(response("a"), other.port, flow=flow)
        assert await one.message() == response("a")


@on_loop
async def test_a_request_for_a_flow_that_is_gone_is_given_back_at_once() -> None:
    async with node() as here, far_end() as there:
        async with client(here.port) as peer:
            peer.write(request())
            flow = (await here.received.get()).flow
        await here.until("closed_by_far_end")
        here.send(request("lost"), there.port, flow=flow)
        assert here.given_back.get_nowait() == request("lost")
        assert there.peers.empty()


@on_loop
async def test_a_response_or_ack_for_a_flow_that_is_gone_is_dropped_and_counted() -> None:
    async with node() as here:
        here.send(response(), 5060, flow=1)
        here.send(request(method="ACK"), 5060, flow=1)
        assert here.given_back.empty()
        assert here.counted() == {"dead_flow": 2, "response_dropped": 1, "ack_dropped": 1}


@on_loop
async def test_who_gets_a_request_back_may_send_it_elsewhere_within_the_call() -> None:
    async with node() as here, far_end() as there:
        with unused_port() as port:
            here.streams._returns._give_back = lambda message: here.send(message, there.port)
            here.send(request(), port)
            assert await (await there.peers.get()).message() == request()


@on_loop
async def test_flow_0_after_a_lost_connection_makes_a_new_one() -> None:
    async with node() as here, far_end() as there:
        here.send(request("a"), there.port)
        peer = await there.peers.get()
        await peer.message()
        await peer.close()
        await here.until("closed_by_far_end")
        here.send(request("b"), there.port)
        assert await (await there.peers.get()).message() == request("b")


@on_loop
async def test_rfc5923_9_a_tls_client_without_certificate_is_not_taken_for_the_host_at_its_address(authority: Authority) -> None:
    async with node(tls_seat(authority), settings=replace(QUIET, ca=authority.file)) as here, client(here.port, calling(authority.file)) as peer:
        peer.write(request("a"))
        await here.received.get()
        here.send(request("b"), peer.port)
        assert await here.given_back.get() == request("b")


@on_loop
async def test_rfc5923_9_a_tls_client_with_the_certificate_of_that_host_is(authority: Authority) -> None:
    context = calling(authority.file, authority.issue("far.example"))
    async with node(tls_seat(authority, client_ca=authority.file), settings=replace(QUIET, ca=authority.file)) as here, client(here.port, context) as peer:
        peer.write(request("a"))
        await here.received.get()
        here.streams.set_names({("127.0.0.1", peer.port): "far.example"})
        here.send(request("b"), peer.port)
        assert await peer.message() == request("b")


@on_loop
async def test_a_tls_connection_made_for_one_name_is_not_used_for_another(authority: Authority) -> None:
    context = serving(authority.issue("one.example", "two.example"))
    async with node(tls_seat(authority), settings=replace(QUIET, ca=authority.file)) as here, far_end(context) as there:
        for name in ("one.example", "two.example"):
            here.streams.set_names({("127.0.0.1", there.port): name})
            here.send(request(name), there.port)
            assert await (await there.peers.get()).message() == request(name)


@on_loop
async def test_prewarmed_places_have_a_connection_before_the_first_message() -> None:
    async with node() as here, far_end() as there:
        here.streams.prewarm([(0, "127.0.0.1", there.port)])
        peer = await there.peers.get()
        await here.until_connections(1)
        here.send(request(), there.port)
        assert await peer.message() == request()


@on_loop
async def test_a_prewarmed_place_is_opened_again_when_its_connection_is_lost() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prewarming, "BACKOFF_FIRST_S", 0.001)
        async with node() as here, far_end() as there:
            here.streams.prewarm([(0, "127.0.0.1", there.port)])
            for _ in range(3):
                (await there.peers.get()).reset()
            await there.peers.get()


@on_loop
async def test_a_prewarmed_place_that_refuses_is_tried_until_it_does_not() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prewarming, "BACKOFF_FIRST_S", 0.001)
        async with node() as here:
            with unused_port() as port:
                here.streams.prewarm([(0, "127.0.0.1", port)])
                await here.until("refused", 2)
            async with far_end(port=port) as there:
                await there.peers.get()


@on_loop
async def test_a_prewarmed_connection_is_never_idle_and_one_no_longer_wanted_is() -> None:
    async with node(settings=replace(QUIET, idle_s=0.02)) as here, far_end() as wanted, far_end() as other:
        here.streams.prewarm([(0, "127.0.0.1", wanted.port), (0, "127.0.0.1", other.port)])
        await here.until_connections(2)
        here.streams.prewarm([(0, "127.0.0.1", wanted.port)])
        await here.until("idle")
        here.send(request(), other.port)        # a further round of the idle timer for both
        await here.until("idle", 2)
        assert [connection.port for connection in here.streams.connections()] == [wanted.port]


@on_loop
async def test_connections_are_listed_with_where_they_lead_and_whose_they_are(authority: Authority) -> None:
    files = authority.issue("far.example")
    async with node(tls_seat(authority, client_ca=authority.file), settings=replace(QUIET, ca=authority.file)) as here, \
            far_end(serving(files)) as there, client(here.port, calling(authority.file, files)) as peer:
        here.streams.set_names({("127.0.0.1", there.port): "far.example"})
        here.send(request(), there.port)
        await here.until_connections(2)
        listed = [(connection.seat, connection.transport, connection.address, connection.port, connection.direction, connection.name, connection.unanswered)
                  for connection in here.streams.connections()]
        assert sorted(listed, key=lambda row: row[4]) == [
            (0, "tls", "127.0.0.1", peer.port, "in", "far.example", 0), (0, "tls", "127.0.0.1", there.port, "out", "far.example", 1)]


@on_loop
async def test_what_is_written_leaves_before_everything_is_closed() -> None:
    async with far_end() as there:
        async with node() as here:
            here.send(request("a"), there.port)
            peer = await there.peers.get()
            await peer.message()
            for _ in range(50):
                here.send(request("b", body=b"x" * 10_000), there.port)
        assert await peer.until_closed() == 50 * request("b", body=b"x" * 10_000)
        assert here.counted()["stopped"] == 1


@on_loop
async def test_stopping_does_not_wait_for_a_far_end_that_does_not_read_nor_for_handshakes(authority: Authority) -> None:
    async with far_end() as there:
        async with node(tls_seat(authority), replace(TCP, index=1), settings=replace(QUIET, backlog_max_bytes=2**30)) as here, client(here.port):
            here.send(request("handshake"), there.port)
            here.send(request("stalled"), there.port, seat=1)
            await here.until_connections(1)
            here.send(request("stalled", body=b"x" * 60_000) * 500, there.port, seat=1)
        assert here.streams.connections() == []


@on_loop
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_connection_whose_maker_is_cancelled_as_it_opens_is_let_go(transport: str, authority: Authority) -> None:
    seat = tls_seat(authority) if transport == "tls" else TCP
    async with node(seat, settings=replace(QUIET, ca=authority.file)) as here:
        directory = here.streams._directory
        note_opened = directory.opened

        def opened(connection: Connection) -> None:
            note_opened(connection)
            for task in here.streams._tasks:
                task.cancel()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(directory, "opened", opened)
            here.send(request(), here.port)
            await here.given_back.get()
            await until(lambda: not directory._sockets and not here.streams._tasks)
        assert here.streams.connections() == [] and here.streams._admission._count == 0


@on_loop
async def test_after_the_end_nothing_is_given_back_and_nothing_sent() -> None:
    async with far_end() as there, node() as here:
        here.send(request("a"), there.port)
        await (await there.peers.get()).message()
    here.send(request("b"), there.port)
    assert here.given_back.empty() and here.counted() == {"stopped": 1, "dead_flow": 1, "request_dropped": 2}


@on_loop
async def test_an_error_in_the_block_comes_out_as_it_is() -> None:
    with pytest.raises(LookupError):
        async with node():
            raise LookupError


@on_loop
async def test_cancelling_the_block_cancels_it() -> None:
    async def forever() -> None:
        async with node():
            entered.set()
            await asyncio.Event().wait()
    entered = asyncio.Event()
    task = asyncio.create_task(forever())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@on_loop
async def test_a_seat_that_cannot_listen_is_named_and_nothing_stays_open() -> None:
    async with node() as here:
        taken = Node((TCP, Seat(1, "tcp", "127.0.0.1", here.port)), QUIET, {})
        with pytest.raises(OSError, match=f"tcp 127.0.0.1 port {here.port}: cannot listen here: Address already in use"):
            await taken.streams.__aenter__()
        assert taken.streams.ports == {}


@on_loop
async def test_a_seat_on_an_interface_is_bound_to_it() -> None:
    on_loopback = replace(TCP, interface="lo")
    async with node(on_loopback) as here, far_end() as there, client(here.port) as peer:
        here.send(request("a"), there.port)
        assert await (await there.peers.get()).message() == request("a")
        peer.write(request("b"))
        assert (await here.received.get()).message == request("b")
    with pytest.raises(OSError, match="No such device"):
        async with node(replace(TCP, interface="none0")):
            pass


@on_loop
async def test_ipv6_is_served() -> None:
    async with node(Seat(0, "tcp", "::1", 0)) as here:
        reader, writer = await asyncio.open_connection("::1", here.port)
        writer.write(request("a"))
        received = await here.received.get()
        assert received.address == "::1"
        here.streams.send(request("b"), 0, "::1", received.port, 0)
        assert await reader.readexactly(len(request("b"))) == request("b")
        writer.close()
        await writer.wait_closed()


def test_a_certificate_that_cannot_be_read_stops_the_beginning() -> None:
    with pytest.raises(CredentialsError, match=r"/none\.pem: No such file"):
        Streams([Seat(0, "tls", "127.0.0.1", 0, certificate="/none.pem")], StreamSettings(), lambda *_: None, lambda _: None)


@on_loop
async def test_an_address_that_is_none_is_refused_as_configuration() -> None:
    async with node() as here:
        with pytest.raises(ValueError, match="far.example"):
            here.streams.prewarm([(0, "far.example", 5060)])
        with pytest.raises(ValueError, match="far.example"):
            here.streams.set_names({("far.example", 5060): "far.example"})


@on_loop
async def test_new_connections_get_the_reloaded_certificate_and_old_ones_live_on(authority: Authority, stranger: Authority) -> None:
    seat = tls_seat(authority)
    renewed = stranger.issue("renewed.example", "127.0.0.1")
    async with node(seat, settings=replace(QUIET, ca=authority.file)) as here, client(here.port, calling(authority.file)) as old:
        shutil.copyfile(renewed.certificate, seat.certificate)
        with pytest.raises(CredentialsError, match=r"near\.example\.key: this private key does not belong"):
            here.streams.reload()
        async with client(here.port, calling(authority.file)) as still_old:
            still_old.write(request("a"))
            assert (await here.received.get()).message == request("a")
        shutil.copyfile(renewed.key, seat.key)
        here.streams.reload()
        async with client(here.port, calling(stranger.file)) as new:
            new.write(request("b"))
            assert (await here.received.get()).message == request("b")
        old.write(request("c"))
        assert (await here.received.get()).message == request("c")
