"""What one trunk and all others may not have in common, asked of the store: numbers, usernames, and for customers' whitelists, addresses."""
import contextlib
from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from sqlalchemy import ColumnElement, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.config.trunk_rules import Finding
from hasip.domain.trunk import Network, Trunk
from hasip.store.tables import ACCOUNTS, CORE_ZONES, CORES, NUMBERS, TRUNK_ZONES, TRUNKS

WIDE_PREFIXES = (*(f"/{length} " for length in range(10)), *(f"/1{length} " for length in range(6)))       # such a network may hold others that begin otherwise
SHOWN = 3


async def trunk_rivals(connection: AsyncConnection, trunk: Trunk) -> list[Finding]:
    """Return numbers and usernames that other trunks have already. Two accounts of one trunk are the rules' business."""
    place = f'trunk "{trunk.name}"'
    taken = await connection.execute(select(NUMBERS.c.number, NUMBERS.c.owner).where(NUMBERS.c.number.in_(trunk.numbers), NUMBERS.c.owner != trunk.name))
    found = [(f"{place}: numbers", f'"{number}" belongs to trunk "{owner}" already: remove it from one of them') for number, owner in taken]
    return found + [(f"{place}: {account}.username", f'"{user}" belongs to trunk "{owner}" already') for account, user, owner in await username_rivals(connection, trunk)]


async def username_rivals(connection: AsyncConnection, trunk: Trunk) -> list[tuple[str, str, str]]:
    """Return usernames that other trunks have already: account, username, whose."""
    names = {account.username: account.name for account in trunk.accounts if account.username}
    users = await connection.execute(select(ACCOUNTS.c.username, ACCOUNTS.c.owner).where(ACCOUNTS.c.username.in_(names), ACCOUNTS.c.owner != trunk.name))
    return [(names[user], user, owner) for user, owner in users]


async def core_rivals(connection: AsyncConnection, core: str) -> list[Finding]:
    """Return what keeps a core from being removed."""
    names = list((await connection.execute(select(TRUNKS.c.name).where(TRUNKS.c.core == core).order_by(TRUNKS.c.name).limit(SHOWN))).scalars())
    return [(f'core "{core}"', f'trunks still name it, {", ".join(names)} among them: give them another first')] if names else []


async def address_rivals(connection: AsyncConnection, trunk: str, networks: Iterable[Network]) -> dict[Network, str]:
    """Return which of some networks have addresses that a core, or another trunk, is known by: network → whose."""
    found: dict[Network, str] = {}
    for network in networks:
        for owner, allow in await allowing(connection, trunk, network):
            if any(network.version == other.version and network.overlaps(other) for other in networks_in(allow)):
                found[network] = owner
    return found


def networks_in(allow: str) -> Iterator[Network]:
    """Yield the networks of a whitelist; what nobody can read lets nobody in, and is told elsewhere."""
    for text in allow.split():
        with contextlib.suppress(ValueError):
            yield ip_network(text)


async def allowing(connection: AsyncConnection, trunk: str, network: Network) -> list[tuple[str, str]]:
    """Return who else's whitelist may overlap, by how it is written: an owner and a whitelist each."""
    begins = f" {beginning(network)}"
    rows: list[tuple[str, str]] = []
    for table, owner in ((CORES, CORES.c.name), (CORE_ZONES, CORE_ZONES.c.owner), (ACCOUNTS, ACCOUNTS.c.owner), (TRUNK_ZONES, TRUNK_ZONES.c.owner)):
        listed = literal(" ") + table.c.allow + literal(" ")
        may_overlap: list[ColumnElement[bool]] = [listed.contains(each, autoescape=True) for each in (begins, *WIDE_PREFIXES)]
        kind = "core" if table in (CORES, CORE_ZONES) else "trunk"
        query = select(owner, table.c.allow).where(table.c.allow != "", or_(*may_overlap))
        rows += [(f'{kind} "{name}"', allow) for name, allow in (await connection.execute(query)) if (kind, name) != ("trunk", trunk)]
    return rows


def beginning(network: Network) -> str:
    """Return how every network of 16 bits or more begins, as text, that has addresses in common with this one."""
    text = str(network.network_address)
    return ".".join(text.split(".")[:2]) + "." if network.version == 4 else text.split(":")[0] + ":"
