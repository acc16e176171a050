"""From provisioning to a published world: trunks keep their board slot by name, whatever else changes around them."""
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from hasip._fastpath import LEG_LIMIT, MODES, TRANSPORTS, Snapshot
from hasip.domain.trunk import FAILOVER_CODES, Account, Core, Fault, Mode, Network, Provisioning, Target, Trunk, Zone

IPV4_MAPPED = b"\0" * 10 + b"\xff\xff"
AFTER_PROGRESS = ("always", "no_early_media", "never")

ADDRESS, REGISTERED, UNREACHABLE = range(3)         # kinds of target, as the data plane numbers them

ANY_SEAT = -1

UNFIT = (ValueError, TypeError, ArithmeticError, LookupError)       # what the data plane has no room for, and what no rule lets into a store

NOWHERE = (UNREACHABLE, 0, b"", 0, False, ANY_SEAT)

Place = tuple[int, int, bytes, int, bool, int]          # kind, transport, address as 16 bytes, port, whether large requests go there by TCP, seat
Leg = tuple[str, list[Place], list[tuple[bytes, int]], int]     # name, places, networks, region
Locate = Callable[[Target], Sequence[Target]]           # a target by name → the same by address, in the order to try
SeatOf = Callable[[Zone], int | None]                   # the listener a zone on an interface is reached by; None: there is none now


class SlotBook:
    """Board slots by name, of trunks or of cores. A removed one's slot is given to another only once no call holds it."""

    def __init__(self, slots: range) -> None:
        self.slots: dict[str, int] = {}
        self._free = list(reversed(slots))
        self._leaving: list[int] = []

    def assign(self, names: Iterable[str], has_calls: Callable[[int], bool]) -> None:
        """Give every name a slot, and take slots from names that are gone. Errors: ValueError when there are too many."""
        wanted = set(names)
        for name in [name for name in self.slots if name not in wanted]:
            self._leaving.append(self.slots.pop(name))
        in_use = {slot for slot in self._leaving if has_calls(slot)}
        self._free += [slot for slot in self._leaving if slot not in in_use]
        self._leaving = [slot for slot in self._leaving if slot in in_use]
        for name in wanted - self.slots.keys():
            if not self._free:
                raise ValueError("more trunks than trunk_capacity, or cores than the board has room for: raise it in the node file and start again")
            self.slots[name] = self._free.pop()

    @property
    def leaving(self) -> tuple[int, ...]:
        """Slots of removed trunks that calls still hold."""
        return tuple(self._leaving)


def by_address_alone(target: Target) -> Sequence[Target]:
    """Know targets whose host is an address, and no others."""
    return (target,) if target.ip is not None else ()


def any_seat(zone: Zone) -> int | None:
    """Let every zone be reached by any listener."""
    return ANY_SEAT


def room_for(provisioning: Provisioning) -> Snapshot:
    """Return an empty world with room for all that."""
    numbers = users = 0
    networks = sum(len(core.allow) for core in provisioning.cores) + sum(len(zone.allow) for zone in provisioning.zones)
    for trunk in provisioning.trunks:
        numbers += len(trunk.numbers)
        for account in (trunk.primary, trunk.secondary):
            if account is not None:
                networks += len(account.allow)
                users += account.authentication == "digest"
    return Snapshot(cores=len(provisioning.cores), trunks=len(provisioning.trunks), numbers=numbers, networks=networks, users=users)


def add_cores(snapshot: Snapshot, cores: Iterable[Core], slots: dict[str, int], locate: Locate = by_address_alone,
              seat_of: SeatOf = any_seat) -> tuple[dict[str, int], list[Fault]]:
    """Add cores; return their indexes by name, and why others could not be added. With faults the snapshot is good for nothing."""
    indexes: dict[str, int] = {}
    faults: list[Fault] = []
    for core in cores:
        try:
            indexes[core.name] = add_core(snapshot, core, slots[core.name], locate, seat_of)
        except UNFIT as error:
            faults.append(Fault("core", core.name, "", str(error)))
    return indexes, faults


def add_trunks(snapshot: Snapshot, trunks: Iterable[Trunk], slots: dict[str, int], core_indexes: dict[str, int], locate: Locate = by_address_alone,
               seat_of: SeatOf = any_seat) -> list[Fault]:
    """Add trunks; return why some could not be added: a core that there is not, a number or username that another has. With faults the snapshot is good for nothing."""
    faults: list[Fault] = []
    for trunk in trunks:
        if trunk.core not in core_indexes:
            faults.append(Fault("trunk", trunk.name, "core", f'"{trunk.core}" is none that is published'))
            continue
        try:
            add_trunk(snapshot, trunk, slots[trunk.name], core_indexes[trunk.core], locate, seat_of)
        except UNFIT as error:
            faults.append(Fault("trunk", trunk.name, "", str(error)))
    return faults


