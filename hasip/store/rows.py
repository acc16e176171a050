"""Between the domain's dataclasses and the store's rows: the one place that knows both.

A field goes into the column of its name; a new field needs its column in tables.py, a migration, and, if its values are none that a database
has, a codec here. A part with parts of its own gets them from Assembly.
"""
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from ipaddress import ip_address, ip_network
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Table

from hasip.domain.trunk import Account, Core, Mode, Network, Region, Target, Trunk, Zone
from hasip.store.tables import ACCOUNTS, CORE_REGIONS, CORE_TARGETS, CORE_ZONES, CORES, NUMBERS, TRUNK_REGIONS, TRUNK_ZONES, TRUNKS

Part = TypeVar("Part")
Values = Sequence[Any]
Rows = dict[str, list[Values]]          # by table name; each row's values in the order of the table's columns


class Codec(NamedTuple):
    """How a field is written, and read."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def text_of(values: Iterable[Any]) -> str:
    """Return values in one text; none of them has a space."""
    return " ".join(map(str, values))


@lru_cache(maxsize=1024)        # few different ones, for all trunks: they share them
def words_of(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


@lru_cache(maxsize=1024)
def codes_of(text: str) -> frozenset[int]:
    """Return the numbers of a text."""
    return frozenset(map(int, text.split()))


def networks_of(text: str) -> tuple[Network, ...]:
    """Return the networks of a text."""
    return tuple(map(ip_network, text.split()))


CODECS = {
    "allow": Codec(text_of, networks_of),
    "add_ons": Codec(lambda names: text_of(sorted(names)), words_of),
    "failover_codes": Codec(lambda codes: text_of(sorted(codes)), codes_of),
    "mode": Codec(lambda mode: mode and str(mode), lambda text: text and Mode(text)),
    "source": Codec(lambda address: address and str(address), lambda text: text and ip_address(text)),
    "username": Codec(lambda name: name or None, lambda name: name or ""),
}


class Shape(Generic[Part]):
    """A dataclass and the columns of its fields."""

    def __init__(self, kind: type[Part], table: Table) -> None:
        self._kind = kind
        names = [field.name for field in dataclasses.fields(kind)]      # type: ignore[arg-type]
        self._places = {column.name: place for place, column in enumerate(table.columns) if column.name in names}
        self._codecs = [(name, CODECS[name]) for name in self._places if name in CODECS]

    @property
    def fields(self) -> frozenset[str]:
        """The fields that have a column."""
        return frozenset(self._places)

    def columns_of(self, part: Part) -> dict[str, Any]:
        """Return what a part's fields put into their columns."""
        columns = {name: getattr(part, name) for name in self._places}
        for name, codec in self._codecs:
            columns[name] = codec.write(columns[name])
        return columns

    def part_of(self, row: Values, **others: Any) -> Part:
        """Return a part from its row; fields that are no columns come from `others`."""
        columns = {name: row[place] for name, place in self._places.items()}
        for name, codec in self._codecs:
            columns[name] = codec.read(columns[name])
        return self._kind(**columns, **others)


CORE, TRUNK = Shape(Core, CORES), Shape(Trunk, TRUNKS)
ACCOUNT, ACCOUNT_TARGET = Shape(Account, ACCOUNTS), Shape(Target, ACCOUNTS)
REGION, ZONE, ZONE_TARGET = Shape(Region, TRUNK_REGIONS), Shape(Zone, TRUNK_ZONES), Shape(Target, TRUNK_ZONES)      # those of cores have the same columns
CORE_TARGET = Shape(Target, CORE_TARGETS)

NOWHERE = Target("", 0)                 # stands for no target
NOWHERE_PLACE = ACCOUNTS.columns.keys().index("host")


def values_of(table: Table, columns: Mapping[str, Any]) -> Values:
    """Return a row's values in the order of the table's columns."""
    return [columns[name] for name in table.columns.keys()]     # noqa: SIM118 - a column collection iterates over columns


def rows_of_core(core: Core) -> Iterator[tuple[Table, Values]]:
    """Yield a core's row, and those of its parts."""
    yield CORES, values_of(CORES, CORE.columns_of(core))
    for position, target in enumerate(core.targets):
        yield CORE_TARGETS, values_of(CORE_TARGETS, {"owner": core.name, "position": position, **CORE_TARGET.columns_of(target)})
    yield from rows_of_regions(core.name, core.regions, CORE_REGIONS, CORE_ZONES)


