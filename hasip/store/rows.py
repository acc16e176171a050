"""Between the domain's dataclasses and the store's rows: the one place that knows both.

A field goes into the column of its name; a new field needs its column in tables.py, a migration, and, if its values are none that a database
has, a codec here. A part with parts of its own gets them from the Assembly.
"""
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Generic, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from sqlalchemy import Table

from hasip.config.values import read_interface, read_network, read_source
from hasip.domain.trunk import Account, Core, Mode, Network, Region, Target, Trunk, Zone
from hasip.store.faults import BadValue, Choices, host_of
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
    """Return the numbers of a text. Errors: ValueError."""
    try:
        return frozenset(map(int, text.split()))
    except ValueError:
        raise ValueError(f"{text!r} are no codes: write numbers of 300 … 699") from None


def networks_of(text: str) -> tuple[Network, ...]:
    """Return the networks of a text. Errors: ValueError."""
    return tuple(map(read_network, text.split()))


def codec_of_choice(words: Iterable[str]) -> "Codec":
    """Return how a field is read that has one of some words."""
    return Codec(lambda word: word, Choices({word: word for word in words}).__getitem__)


CODECS = {
    "allow": Codec(text_of, networks_of),
    "add_ons": Codec(lambda names: text_of(sorted(names)), words_of),
    "failover_codes": Codec(lambda codes: text_of(sorted(codes)), codes_of),
    "host": Codec(lambda host: host, host_of),
    "interface": Codec(lambda name: name, read_interface),
    "mode": Codec(lambda mode: mode and str(mode), Choices({None: None} | {mode.value: mode for mode in Mode}).__getitem__),
    "source": Codec(lambda address: address and str(address), lambda text: text and read_source(text)),
    "username": Codec(lambda name: name or None, lambda name: name or ""),
}


class Shape(Generic[Part]):
    """A dataclass and the columns of its fields."""

    def __init__(self, kind: type[Part], table: Table) -> None:
        self._kind = kind
        names = [field.name for field in dataclasses.fields(kind)]      # type: ignore[arg-type]
        self._places = {column.name: place for place, column in enumerate(table.columns) if column.name in names}
        choices = {name: codec_of_choice(get_args(hint)) for name, hint in get_type_hints(kind).items() if get_origin(hint) is Literal}
        self._codecs = [(name, codec) for name, codec in (choices | CODECS).items() if name in self._places]

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
        """Return a part from its row; fields that are no columns come from `others`. Errors: BadValue."""
        columns = {name: row[place] for name, place in self._places.items()}
        name = ""
        try:
            for name, codec in self._codecs:
                columns[name] = codec.read(columns[name])
        except ValueError as error:
            raise BadValue(name, str(error)) from None
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