def add_core(snapshot: Snapshot, core: Core, slot: int, locate: Locate = by_address_alone, seat_of: SeatOf = any_seat) -> int:
    """Let calls from a core's networks in, and calls of customers go to its targets or zones. Returns its index."""
    return snapshot.add_core(
        slot=slot, name=core.name, networks=[packed_network(network) for network in core.allow], mode=MODES.index(core.mode or Mode.AUTO_FAILOVER),
        is_priority=core.intra_region == "priority", legs=zone_legs(core, locate, seat_of) if core.mode else target_legs(core, locate),
        failover_codes=code_table(FAILOVER_CODES), no_response_ms=core.no_response_ms)


def add_trunk(snapshot: Snapshot, trunk: Trunk, slot: int, core: int, locate: Locate = by_address_alone, seat_of: SeatOf = any_seat) -> None:
    """Add a trunk with its legs in order."""
    snapshot.add_trunk(
        slot=slot, name=trunk.name, mode=MODES.index(trunk.mode.value), is_priority=trunk.intra_region == "priority", calls=trunk.calls,
        numbers=trunk.numbers, core=core, caller_id=trunk.caller_id, rewrites_from=trunk.caller_id_policy == "from",
        legs=zone_legs(trunk, locate, seat_of) or [account_leg(account, region, locate) for region, account in enumerate(trunk.accounts)],
        failover_codes=code_table(trunk.failover_codes), no_response_ms=trunk.no_response_ms,
        ring_timeout_ms=trunk.ring_timeout_s * 1000, failover_after_progress=AFTER_PROGRESS.index(trunk.failover_after_progress),
        max_call_s=trunk.max_call_s, pool_full_status=trunk.pool_full_status,
        pool_full_status_to_trunk=trunk.pool_full_status_to_trunk)
    for leg, account in enumerate(trunk.accounts):
        if account.authentication == "digest":
            snapshot.add_user(username=account.username, leg=leg, has_whitelist=bool(account.allow), ha1_md5=account.ha1_md5, ha1_sha256=account.ha1_sha256)


def account_leg(account: Account, region: int, locate: Locate = by_address_alone) -> Leg:
    """Return an account as the data plane's leg, a region of its own: what can't be reached is said to be so, never left out."""
    networks = [packed_network(network) for network in account.allow]
    if account.authentication == "digest":
        return (account.name, [(REGISTERED, 0, b"", 0, False, ANY_SEAT)], networks, region)
    return (account.name, places_of(account.target, locate) if account.target else [NOWHERE], networks, region)


def zone_legs(owner: Trunk | Core, locate: Locate, seat_of: SeatOf) -> list[Leg]:
    """Return a trunk's or core's zones as legs, region by region."""
    return [(zone.name, places_of_zone(zone, locate, seat_of), [packed_network(network) for network in zone.allow], index)
            for index, region in enumerate(owner.regions) for zone in region.zones]


def target_legs(core: Core, locate: Locate) -> list[Leg]:
    """Return a core's targets as legs, each a region of its own; those beyond the last leg are further places of it, and so come after it too."""
    legs: list[Leg] = []
    for target in core.targets:
        places = places_of(target, locate)
        if len(legs) < LEG_LIMIT:
            legs.append((f"{target.host}:{target.port}", places, [], len(legs)))
        else:
            legs[-1][1].extend(places)
    return legs


def places_of_zone(zone: Zone, locate: Locate, seat_of: SeatOf) -> list[Place]:
    """Return where a zone is; without a way out by its interface it is not to be reached."""
    seat = seat_of(zone)
    return [NOWHERE] if seat is None else places_of(zone.target, locate, seat)


def places_of(target: Target, locate: Locate, seat: int = ANY_SEAT) -> list[Place]:
    """Return where a target is, as the data plane has it; of a name without an address, that it is not to be reached."""
    return [(ADDRESS, TRANSPORTS.index(each.transport), packed_address(each.ip), each.port, target.large_by_tcp, seat)
            for each in locate(target) if each.ip] or [NOWHERE]


@lru_cache(maxsize=64)
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
