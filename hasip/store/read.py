"""All of the store, in one look: rows come in portions, and the loop has its turns between them."""
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.config.trunk_rules import rule_warnings
from hasip.domain.trunk import Provisioning
from hasip.store.rows import Assembly
from hasip.store.tables import STATE

PORTION_ROWS = 2000


@dataclass(frozen=True, slots=True)
class World:
    """What the store held at one generation."""

    generation: int
    realm: str                      # that the hashes were made for; empty: nothing was applied yet
    provisioning: Provisioning


async def read_world(connection: AsyncConnection) -> World:
    """Return what the transaction of this connection sees. Errors: ValueError, TypeError for what no hasip wrote."""
    generation, realm = (await connection.execute(select(STATE.c.generation, STATE.c.realm))).one()
    assembly = Assembly()
    for table in Assembly.READ_ORDER:
        async with connection.stream(select(table).execution_options(yield_per=PORTION_ROWS)) as result:
            async for portion in result.partitions():
                assembly.take(table.name, portion)
    return world_of(generation, realm, assembly)


def world_of(generation: int, realm: str, assembly: Assembly) -> World:
    """Return what was put together, with the warnings that a file with this content brings."""
    cores, trunks = assembly.provisioning()
    return World(generation, realm, Provisioning(cores, trunks, tuple(rule_warnings(cores, trunks))))
