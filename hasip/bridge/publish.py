"""From provisioning to a published world: trunks keep their board slot by name, whatever else changes around them."""
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from hasip._fastpath import MODES, TRANSPORTS, Snapshot
from hasip.domain.trunk import FAILOVER_CODES, Account, Core, Network, Provisioning, Target, Trunk

IPV4_MAPPED = b"\0" * 10 + b"\xff\xff"
AFTER_PROGRESS = ("always", "no_early_media", "never")

ADDRESS, UNREGISTERED, UNREACHABLE = range(3)         # kinds of target, as the data plane numbers them

Place = tuple[int, int, bytes, int]                     # kind, transport, address as 16 bytes, port
Leg = tuple[str, Place, list[tuple[bytes, int]]]


class SlotBook:
    """Board slots by trunk name. A removed trunk's slot is given to another only once no call holds it."""

    def __init__(self, capacity: int) -> None:
        self.slots: dict[str, int] = {}
        self._free = list(range(capacity - 2, -1, -1))      # the last slot keeps calls whose trunk is gone
        self._leaving: list[int] = []

    def assign(self, names: Iterable[str], has_calls: dict[int, bool]) -> None:
        """Give every name a slot, and take slots from names that are gone. Errors: ValueError when there are too many."""
        wanted = set(names)
        for name in [name for name in self.slots if name not in wanted]:
            self._leaving.append(self.slots.pop(name))
        self._free += [slot for slot in self._leaving if not has_calls.get(slot)]
        self._leaving = [slot for slot in self._leaving if has_calls.get(slot)]
        for name in wanted - self.slots.keys():
            if not self._free:
                raise ValueError("more trunks than trunk_capacity: raise it in the node file and start again")
            self.slots[name] = self._free.pop()

    @property
    def leaving(self) -> tuple[int, ...]:
        """Slots of removed trunks that calls still hold."""
        return tuple(self._leaving)


def build_snapshot(provisioning: Provisioning, slots: dict[str, int]) -> Snapshot:
    """Build the world that the data plane reads."""
    cores, trunks = provisioning.cores, provisioning.trunks
    snapshot = Snapshot(
        cores=len(cores), trunks=len(trunks), numbers=sum(len(trunk.numbers) for trunk in trunks),
        networks=sum(len(core.allow) for core in cores) + sum(len(account.allow) for trunk in trunks for account in trunk.accounts))
    core_indexes = {core.name: add_core(snapshot, core) for core in cores}
    for trunk in trunks:
        add_trunk(snapshot, trunk, slots[trunk.name], core_indexes[trunk.core])
    return snapshot


def add_core(snapshot: Snapshot, core: Core) -> int:
    """Let calls from a core's networks in, and calls of customers go to its targets. Returns its index."""
    return snapshot.add_core(
        name=core.name, networks=[packed_network(network) for network in core.allow], targets=[place_of(target) for target in core.targets],
        failover_codes=code_table(FAILOVER_CODES), no_response_ms=core.no_response_ms)


def add_trunk(snapshot: Snapshot, trunk: Trunk, slot: int, core: int) -> None:
    """Add a trunk with its legs in order."""
    snapshot.add_trunk(
        slot=slot, name=trunk.name, mode=MODES.index(trunk.mode.value), calls=trunk.calls, numbers=trunk.numbers,
        core=core, caller_id=trunk.caller_id, rewrites_from=trunk.caller_id_policy == "from", legs=[leg_of(account) for account in trunk.accounts],
        failover_codes=code_table(trunk.failover_codes), no_response_ms=trunk.no_response_ms,
        ring_timeout_ms=trunk.ring_timeout_s * 1000, failover_after_progress=AFTER_PROGRESS.index(trunk.failover_after_progress),
        max_call_s=trunk.max_call_s, pool_full_status=trunk.pool_full_status,
        pool_full_status_to_trunk=trunk.pool_full_status_to_trunk)


def leg_of(account: Account) -> Leg:
    """Return an account as the data plane's leg: what can't be reached by this version is said to be so, never left out."""
    networks = [packed_network(network) for network in account.allow]
    if account.authentication == "digest":
        return (account.name, (UNREGISTERED, 0, b"", 0), networks)
    return (account.name, place_of(account.target), networks)


def place_of(target: Target | None) -> Place:
    """Return a target as the data plane's."""
    if target is None or target.ip is None:
        return (UNREACHABLE, 0, b"", 0)
    return (ADDRESS, TRANSPORTS.index(target.transport), packed_address(target.ip), target.port)


def code_table(codes: frozenset[int]) -> bytes:
    """Return the codes 300 … 699 as 400 bytes of 0 or 1."""
    return bytes(code in codes for code in range(300, 700))


def packed_address(address: IPv4Address | IPv6Address) -> bytes:
    """Return 16 bytes, IPv4 mapped into ::ffff:0:0/96."""
    return IPV4_MAPPED + address.packed if isinstance(address, IPv4Address) else address.packed


def packed_network(network: Network) -> tuple[bytes, int]:
    """Return the network's 16 bytes and its prefix length among 128 bits."""
    extra = 96 if isinstance(network.network_address, IPv4Address) else 0
    return packed_address(network.network_address), network.prefixlen + extra
