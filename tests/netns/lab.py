"""A laboratory of machines: the edge, in which hasip runs, and far ends, each behind an interface of the edge's own.

    edge  10.77.0.1 core0 ──── uplink 10.77.0.2  far end "core0"
          10.77.1.1 zone1 ──── uplink 10.77.1.2  far end "zone1"
          …
"""
import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from .capture import Capture
from .namespace import Namespace

Side = Literal["edge", "far"]
Direction = Literal["in", "out", "both"]

FAR_INTERFACE = "uplink"
FIRST_INDEX = 100           # of interfaces at the edge: never the far side's, else the kernel takes its time to tell of a lost carrier
INDEX_STEP = 100
LAST_METRIC = "9000"        # of a route that counts only for those bound to its interface


class FarEnd:
    """A machine at the other end of one of the edge's interfaces, which is named as it is. It reaches all of the edge's addresses by that one."""

    def __init__(self, edge: Namespace, interface: str, number: int) -> None:
        self.edge = edge
        self.number = number
        self.interface = interface
        self.machine = Namespace(interface)
        self.network = f"10.77.{number}.0/24"
        self.edge_address, self.address = f"10.77.{number}.1", f"10.77.{number}.2"
        self._index = FIRST_INDEX + number

    def connect(self) -> None:
        """Lay the cable, with an address at each end."""
        self.edge.ip("link", "add", self.interface, "index", str(self._index), "type", "veth", "peer", "name", FAR_INTERFACE, "netns", self.machine.name)
        self.machine.ip("address", "add", f"{self.address}/24", "dev", FAR_INTERFACE)
        self.add_address()
        self.link_up("far")
        self.link_up("edge")

    def disconnect(self) -> None:
        """Take the interface away from the edge, as if it was pulled out; nothing happens when it is not there."""
        with contextlib.suppress(AssertionError):
            self.edge.ip("link", "delete", self.interface)

    def reconnect(self) -> None:
        """Lay the cable again, after it was taken away: the interface has another index now."""
        self._index += INDEX_STEP
        self.connect()

    def connect_behind(self, other: "FarEnd") -> None:
        """Lay a cable to another far end: this one is reached through that one, too, by whoever insists on that one's interface."""
        cable, network = f"behind{self.number}", f"10.78.{self.number}"
        self.machine.ip("link", "add", cable, "type", "veth", "peer", "name", cable, "netns", other.machine.name)
        for end, address in ((self, f"{network}.1/24"), (other, f"{network}.2/24")):
            end.machine.ip("address", "add", address, "dev", cable)
            end.machine.ip("link", "set", cable, "up")
            end.machine.call(trust_every_source)
        self.machine.ip("route", "add", f"{other.edge_address}/32", "via", f"{network}.2")
        other.machine.ip("route", "add", f"{self.address}/32", "via", f"{network}.1")
        other.machine.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.edge.ip("route", "add", self.network, "via", other.address, "dev", other.interface, "metric", LAST_METRIC)

    def link_down(self, side: Side = "edge") -> None:
        """Switch the interface off; on the far side this takes the carrier from the edge's."""
        self._set(side, "down")

    def link_up(self, side: Side = "edge") -> None:
        """Switch the interface on. What leads elsewhere from the far side is laid again: it went when it was switched off."""
        self._set(side, "up")
        if side == "far":
            self.machine.ip("route", "replace", "default", "via", self.edge_address)

    def carrier_off(self) -> None:
        """Take the carrier from the edge's interface."""
        self.link_down("far")

    def carrier_on(self) -> None:
        self.link_up("far")

    def remove_address(self) -> None:
        """Take the edge's address from the interface."""
        self.edge.ip("address", "delete", f"{self.edge_address}/24", "dev", self.interface)

    def add_address(self) -> None:
        self.edge.ip("address", "add", f"{self.edge_address}/24", "dev", self.interface)

    def blackhole(self, direction: Direction = "both") -> None:
        """Let all that comes in to the edge, goes out to the far end, or both, vanish without a word; ARP passes, so that nobody notices."""
        if direction in ("in", "both"):
            self.edge.run("nft", drop_rule(self._table, self.interface))
        if direction in ("out", "both"):
            self.machine.run("nft", drop_rule(self._table, FAR_INTERFACE))

    def clear(self) -> None:
        """Let everything pass again."""
        for namespace in (self.edge, self.machine):
            namespace.run("nft", f"add table inet {self._table}; delete table inet {self._table}")

    def _set(self, side: Side, state: str) -> None:
        if side == "edge":
            self.edge.ip("link", "set", self.interface, state)
        else:
            self.machine.ip("link", "set", FAR_INTERFACE, state)

    @property
    def _table(self) -> str:
        return f"blackhole_{self.interface}"


class Lab:
    """The edge and its far ends: `with` makes the edge, and takes all of it down at its end."""

    def __init__(self) -> None:
        self.far_ends: dict[str, FarEnd] = {}
        self._numbers = itertools.count()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Make the edge, without any interface but the loopback."""
        self.edge = Namespace("edge")
        self._stack.callback(self.edge.remove)
        self.edge.call(trust_every_source)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def add(self, interface: str) -> FarEnd:
        """Add a far end, behind an interface of this name."""
        far_end = FarEnd(self.edge, interface, next(self._numbers))
        self._stack.callback(far_end.machine.remove)
        self._stack.callback(far_end.disconnect)
        far_end.connect()
        self.far_ends[interface] = far_end
        return far_end

    def add_route(self, far_end: FarEnd, by: FarEnd) -> None:
        """Lay a better route to a far end, by another one, which has its address too: who does not insist on the right interface ends up there."""
        by.machine.ip("address", "add", f"{far_end.address}/32", "dev", "lo")
        self.edge.ip("route", "add", f"{far_end.address}/32", "via", by.address, "dev", by.interface)

    def at(self, address: str) -> Namespace:
        """Return the namespace that an address belongs to."""
        return next((each.machine for each in self.far_ends.values() if each.address == address), self.edge)

    @contextlib.contextmanager
    def capture(self, interface: str = "") -> Iterator[Capture]:
        """Record the SIP datagrams that pass an interface of the edge, or each of them."""
        with Capture(self.edge, interface) as capture:
            yield capture


def trust_every_source() -> None:
    """Let datagrams in by whatever interface: asymmetric routes are to be tested, not refused."""
    for which in ("all", "default"):
        Path(f"/proc/sys/net/ipv4/conf/{which}/rp_filter").write_text("0")


def drop_rule(table: str, interface: str) -> str:
    """Return nftables' words for: what comes in by this interface is dropped."""
    chain = f'type filter hook input priority 0; iifname "{interface}" drop;'
    return f"add table inet {table}; delete table inet {table}\ntable inet {table} {{\nchain arriving {{ {chain}\n}}\n}}"
