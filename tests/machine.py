"""A machine that is none: a data plane that writes down what it is told, interfaces as a test wants them, and a loop whose clock a test moves."""
import errno
from collections.abc import Callable
from ipaddress import ip_interface, ip_network
from typing import Any, Self

from hasip._fastpath import NOTICES
from hasip.bridge.notices import Notice
from hasip.network import Link
from tests.transport.clock import Clock


class Router:
    """The data plane as Seats and Zones know it."""

    notice_doorbell = 99

    def __init__(self, own_ports: tuple[int, ...] = ()) -> None:
        self.ports = list(own_ports)
        self.taken: set[tuple[str, int]] = set()        # UDP addresses that somebody else is bound to
        self.trouble: OSError | ValueError | None = None        # what every seat meets now
        self.added: list[tuple[str, str, int, str]] = []
        self.kept: list[tuple[str, str, int]] = []
        self.renewed: list[tuple[int, str, int, str]] = []
        self.standing: dict[int, tuple[int, bool, int]] = {}    # account → withheld percent, drained, seat
        self.probes: list[tuple[int, int, int, str, int]] = []
        self.moved: list[int] = []
        self.is_busy = False
        self.notices: list[Notice] = []

    def add_seat(self, transport: str, address: str, port: int, interface: str) -> int:
        self._meet_trouble()
        if transport == "udp" and (address, port) in self.taken:
            raise OSError(errno.EADDRINUSE, f"can't listen on {address}:{port}")
        self.added.append((transport, address, port, interface))
        return self._add_port(port)

    def keep_seat(self, transport: str, address: str, port: int) -> int:
        self.kept.append((transport, address, port))
        return self._add_port(port)

    def renew_seat(self, index: int, address: str, port: int, interface: str) -> None:
        self._meet_trouble()
        self.renewed.append((index, address, port, interface))

    def judge_leg(self, account: int, *, withheld_percent: int, is_drained: bool, is_silent: bool, seat: int) -> None:
        self.standing[account] = (withheld_percent, is_drained, seat)

    def forget_leg(self, account: int) -> None:
        del self.standing[account]

    def move_ringing_calls(self, account: int) -> bool:
        self.moved.append(account)
        return True

    def probe(self, account: int, serial: int, listener: int, address: str, port: int, timeout_ms: int) -> bool:
        self.probes.append((account, serial, listener, address, port))
        return not self.is_busy

    def take_notices(self) -> list[tuple[Any, ...]]:
        taken, self.notices = self.notices, []
        return [(NOTICES.index(notice.kind), *notice[1:]) for notice in taken]

    def trunk(self, slot: int) -> dict[str, Any]:
        return {"calls": slot, "refused": 0, "legs": [{"calls": slot, "attempts": leg, "answered": 0, "failovers": 0, "placed": 0} for leg in range(4)]}

    def _add_port(self, port: int) -> int:
        self.ports.append(port)
        return len(self.ports) - 1

    def _meet_trouble(self) -> None:
        if self.trouble:
            raise self.trouble


class Links:
    """Interfaces that change when a test says so."""

    def __init__(self, on_change: Callable[[str], None]) -> None:
        self.on_change = on_change
        self.current: dict[str, Link] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        pass


def link(name: str, index: int = 1, *addresses: str, has_carrier: bool = True) -> Link:
    """Return an interface that leads everywhere as long as it has a carrier."""
    return Link(name, index, is_up=True, has_carrier=has_carrier, addresses=tuple(map(ip_interface, addresses)),
                routes=frozenset(map(ip_network, ("0.0.0.0/0", "::/0"))) if has_carrier else frozenset())


class Loop(Clock):
    """A loop's clock and its readers."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: dict[int, Callable[[], None]] = {}

    def add_reader(self, descriptor: int, action: Callable[[], None]) -> None:
        self.readers[descriptor] = action

    def remove_reader(self, descriptor: int) -> None:
        self.readers.pop(descriptor, None)      # two machines of one test have one
