"""A seat against the kernel: bound to an interface that goes and comes again under the same name."""
import select
import socket
from ipaddress import ip_address
from pathlib import Path

import pytest

from hasip._fastpath import NOTICES
from hasip.bridge.router import Router, open_router
from hasip.bridge.workers import WorkerThreads
from hasip.domain.node import Listener, Node
from hasip.network import Link
from hasip.seats import Seats
from tests.bridge.test_notices import answer
from tests.patience import PATIENCE_S

from .conftest import Machine

FAR_END, SOURCE = ("10.77.0.2", 5060), ip_address("10.77.0.1")


class Prober:
    """A data plane inside a machine, its seat on zone0, and the far end there."""

    def __init__(self, machine: Machine, state_dir: Path, workers: int) -> None:
        self.machine = machine
        node = Node("edge", state_dir, (Listener("udp", "10.77.1.1", 5080),), workers=workers, call_capacity=64, transaction_capacity=128,
                    trunk_capacity=8, binding_capacity=64)
        self.router: Router = machine.near.call(lambda: open_router(node))
        self.seats = Seats(node, self.router, lambda index, seat: None, lambda index: None)
        self.workers = WorkerThreads(self.router, workers)
        self.workers.start()
        self.router.judge_leg(0, withheld_percent=0, is_drained=False, is_silent=False, seat=-1)

    def seat(self) -> int:
        """Return the seat on zone0 as it is now."""
        index = self.machine.near.call(lambda: socket.if_nametoindex("zone0"))
        return self.machine.near.call(lambda: self.seats.find("udp", Link("zone0", index, is_up=True, has_carrier=True), SOURCE))

    def probe(self, seat: int) -> str:
        """Probe the far end, which is there if it can be reached; return what the notice says."""
        self.machine.far.ip("address", "replace", "10.77.0.2/24", "dev", "far0")
        with self.machine.far.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
            bound.bind(FAR_END)
            bound.settimeout(PATIENCE_S)
            assert self.router.probe(0, 1, seat, *FAR_END, 2000)
            assert answer(bound) == ("10.77.0.1", 5080)
        return self.next_kind()

    def next_kind(self) -> str:
        assert select.select([self.router.notice_doorbell], [], [], PATIENCE_S)[0], "no notice"
        [notice] = self.router.take_notices()
        return NOTICES[notice[0]]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interface_made_anew_is_left_by_the_same_seat(machine: Machine, tmp_path: Path, workers: int) -> None:
    prober = Prober(machine, tmp_path, workers)
    try:
        seat = prober.seat()
        assert prober.probe(seat) == "probe_answered"
        machine.near.ip("link", "delete", "zone0")
        assert prober.router.probe(0, 2, seat, *FAR_END, 2000)
        assert prober.next_kind() == "probe_refused"
        machine.connect(0)
        assert prober.seat() == seat
        assert prober.probe(seat) == "probe_answered"
    finally:
        prober.workers.stop()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_seat_of_the_last_run_is_bound_again_under_its_index_and_port(machine: Machine, tmp_path: Path, workers: int) -> None:
    first = Prober(machine, tmp_path, workers)
    seat = first.seat()
    first.workers.stop()
    del first
    prober = Prober(machine, tmp_path, workers)
    try:
        prober.seats.restore()
        assert prober.seat() == seat
        assert prober.probe(seat) == "probe_answered"
    finally:
        prober.workers.stop()
