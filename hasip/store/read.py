"""What is in the store: all of it, or what changed since. Rows come in portions, and the loop has its turns between them.

A core or trunk that can't be read keeps nobody from reading the others: it is named instead (Provisioning.unreadable).
"""
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.config.trunk_rules import rule_warnings
from hasip.domain.trunk import Core, Provisioning, Trunk
from hasip.store.assembly import Assembly
from hasip.store.failures import StoreError
from hasip.store.tables import AUDIT, CORES, OF_CORES, STATE, TRUNKS

PORTION_ROWS = 2000
FEW = 200               # cores and trunks that are read one by one; of more, all are read

Peer = TypeVar("Peer", Core, Trunk)


@dataclass(frozen=True, slots=True)
class World:
    """What the store held at one generation."""

    generation: int
    realm: str                      # that the hashes were made for; empty: nothing was applied yet
    provisioning: Provisioning
    changed_at: datetime | None = None


async def read_world(connection: AsyncConnection) -> World:
    """Return what the transaction of this connection sees."""
    return await world_of(connection, await read_named(connection, {"core": None, "trunk": None}))


async def read_changes(connection: AsyncConnection, known: World) -> World:
    """Return the same as read_world, and read only what changed since `known`, if the audit log tells, and it is little."""
    names = await changed_names(connection, known)
    if names is None:
        return await read_world(connection)
    old, fresh = known.provisioning, await read_named(connection, names)
    unreadable = (*(fault for fault in old.unreadable if fault.name not in names[fault.table]), *fresh.unreadable)
    return await world_of(connection, Provisioning(
        replaced(old.cores, names["core"], fresh.cores), replaced(old.trunks, names["trunk"], fresh.trunks), unreadable=unreadable))


async def read_trunks(connection: AsyncConnection, names: Collection[str]) -> tuple[Trunk, ...]:
    """Return the trunks of these names that are there, by name. Errors: StoreError for one that can't be read."""
    return all_readable(await read_named(connection, {"core": (), "trunk": names})).trunks


async def read_cores(connection: AsyncConnection, names: Collection[str] | None = None) -> tuple[Core, ...]:
    """Return the cores of these names that are there, or all; by name. Errors: StoreError for one that can't be read."""
    return all_readable(await read_named(connection, {"core": names, "trunk": ()})).cores


def all_readable(provisioning: Provisioning) -> Provisioning:
    """Return what was read, if that is all there is. Errors: StoreError, which names the first that can't be read."""
    for fault in provisioning.unreadable:
        raise StoreError(f'{fault.table} "{fault.name}": {fault.place}: {fault.sentence}: nobody can read it, hasip apply writes it anew')
    return provisioning


async def read_named(connection: AsyncConnection, names: Mapping[str, Collection[str] | None]) -> Provisioning:
    """Return cores and trunks of these names, or all where no names are said."""
    assembly = Assembly()
    for table in Assembly.READ_ORDER:
        wanted = names["core" if table in (CORES, *OF_CORES) else "trunk"]
        if wanted is None:
            await read_rows(connection, assembly, table.name, select(table))
        elif wanted:
            whose = table.c.name if table in (CORES, TRUNKS) else table.c.owner
            await read_rows(connection, assembly, table.name, select(table).where(whose.in_(wanted)))
    return assembly.provisioning()


async def changed_names(connection: AsyncConnection, known: World) -> dict[str, set[str]] | None:
    """Return the cores and trunks that changed since; None if the log does not reach back to `known`, or it is of another history (a restored backup), or they are many."""
    generation = (await connection.execute(select(STATE.c.generation))).scalar_one()
    then = (await connection.execute(select(AUDIT.c.at).where(AUDIT.c.generation == known.generation).limit(1))).scalar()
    if then is None or then != known.changed_at:
        return None
    rows = (await connection.execute(
        select(AUDIT.c.generation, AUDIT.c.subject, AUDIT.c.name).where(AUDIT.c.generation > known.generation).limit(FEW + 1))).all()
    if len(rows) > FEW or {row.generation for row in rows} != set(range(known.generation + 1, generation + 1)):
        return None
    return {subject: {row.name for row in rows if row.subject == subject} for subject in ("core", "trunk")}


def replaced(known: Sequence[Peer], changed: set[str], there: Sequence[Peer]) -> tuple[Peer, ...]:
    """Return known cores or trunks, those that changed as they are now; in the order of their names."""
    if not changed:
        return tuple(known)
    kept: list[Peer] = [peer for peer in known if peer.name not in changed]
    return tuple(sorted(kept + list(there), key=lambda peer: peer.name))


async def read_rows(connection: AsyncConnection, assembly: Assembly, table: str, query: Select[tuple[object, ...]]) -> None:
    """Read a table's rows."""
    async with connection.stream(query.execution_options(yield_per=PORTION_ROWS)) as result:
        async for portion in result.partitions():
            assembly.take(table, portion)


async def world_of(connection: AsyncConnection, provisioning: Provisioning) -> World:
    """Return what was read as a world, with the warnings that a file with this content brings."""
    warnings = tuple(rule_warnings(provisioning.cores, provisioning.trunks))
    state = (await connection.execute(select(STATE.c.generation, STATE.c.realm, STATE.c.changed_at))).one()
    return World(state.generation, state.realm, replace(provisioning, warnings=warnings), state.changed_at)
