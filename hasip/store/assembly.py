"""Cores and trunks, put together from the rows of their tables."""
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from sqlalchemy import Table

from hasip.domain.trunk import Account, Core, Fault, Provisioning, Region, Target, Trunk, Zone
from hasip.store.faults import BadValue, ColumnKinds
from hasip.store.rows import ACCOUNT, ACCOUNT_TARGET, CORE, CORE_TARGET, NOWHERE_PLACE, REGION, TRUNK, ZONE, ZONE_TARGET, Values
from hasip.store.tables import ACCOUNTS, CORE_REGIONS, CORE_TARGETS, CORE_ZONES, CORES, NUMBERS, OF_CORES, TRUNK_REGIONS, TRUNK_ZONES, TRUNKS

Part = TypeVar("Part")

TABLES_OF_CORES = frozenset(table.name for table in (CORES, *OF_CORES))
OWNER_OF_NUMBER = NUMBERS.columns.keys().index("owner")


class Assembly:
    """Provisioning, put together from rows. Parts are taken before what they are part of, as READ_ORDER has them.

    A core or trunk with a row that no hasip writes is left out, and told.
    """

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
        self._kinds = {table.name: ColumnKinds(table) for table in self.READ_ORDER}
        self._faults_of_parts: dict[tuple[str, str], Fault] = {}
        self._unreadable: list[Fault] = []

    def take(self, table: str, rows: Iterable[Values]) -> None:
        """Take rows of a table."""
        taker, kinds = self._takers[table], self._kinds[table]
        for row in rows:
            try:
                kinds.check(row)
                taker(row)
            except BadValue as error:
                self._note(table, row, error)

    def provisioning(self) -> Provisioning:
        """Return cores and trunks in the order of their names: a store knows no other."""
        return Provisioning(tuple(sorted(self._cores, key=lambda core: core.name)), tuple(sorted(self._trunks, key=lambda trunk: trunk.name)),
                            unreadable=tuple(self._unreadable))

    def _note(self, table: str, row: Values, error: BadValue) -> None:
        """Remember why a core or trunk can't be read; of its parts, until its own row comes."""
        fault = Fault("core" if table in TABLES_OF_CORES else "trunk", str(row[OWNER_OF_NUMBER if table == "numbers" else 0]), place_of(table, row) + error.key,
                      str(error))
        if table in ("cores", "trunks"):
            self._unreadable.append(fault)
        else:
            self._faults_of_parts.setdefault((fault.table, fault.name), fault)

    def _is_whole(self, table: str, name: str) -> bool:
        """Return whether all parts of a core or trunk could be read."""
        fault = self._faults_of_parts.get((table, name))
        if fault is not None:
            self._unreadable.append(fault)
        return fault is None

    def _take_core_target(self, row: Values) -> None:
        self._core_targets.setdefault(row[0], {})[row[1]] = CORE_TARGET.part_of(row)

    def _take_core(self, row: Values) -> None:
        name = row[0]
        core = CORE.part_of(row, targets=in_order(self._core_targets.pop(name, {})), regions=in_order(self._regions.pop((CORES, name), {})))
        if self._is_whole("core", name):
            self._cores.append(core)

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
        trunk = TRUNK.part_of(row, numbers=in_order(self._numbers.pop(name, {})), primary=accounts.get("primary"), secondary=accounts.get("secondary"),
                              regions=in_order(self._regions.pop((TRUNKS, name), {})))
        if self._is_whole("trunk", name):
            self._trunks.append(trunk)


def in_order(parts: dict[int, Part]) -> tuple[Part, ...]:
    """Return parts by their position."""
    return tuple(parts[position] for position in sorted(parts))


def place_of(table: str, row: Values) -> str:
    """Return where a row's values are in the trunks file, with a dot at the end; empty for those of a core or trunk itself."""
    if table == "accounts":
        return f"{row[1]}."
    if table == "core_targets":
        return f"target[{row[1]}]."
    if table.endswith("_zones"):
        return f"region[{row[1]}].zone[{row[2]}]."
    return f"region[{row[1]}]." if table.endswith("_regions") else ""
