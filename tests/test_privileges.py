"""Binding to interfaces, and becoming another user: what the kernel refuses is said with its remedy, and no more is kept than that takes."""
import errno
import os
import socket
import subprocess
import sys
from ipaddress import ip_interface
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hasip.bridge.router import open_router
from hasip.domain.node import Listener, Node
from hasip.domain.trunk import Target
from hasip.network import Link
from hasip.privileges import CAP_NET_RAW
from hasip.seats import Seats
from hasip.transport.settings import Seat
from hasip.transport.sockets import listening_socket, outgoing_socket
from hasip.ways import Out, Ways

CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapAmb")
SMALL = {"call_capacity": 64, "transaction_capacity": 128, "trunk_capacity": 8, "binding_capacity": 64}

# Becomes nobody, and says what it may do then. A socket that is bound already may be bound to another interface by CAP_NET_RAW alone, on any kernel.
BECOMING_NOBODY = f"""
import socket
from pathlib import Path
from hasip import privileges
if REFUSES:
    privileges.may_bind_to_interfaces = lambda: False
privileges.drop_privileges("nobody", Path(STATE_DIR))
lines = dict(line.split(":", 1) for line in Path("/proc/thread-self/status").read_text().splitlines())
print(lines["Uid"].split()[1], *(int(lines[name], 16) for name in {CAPABILITIES}))
bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
privileges.bind_to_interface(bound, "lo")
try:
    privileges.bind_to_interface(bound, "lo")
except PermissionError as error:
    print(error)
else:
    print("bound again")
"""


class Refusing(socket.socket):
    """A socket as Linux before 5.7 gives it to who lacks CAP_NET_RAW."""

    def setsockopt(self, level: int, option: int, *value: Any) -> None:
        if (level, option) == (socket.SOL_SOCKET, socket.SO_BINDTODEVICE):
            raise PermissionError(errno.EPERM, "Operation not permitted")
        super().setsockopt(level, option, *value)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", Refusing)


@pytest.mark.usefixtures("refusing")
def test_a_listener_that_may_not_be_bound_to_its_interface_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PermissionError, match=r"127\.0\.0\.1:0 on lo: Operation not permitted: CAP_NET_RAW is missing.*AmbientCapabilities=CAP_NET_RAW.*setcap"):
        open_router(Node("edge", tmp_path, (Listener("udp", "127.0.0.1", 0, "lo"),), **SMALL))
    seat = Seat(0, "tcp", "127.0.0.1", 0, "lo", "", "", "")
    for make in (lambda: listening_socket(seat, 1000), lambda: outgoing_socket(seat, "127.0.0.1", 1000)):
        with pytest.raises(PermissionError, match="CAP_NET_RAW is missing"):
            make()


def test_a_zone_that_may_not_be_bound_to_its_interface_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node("edge", tmp_path, (Listener("udp", "127.0.0.1", 0),), **SMALL)
    router = open_router(node)
    monkeypatch.setattr(socket, "socket", Refusing)
    lo = Link("lo", 1, is_up=True, has_carrier=True, is_loopback=True, addresses=(ip_interface("127.0.0.1/8"),))
    ways = Ways(SimpleNamespace(current={"lo": lo}), Seats(node, router, lambda index, seat: None, lambda index: None), lambda target: (target,))     # type: ignore[arg-type]
    way = ways.find(Out(Target("127.0.0.9", 5060, "udp"), "lo", None))
    assert way.seat is None
    assert "CAP_NET_RAW is missing" in way.trouble


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("refuses", "kept", "again"), [(False, 0, "CAP_NET_RAW is missing"), (True, 1 << CAP_NET_RAW, "bound again")])
def test_who_becomes_another_user_keeps_what_interfaces_take_and_no_more(tmp_path: Path, refuses: bool, kept: int, again: str) -> None:
    program = BECOMING_NOBODY.replace("REFUSES", str(refuses)).replace("STATE_DIR", repr(str(tmp_path)))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    who, last = done.stdout.splitlines()
    assert who.split() == ["65534", "0", str(kept), str(kept), "0"]
    assert again in last
