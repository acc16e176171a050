"""Make the store's rows those of another provisioning: only what differs is written, and all in the caller's transaction."""
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Literal, TypeVar

from sqlalchemy import Table, bindparam, delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.config.trunks_file import CoreTable, TrunkTable
from hasip.config.trunks_writer import core_table, trunk_table, without_defaults
from hasip.domain.trunk import Core, Provisioning, Trunk
from hasip.store.difference import Change, Difference, TableName, without_secrets
from hasip.store.rows import Values, rows_of_core, rows_of_trunk
from hasip.store.tables import AUDIT, CORES, OF_CORES, OF_TRUNKS, STATE, TRUNKS

PORTION = 1000

Item = TypeVar("Item")


async def write_difference(connection: AsyncConnection, changes: Difference, old: Provisioning, new: Provisioning) -> None:
    """Write what makes `old` into `new`. What is referred to comes before what refers to it, and goes after it; a number may pass from one trunk to another."""
    await remove_parts(connection, OF_CORES, changes.names("core", "changed"))
    await write_peers(connection, CORES, (rows_of_core(core) for core in named(new.cores, changes, "core", "added")), are_new=True)
    await write_peers(connection, CORES, (rows_of_core(core) for core in named(new.cores, changes, "core", "changed")), are_new=False)
    await remove(connection, TRUNKS, changes.names("trunk", "removed"))
    await remove_parts(connection, OF_TRUNKS, changes.names("trunk", "changed"))
    await write_peers(connection, TRUNKS, (rows_of_trunk(trunk) for trunk in named(new.trunks, changes, "trunk", "changed")), are_new=False)
    await write_peers(connection, TRUNKS, (rows_of_trunk(trunk) for trunk in named(new.trunks, changes, "trunk", "added")), are_new=True)
    await remove(connection, CORES, changes.names("core", "removed"))


def named(peers: Sequence[Any], changes: Difference, table: TableName, kind: Literal["added", "changed"]) -> Iterator[Any]:
    """Yield the cores or trunks that were added or changed."""
    names = set(changes.names(table, kind))
    return (peer for peer in peers if peer.name in names)


async def remove(connection: AsyncConnection, table: Table, names: list[str]) -> None:
    """Remove cores or trunks; their parts go with them."""
    if names:
        await connection.execute(delete(table).where(table.c.name == bindparam("gone")), [{"gone": name} for name in names])


async def remove_parts(connection: AsyncConnection, tables: Sequence[Table], owners: list[str]) -> None:
    """Remove the parts of cores or trunks that are going to get new ones."""
    for table in reversed(tables) if owners else ():
        await connection.execute(delete(table).where(table.c.owner == bindparam("of")), [{"of": owner} for owner in owners])


async def write_peers(connection: AsyncConnection, table: Table, peers: Iterator[Iterator[tuple[Table, Values]]], *, are_new: bool) -> None:
    """Write cores or trunks with their parts, some at a time. Those that are there keep their row: others refer to it."""
    for portion in portions(peers):
        rows: dict[Table, list[dict[str, Any]]] = {table: []}
        for peer in portion:
            for part_table, values in peer:
                rows.setdefault(part_table, []).append(dict(zip(part_table.columns.keys(), values, strict=True)))
        if not are_new:
            await change_rows(connection, table, rows.pop(table))
        for each in (each for each in (CORES, *OF_CORES, TRUNKS, *OF_TRUNKS) if each in rows):
            await connection.execute(insert(each), rows[each])


async def change_rows(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Change rows by their name."""
    columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in table.columns.keys() if name != "name"}       # noqa: SIM118 - a column collection
    await connection.execute(update(table).where(table.c.name == bindparam("new_name")).values(columns),
                             [{f"new_{name}": value for name, value in row.items()} for row in rows])


async def write_state(connection: AsyncConnection, generation: int, at: datetime, realm: str) -> None:
    """Say that this transaction changes something, and what its hashes are for."""
    await connection.execute(update(STATE).values(generation=generation, changed_at=at, realm=realm))


async def write_audit(connection: AsyncConnection, changes: Difference, old: Provisioning, new: Provisioning, *, who: str, generation: int, at: datetime) -> None:
    """Say who changed what, when: a changed core or trunk by its fields, one that came or went as a whole; secrets hidden."""
    before, after = peers_of(old), peers_of(new)
    entries = ({"generation": generation, "at": at, "who": who, "action": change.kind, "subject": change.table, "name": change.name,
                "old": told(change, before, "old"), "new": told(change, after, "new")} for change in changes.changes)
    for portion in portions(entries):
        await connection.execute(insert(AUDIT), portion)


def peers_of(provisioning: Provisioning) -> dict[tuple[str, str], Core | Trunk]:
    """Return cores and trunks by table and name."""
    return {("core", core.name): core for core in provisioning.cores} | {("trunk", trunk.name): trunk for trunk in provisioning.trunks}


def told(change: Change, peers: dict[tuple[str, str], Core | Trunk], side: Literal["old", "new"]) -> str:
    """Return one side of a change as JSON; empty for what was not there."""
    if change.fields:
        return json.dumps({field.place: getattr(field, side) for field in change.fields}, ensure_ascii=False)
    peer = peers.get((change.table, change.name))
    if peer is None:
        return ""
    table = without_defaults(core_table(peer), CoreTable) if isinstance(peer, Core) else without_defaults(trunk_table(peer), TrunkTable)
    return json.dumps(without_secrets(table), ensure_ascii=False)


def portions(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield items in lists of PORTION."""
    iterator = iter(items)
    while portion := list(islice(iterator, PORTION)):
        yield portion
