"""What the kernel says, one fact each."""
from dataclasses import dataclass
from enum import Enum, auto

from hasip.network.link import Interface, Network


class Kind(Enum):
    """What can be asked for as a whole."""

    LINKS = auto()
    ADDRESSES = auto()
    ROUTES = auto()


@dataclass(frozen=True, slots=True)
class LinkNews:
    """An interface as it is now, or that it is gone."""

    index: int
    name: str
    is_up: bool
    has_carrier: bool
    is_loopback: bool
    is_gone: bool


@dataclass(frozen=True, slots=True)
class AddressNews:
    """An address that an interface has, or has no longer."""

    index: int
    interface: Interface
    is_secondary: bool          # secondary, temporary or deprecated: not the first to be chosen
    is_gone: bool               # also while it can't be bound: tentative, or found twice in the network


@dataclass(frozen=True, slots=True)
class RouteNews:
    """A route by an interface."""

    index: int
    network: Network


@dataclass(frozen=True, slots=True)
class RoutesMoved:
    """Some route is not what it was."""


News = LinkNews | AddressNews | RouteNews | RoutesMoved