def rows_of_trunk(trunk: Trunk) -> Iterator[tuple[Table, Values]]:
    """Yield a trunk's row, and those of its parts."""
    yield TRUNKS, values_of(TRUNKS, TRUNK.columns_of(trunk))
    for position, number in enumerate(trunk.numbers):
        yield NUMBERS, (number, trunk.name, position)
    for account in trunk.accounts:
        place = ACCOUNT_TARGET.columns_of(account.target or NOWHERE)
        yield ACCOUNTS, values_of(ACCOUNTS, {"owner": trunk.name, **place, **ACCOUNT.columns_of(account)})
    yield from rows_of_regions(trunk.name, trunk.regions, TRUNK_REGIONS, TRUNK_ZONES)


def rows_of_regions(owner: str, regions: Sequence[Region], region_table: Table, zone_table: Table) -> Iterator[tuple[Table, Values]]:
    """Yield the rows of a core's or a trunk's regions, and of the zones in them."""
    for position, region in enumerate(regions):
        yield region_table, values_of(region_table, {"owner": owner, "position": position, **REGION.columns_of(region)})
        for zone_position, zone in enumerate(region.zones):
            whose = {"owner": owner, "region": position, "position": zone_position}
            yield zone_table, values_of(zone_table, {**whose, **ZONE_TARGET.columns_of(zone.target), **ZONE.columns_of(zone)})


class Assembly:
    """Provisioning, put together from rows. Parts are taken before what they are part of, as READ_ORDER has them."""

    READ_ORDER = (CORE_TARGETS, CORE_ZONES, CORE_REGIONS, CORES, NUMBERS, ACCOUNTS, TRUNK_ZONES, TRUNK_REGIONS, TRUNKS)

    def __init__(self) -> None:
        self._cores: list[Core] = []
        self._trunks: list[Trunk] = []
        self._core_targets: dict[str, dict[int, Target]] = {}
        self._numbers: dict[str, dict[int, str]] = {}
        self._accounts: dict[str, dict[str, Account]] = {}
        self._zones: dict[tuple[Table, str, int], dict[int, Zone]] = {}
        self._regions: dict[tuple[Table, str], dict[int, Region]] = {}
        self._takers: dict[str, Callable[[Values], None]] = {
            "core_targets": self._take_core_target, "cores": self._take_core, "numbers": self._take_number, "accounts": self._take_account,
            "core_zones": partial(self._take_zone, CORES), "core_regions": partial(self._take_region, CORES),
            "trunk_zones": partial(self._take_zone, TRUNKS), "trunk_regions": partial(self._take_region, TRUNKS), "trunks": self._take_trunk}

    def take(self, table: str, rows: Iterable[Values]) -> None:
        """Take rows of a table. Errors: ValueError, TypeError for what no hasip wrote."""
        taker = self._takers[table]
        for row in rows:
            taker(row)

    def provisioning(self) -> tuple[tuple[Core, ...], tuple[Trunk, ...]]:
        """Return cores and trunks in the order of their names: a store knows no other."""
        return tuple(sorted(self._cores, key=lambda core: core.name)), tuple(sorted(self._trunks, key=lambda trunk: trunk.name))

    def _take_core_target(self, row: Values) -> None:
        self._core_targets.setdefault(row[0], {})[row[1]] = CORE_TARGET.part_of(row)

    def _take_core(self, row: Values) -> None:
        name = row[0]
        self._cores.append(CORE.part_of(row, targets=in_order(self._core_targets.pop(name, {})), regions=in_order(self._regions.pop((CORES, name), {}))))

    def _take_number(self, row: Values) -> None:
        number, owner, position = row
        self._numbers.setdefault(owner, {})[position] = number

    def _take_account(self, row: Values) -> None:
        target = ACCOUNT_TARGET.part_of(row) if row[NOWHERE_PLACE] else None
        self._accounts.setdefault(row[0], {})[row[1]] = ACCOUNT.part_of(row, target=target)

    def _take_zone(self, of: Table, row: Values) -> None:
        owner, region, position = row[:3]
        self._zones.setdefault((of, owner, region), {})[position] = ZONE.part_of(row, target=ZONE_TARGET.part_of(row))

    def _take_region(self, of: Table, row: Values) -> None:
        owner, position = row[:2]
        self._regions.setdefault((of, owner), {})[position] = REGION.part_of(row, zones=in_order(self._zones.pop((of, owner, position), {})))

    def _take_trunk(self, row: Values) -> None:
        name = row[0]
        accounts = self._accounts.pop(name, {})
        self._trunks.append(TRUNK.part_of(
            row, numbers=in_order(self._numbers.pop(name, {})), primary=accounts.get("primary"), secondary=accounts.get("secondary"),
            regions=in_order(self._regions.pop((TRUNKS, name), {}))))


def in_order(parts: dict[int, Part]) -> tuple[Part, ...]:
    """Return parts by their position."""
    return tuple(parts[position] for position in sorted(parts))
