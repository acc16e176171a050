"""The legs whose health is judged: zones of trunks and cores, and accounts that ask for it."""
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from hasip.domain.trunk import Core, Provisioning, Target, Trunk


@dataclass(frozen=True, slots=True)
class JudgedLeg:
    """One leg, as probes and people know it."""

    name: str                               # "globex/sg-a", "acme/primary", "core:pstn/a"
    owner: str                              # "globex", "core:pstn"
    leg: int                                # its place among its owner's
    region: str                             # empty: an account
    target: Target
    interface: str = ""
    source: IPv4Address | IPv6Address | None = None


def judged_legs(provisioning: Provisioning) -> Iterator[JudgedLeg]:
    """Yield every leg that is judged."""
    for core in provisioning.cores:
        yield from zones_of(core, f"core:{core.name}")
    for trunk in provisioning.trunks:
        yield from zones_of(trunk, trunk.name)
        for leg, account in enumerate(trunk.accounts):
            if account.probe and account.target is not None:
                yield JudgedLeg(f"{trunk.name}/{account.name}", trunk.name, leg, "", account.target)


def zones_of(owner: Trunk | Core, owner_name: str) -> Iterator[JudgedLeg]:
    """Yield a trunk's or core's zones, the regions in order."""
    leg = 0
    for region in owner.regions:
        for zone in region.zones:
            yield JudgedLeg(f"{owner_name}/{zone.name}", owner_name, leg, region.name, zone.target, zone.interface, zone.source)
            leg += 1
