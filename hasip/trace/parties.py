"""Who is at an address: a leg of the trunk, its core, or nobody we know."""
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from hasip.domain.trunk import Account, Core, Network, Target, Trunk, Zone

Locate = Callable[[Target], Sequence[Target]]


def party_of(address: str, port: int, trunk: Trunk | None, cores: Sequence[Core], registered: Sequence[Sequence[str]], locate: Locate) -> str:
    """Return "acme primary", "globex sg-a", "core pstn"; empty for a stranger. registered: of each account, where it registered, as address:port."""
    legs = legs_of(trunk) if trunk else []
    for name, target, _ in legs:
        if target is not None and is_at(target, address, port, locate):
            return name
    for (name, _, _), places in zip(legs, registered, strict=False):
        if f"{address}:{port}" in places:
            return name
    ip = ip_address(address)
    for core in cores:
        if any(ip in network for network in core.allow) or any(is_at(target, address, port, locate) for target in (
                *core.targets, *(zone.target for region in core.regions for zone in region.zones))):
            return f"core {core.name}"
    return next((name for name, _, networks in legs if any(ip in network for network in networks)), "")


def legs_of(trunk: Trunk) -> list[tuple[str, Target | None, tuple[Network, ...]]]:
    """Return a trunk's legs: name, target, allowed networks."""
    legs: tuple[Account | Zone, ...] = (*trunk.accounts, *(zone for region in trunk.regions for zone in region.zones))
    return [(f"{trunk.name} {leg.name}", leg.target, leg.allow) for leg in legs]


def is_at(target: Target, address: str, port: int, locate: Locate) -> bool:
    """Return whether a target is at that place."""
    return any(place.host == address and place.port == port for place in locate(target))
