"""Probes and their notices through worker threads and real sockets: the doorbell rings, and what rang is passed on."""
import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hasip.bridge.notices import Notice, Notices
from hasip.bridge.router import Router, open_router
from hasip.bridge.workers import WorkerThreads
from hasip.domain.node import Listener, Node
from tests.patience import PATIENCE_S


@pytest.fixture
def router(tmp_path: Path) -> Iterator[Router]:
    """A data plane at work on the loopback interface."""
    router = open_router(Node("edge", tmp_path, (Listener("udp", "127.0.0.1", 0),), workers=2, call_capacity=64, transaction_capacity=128,
                              trunk_capacity=8, binding_capacity=64))
    workers = WorkerThreads(router, 2)
    workers.start()
    yield router
    workers.stop()


def next_notice(router: Router) -> Notice:
    """Return what workers tell next. Errors: TimeoutError."""
    async def hear() -> Notice:
        heard: asyncio.Queue[list[Notice]] = asyncio.Queue()
        notices = Notices(router)
        notices.open(heard.put_nowait)
        try:
            async with asyncio.timeout(PATIENCE_S):
                [notice] = await heard.get()
                return notice
        finally:
            notices.close()
    return asyncio.run(hear())


def far_end() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 0))
    bound.settimeout(PATIENCE_S)
    return bound


def answer(bound: socket.socket) -> tuple[str, int]:
    """Answer one probe; return where it came from."""
    request, source = bound.recvfrom(65_535)
    head = request.decode().split("\r\n")
    kept = [line for line in head[1:] if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
    bound.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), source)
    address, port = source
    return address, port


@pytest.mark.parametrize("account", [0, 1])
def test_an_answered_probe_rings_at_the_control_plane(router: Router, account: int) -> None:
    router.judge_leg(account, withheld_percent=0, is_drained=False, is_silent=False, seat=-1)
    with far_end() as bound:
        assert router.probe(account, 7, 0, *bound.getsockname(), 2000)
        answer(bound)
        notice = next_notice(router)
    assert (notice.kind, notice.account, notice.serial, notice.status) == ("probe_answered", account, 7, 200)
    assert 0 < notice.round_trip_us < PATIENCE_S * 1_000_000


def test_a_probe_that_nobody_takes_is_refused(router: Router) -> None:
    router.judge_leg(0, withheld_percent=0, is_drained=False, is_silent=False, seat=-1)
    with far_end() as bound:
        place = bound.getsockname()
    assert router.probe(0, 8, 0, *place, 2000)
    assert next_notice(router)[:3] == ("probe_refused", 0, 8)


def test_a_seat_made_while_workers_run_is_probed_from_at_once(router: Router) -> None:
    try:
        seat = router.add_seat("udp", "127.0.0.9", 0, "lo")
    except PermissionError:
        pytest.skip("this machine lets nobody but root bind to an interface")
    router.judge_leg(0, withheld_percent=0, is_drained=False, is_silent=False, seat=seat)
    with far_end() as bound:
        assert router.probe(0, 9, seat, *bound.getsockname(), 2000)
        source = answer(bound)
        assert next_notice(router)[:3] == ("probe_answered", 0, 9)
    assert source == ("127.0.0.9", router.ports[seat])


def test_nothing_leaves_by_a_seat_that_is_only_kept(router: Router) -> None:
    seat = router.keep_seat("udp", "127.0.0.9", 5999)
    router.judge_leg(0, withheld_percent=0, is_drained=False, is_silent=False, seat=seat)
    with far_end() as bound:
        assert router.probe(0, 10, seat, *bound.getsockname(), 2000)
        notice = next_notice(router)
        bound.setblocking(False)
        with pytest.raises(BlockingIOError):
            bound.recv(65_535)
    assert notice.kind in ("probe_refused", "probe_silent") and notice.serial == 10


def test_a_kept_seat_can_be_bound_later(router: Router) -> None:
    with far_end() as free:
        port = free.getsockname()[1]
    seat = router.keep_seat("udp", "127.0.0.9", port)
    try:
        router.renew_seat(seat, "127.0.0.9", port, "lo")
    except PermissionError:
        pytest.skip("this machine lets nobody but root bind to an interface")
    router.judge_leg(0, withheld_percent=0, is_drained=False, is_silent=False, seat=seat)
    with far_end() as bound:
        assert router.probe(0, 11, seat, *bound.getsockname(), 2000)
        assert answer(bound) == ("127.0.0.9", port)
        assert next_notice(router)[:3] == ("probe_answered", 0, 11)


def test_seats_are_as_many_as_the_data_plane_has_room_for(router: Router) -> None:
    with pytest.raises(ValueError, match="128 are possible"):
        for port in range(200):
            router.keep_seat("tcp", "127.0.0.9", 10_000 + port)
    assert len(router.ports) == 128
