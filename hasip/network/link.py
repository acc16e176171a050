"""A network interface, as far as leaving by it depends on it."""
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface       # an address with its network
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Link:
    """One interface at one moment."""

    name: str
    index: int                              # another one when the interface was made anew
    is_up: bool = False                     # switched on by the administrator
    has_carrier: bool = False               # and able to carry something; never while switched off
    is_loopback: bool = False
    addresses: tuple[Interface, ...] = ()   # those that can be bound; secondary, temporary and deprecated ones last, else by number
    routes: frozenset[Network] = frozenset()        # of the main table, to elsewhere, leading out by it now; none without carrier
