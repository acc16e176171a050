"""Seats: found, made, restored, bound again; and where a port is taken. (spec §8)"""
import errno
import json
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest

from hasip.domain.node import Listener, Node
from hasip.seats import PORTS_TRIED, Seats
from tests.machine import Router, link

HERE = Listener("udp", "198.51.100.1", 5080)
ETH1 = link("eth1", 7, "192.0.2.1/24", "2001:db8::1/64")
SOURCE, SOURCE_IPV6, OTHER = ip_address("192.0.2.1"), ip_address("2001:db8::1"), ip_address("192.0.2.2")
OWN = 3         # a node's own seats over IPv4: its listener, and places to connect from by TCP and TLS


class Machine:
    """A node's seats, and what they asked of the data plane and of the streams."""

    def __init__(self, state_dir: Path, *listeners: Listener) -> None:
        self.node = Node("edge", state_dir, listeners or (HERE,))
        self.router = Router(tuple(seat.port for seat in self.node.seats))
        self.streams: list[tuple[int, Listener]] = []
        self.renewed_streams: list[int] = []
        self.seats = Seats(self.node, self.router, lambda index, seat: self.streams.append((index, seat)), self.renewed_streams.append)      # type: ignore[arg-type]
        self.file = state_dir / "seats.json"

    def find(self, transport: str = "udp", at: object = ETH1, source: IPv4Address | IPv6Address = SOURCE) -> int:
        return self.seats.find(transport, at, source)       # type: ignore[arg-type]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


# ---------------------------------------------------------------------------------------- found

@pytest.mark.parametrize("address", ["192.0.2.1", "0.0.0.0"])
def test_a_listener_of_the_node_file_on_the_interface_is_the_seat(tmp_path: Path, address: str) -> None:
    machine = Machine(tmp_path, HERE, Listener("udp", address, 5060, "eth1"))
    assert machine.find() == 1
    assert (machine.router.added, machine.file.exists()) == ([], False)


@pytest.mark.parametrize("listener", [
    Listener("udp", "192.0.2.1", 5060), Listener("udp", "192.0.2.1", 5060, "eth2"), Listener("udp", "192.0.2.9", 5060, "eth1"),
    Listener("tcp", "192.0.2.1", 5060, "eth1"), Listener("udp", "::", 5060, "eth1")])
def test_a_listener_elsewhere_is_none(tmp_path: Path, listener: Listener) -> None:
    machine = Machine(tmp_path, HERE, listener)
    assert machine.find() == len(machine.node.seats)
    assert machine.router.added == [("udp", "192.0.2.1", 5080, "eth1")]


def test_a_seat_is_made_once_for_each_transport_and_address(machine: Machine) -> None:
    ways = [("udp", SOURCE), ("udp", SOURCE_IPV6), ("udp", OTHER), ("tcp", SOURCE), ("tls", SOURCE)]
    indexes = [machine.find(transport, source=source) for transport, source in ways]
    assert indexes == [OWN, OWN + 1, OWN + 2, OWN + 3, OWN + 4]
    assert [machine.find(transport, source=source) for transport, source in ways] == indexes
    assert [entry[:2] for entry in machine.router.added] == [(transport, str(source)) for transport, source in ways]


def test_a_seat_is_made_for_each_interface(machine: Machine) -> None:
    assert [machine.find(), machine.find(at=link("eth2", 8, "192.0.2.1/24"))] == [OWN, OWN + 1]


def test_the_ports_are_those_of_the_nodes_own_listeners(tmp_path: Path) -> None:
    machine = Machine(tmp_path, HERE, Listener("tcp", "198.51.100.1", 5090))
    for transport in ("udp", "tcp", "tls"):
        machine.find(transport)
    assert [port for _, _, port, _ in machine.router.added] == [5080, 5090, 5061]


def test_a_listener_on_any_port_is_no_example(tmp_path: Path) -> None:
    machine = Machine(tmp_path, Listener("udp", "198.51.100.1", 0))
    machine.find()
    assert machine.router.added[0][2] == 5060


def test_a_port_that_is_taken_leads_to_the_next(machine: Machine) -> None:
    machine.router.taken = {("192.0.2.1", 5080), ("192.0.2.1", 5081), ("192.0.2.2", 5082)}
    machine.find()
    assert machine.router.added == [("udp", "192.0.2.1", 5082, "eth1")]
    assert json.loads(machine.file.read_text())[0]["port"] == 5082


def test_when_every_port_is_taken_that_is_the_error(machine: Machine) -> None:
    machine.router.taken = {("192.0.2.1", 5080 + port) for port in range(PORTS_TRIED)}
    with pytest.raises(OSError, match=r"192\.0\.2\.1:5095") as raised:
        machine.find()
    assert raised.value.errno == errno.EADDRINUSE
    assert not machine.file.exists()
    machine.router.taken.remove(("192.0.2.1", 5095))
    assert machine.find() == OWN


@pytest.mark.parametrize("trouble", [OSError(errno.EADDRNOTAVAIL, "can't"), PermissionError(errno.EPERM, "can't"), ValueError("one too many")])
def test_another_error_ends_the_search_and_leaves_nothing(machine: Machine, trouble: OSError | ValueError) -> None:
    machine.router.trouble = trouble
    with pytest.raises(type(trouble)):
        machine.find()
    machine.router.trouble = None
    assert machine.find() == OWN
    assert len(json.loads(machine.file.read_text())) == 1


