"""What self-service must not do to others: a whitelist entry decides whose call it is, and a target where calls go. Nor does it learn who they are.

An operator who writes such an entry knows why; a customer could take a neighbour's calls with it, or the carrier's.
"""
from ipaddress import ip_network

from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.domain.trunk import Account, Network, Trunk
from hasip.store.rivals import address_rivals, username_rivals

IPV4_PREFIX_MIN, IPV6_PREFIX_MIN = 24, 48
NETWORKS_MAX = 64               # of an account: each is looked for in all whitelists, while other changes wait

Problem = tuple[str, str]


async def risks(connection: AsyncConnection, old: Trunk | None, new: Trunk) -> list[Problem]:
    """Return what of a customer's change would reach beyond the customer. What was there before stays allowed."""
    found = [(f"{account}.username", f'"{user}" is taken: choose another') for account, user, _ in await username_rivals(connection, new)]
    known = {network for account in (old.accounts if old else ()) for network in account.allow}
    for account in new.accounts:
        fresh = [network for network in account.allow if network not in known]
        if fresh and len(account.allow) > NETWORKS_MAX:
            found.append((f"{account.name}.allow", f"{len(account.allow)} networks: up to {NETWORKS_MAX} can be set here, more by an operator"))
            continue
        found += [(f"{account.name}.allow", too_wide(network)) for network in fresh if is_too_wide(network)]
        rivals = await address_rivals(connection, new.name, [network for network in fresh if not is_too_wide(network)])
        found += [(f"{account.name}.allow", f"{network} has addresses that are somebody else's already: ask an operator") for network in rivals]
        before = next((each for each in (old.accounts if old else ()) if each.name == account.name), None)
        if account.target is not None and (before is None or before.target != account.target):
            found += await target_risks(connection, new.name, account)
    return found


async def target_risks(connection: AsyncConnection, trunk: str, account: Account) -> list[Problem]:
    """Return why calls may not be sent there: it is nobody's address, or somebody else's."""
    address = account.target.ip if account.target else None
    if address is None:
        return []
    place = f"{account.name}.address"
    if address.is_multicast or address.is_unspecified or address.is_link_local or address.is_reserved:
        return [(place, f"{address} is no address of a phone system: write the one yours has")]
    if await address_rivals(connection, trunk, [ip_network(address)]):
        return [(place, f"{address} is somebody else's already: ask an operator")]
    return []


def is_too_wide(network: Network) -> bool:
    """True for more addresses than a customer has."""
    return network.prefixlen < (IPV4_PREFIX_MIN if network.version == 4 else IPV6_PREFIX_MIN)


def too_wide(network: Network) -> str:
    """Say so."""
    shortest = IPV4_PREFIX_MIN if network.version == 4 else IPV6_PREFIX_MIN
    return f"{network} is too wide: /{shortest} and longer can be set here, anything wider by an operator"
