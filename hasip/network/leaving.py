"""Can a datagram leave by an interface, and from which address? Questions to a Link; no I/O."""
from hasip.network.link import Address, Interface, Link


def obstacle(link: Link | None, name: str, source: Address, destination: Address) -> str:
    """Return what keeps a datagram from leaving by interface `name`; nothing when it can. An unspecified source is whatever the kernel chooses."""
    if link is None:
        return f"interface {name} does not exist"
    if not link.is_up:
        return f"interface {name} is switched off"
    if not link.has_carrier:
        return f"interface {name} has no carrier"
    if source.is_unspecified:
        if source_on(link, destination) is None:
            return f"no IPv{destination.version} address is on {name}"
    elif not is_on(link, source):
        return f"address {source} is not on {name}"
    if not is_on(link, destination) and not any(destination in network for network in link.routes):
        return f"no route to {destination} by {name}"
    return ""


def source_on(link: Link, destination: Address) -> Address | None:
    """Return the address a datagram to `destination` gets by this link: the nearest one, then the first global one. None: it has none that fits."""
    fitting = [each for each in link.addresses if each.version == destination.version and each.ip.is_link_local <= destination.is_link_local]
    if not fitting:
        return None
    return max(fitting, key=lambda each: nearness(each, destination)).ip       # of equals, the first


def nearness(interface: Interface, destination: Address) -> tuple[int, bool]:
    """Return how fit an address is: by the network it shares with the destination, then for being known elsewhere."""
    return interface.network.prefixlen + 1 if destination in interface.network else 0, not interface.ip.is_loopback


def is_on(link: Link, address: Address) -> bool:
    """True for an address of the link; a loopback has whole IPv4 networks, such as 127.0.0.0/8."""
    return any(address == each.ip or (link.is_loopback and each.version == 4 and address in each.network) for each in link.addresses)