@pytest.mark.parametrize(("transport", "source", "shown"), [("tcp", SOURCE, "192.0.2.1:5060"), ("tls", SOURCE_IPV6, "[2001:db8::1]:5061")])
def test_a_seat_for_streams_is_known_to_them_and_nobody_listens_there(machine: Machine, transport: str, source: IPv4Address | IPv6Address, shown: str) -> None:
    index = machine.find(transport, source=source)
    [(told, seat)] = machine.streams
    assert (told, seat.transport, seat.address, seat.interface, seat.advertise, seat.is_listening) == (index, transport, str(source), "eth1", shown, False)


def test_any_seat_is_the_nodes_first_of_that_transport_and_family(tmp_path: Path) -> None:
    machine = Machine(tmp_path, HERE, Listener("udp", "198.51.100.2", 5060), Listener("udp", "2001:db8::9", 5060))
    assert [machine.seats.any_seat("udp", False), machine.seats.any_seat("udp", True)] == [0, 2]
    assert machine.node.seats[machine.seats.any_seat("tls", True) or 0].transport == "tls"
    assert Machine(tmp_path).seats.any_seat("udp", True) is None


def test_any_seat_is_bound_to_an_interface_only_where_no_other_is(tmp_path: Path) -> None:
    bound, other = Listener("udp", "198.51.100.3", 5060, "eth1"), Listener("udp", "198.51.100.4", 5060, "eth2")
    assert Machine(tmp_path, bound, other, HERE).seats.any_seat("udp", False) == 2
    assert Machine(tmp_path, bound, other).seats.any_seat("udp", False) == 0


# ---------------------------------------------------------------------------------------- bound again

@pytest.mark.parametrize("listener", [None, Listener("udp", "192.0.2.1", 5060, "eth1")])
def test_an_interface_made_anew_binds_its_seat_again_once(tmp_path: Path, listener: Listener | None) -> None:
    machine = Machine(tmp_path, HERE, *([listener] if listener else []))
    index, port = machine.find(), 5060 if listener else 5080
    again = link("eth1", 8, "192.0.2.1/24")
    assert [machine.find(at=again), machine.find(at=again)] == [index, index]
    assert machine.router.renewed == [(index, "192.0.2.1", port, "eth1")]


def test_a_seat_that_cannot_be_bound_again_is_tried_again(machine: Machine) -> None:
    machine.find()
    again = link("eth1", 8, "192.0.2.1/24")
    machine.router.trouble = OSError(errno.EADDRNOTAVAIL, "can't")
    with pytest.raises(OSError, match="can't"):
        machine.find(at=again)
    machine.router.trouble = None
    assert machine.find(at=again) == OWN
    assert len(machine.router.renewed) == 1


def test_a_stream_seat_needs_no_binding(machine: Machine) -> None:
    machine.find("tcp")
    machine.find("tcp", link("eth1", 8, "192.0.2.1/24"))
    assert machine.router.renewed == []


# ---------------------------------------------------------------------------------------- over a restart

def test_seats_of_the_last_run_have_their_index_and_port_again(tmp_path: Path) -> None:
    before = Machine(tmp_path)
    before.router.taken = {("192.0.2.1", 5080)}
    indexes = [before.find(), before.find("tcp"), before.find(source=OTHER)]
    after = Machine(tmp_path)
    after.seats.restore()
    assert after.router.kept == [("udp", "192.0.2.1", 5081), ("tcp", "192.0.2.1", 5060), ("udp", "192.0.2.2", 5080)]
    assert [index for index, _ in after.streams] == [OWN + 1]
    assert [after.find(source=OTHER), after.find("tcp"), after.find()] == indexes[::-1]
    assert after.router.added == []
    assert after.router.renewed == [(OWN + 2, "192.0.2.2", 5080, "eth1"), (OWN, "192.0.2.1", 5081, "eth1")]


def test_a_kept_seat_stays_without_sockets_until_its_interface_is_there(tmp_path: Path) -> None:
    Machine(tmp_path).find()
    after = Machine(tmp_path)
    after.seats.restore()
    after.router.trouble = OSError(errno.EADDRNOTAVAIL, "can't")
    with pytest.raises(OSError, match="can't"):
        after.find()
    after.router.trouble = None
    assert after.find() == OWN


def test_a_seat_made_after_a_restart_comes_behind_the_others(tmp_path: Path) -> None:
    Machine(tmp_path).find()
    after = Machine(tmp_path)
    after.seats.restore()
    assert after.find(source=OTHER) == OWN + 1
    assert [place["address"] for place in json.loads(after.file.read_text())] == ["192.0.2.1", "192.0.2.2"]


def test_without_a_file_there_is_nothing_to_restore(machine: Machine) -> None:
    machine.seats.restore()
    assert machine.router.kept == []


def test_a_seats_port_is_that_of_the_data_plane_where_the_listener_chose_any(tmp_path: Path) -> None:
    machine = Machine(tmp_path, Listener("udp", "192.0.2.1", 0, "eth1"))
    machine.router.ports[0] = 40_000
    machine.find()
    machine.find(at=link("eth1", 8, "192.0.2.1/24"))
    assert machine.router.renewed == [(0, "192.0.2.1", 40_000, "eth1")]
