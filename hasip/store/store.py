"""The store: cores and trunks in a database that several nodes and commands share."""
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.domain.trunk import Provisioning
from hasip.store.difference import Difference, difference
from hasip.store.failures import StoreChanged, failures_as_ours
from hasip.store.notices import Notices
from hasip.store.opened import Opened
from hasip.store.read import World, read_changes, read_world
from hasip.store.tables import STATE
from hasip.store.write import write_audit, write_difference, write_state


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply did."""

    difference: Difference
    generation: int


class Store(Opened):
    """One database."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet. Errors: as Opened."""
        super().__init__(url)
        self._notices = Notices(self._engine)

    async def _give_back(self) -> None:
        await self._notices.close()
        await super()._give_back()

    async def generation(self) -> int:
        """Return the number that every change raises."""
        async with self.transaction() as connection:
            return await generation_of(connection)

    async def load(self, known: World | None = None) -> World:
        """Return all that is in the store, as it was at one moment. With what is known of it already, only what changed is read."""
        async with self.transaction() as connection:
            return await read_changes(connection, known) if known else await read_world(connection)

    async def apply(self, wanted: Provisioning, *, realm: str, who: str, shown_generation: int | None = None) -> Applied:
        """Make the store hold `wanted`, whose passwords are hashed, in one transaction; one apply waits for another.

        Errors: StoreChanged when `shown_generation` is given and the store has gone on from it.
        """
        if any(account.password for trunk in wanted.trunks for account in trunk.accounts):
            raise ValueError("passwords are hashed before they come here")
        async with self.transaction(writes=True) as connection:
            generation = await generation_of(connection, for_update=True)
            if shown_generation not in (None, generation):
                raise StoreChanged(f"{self.name}: somebody else changed it meanwhile: look at the difference again")
            world = await read_world(connection)
            found = difference(world.provisioning, wanted)
            if not found.changes:
                return Applied(found, generation)
            await write_difference(connection, found, world.provisioning, wanted)
            now = datetime.now(UTC)
            await write_audit(connection, found, world.provisioning, wanted, who=who, generation=generation + 1, at=now)
            await write_state(connection, generation + 1, now, realm)
            await self.tell(connection)
        return Applied(found, generation + 1)

    async def tell(self, connection: AsyncConnection) -> None:
        """Let nodes hear of a transaction, once it is committed."""
        await self._notices.tell(connection)

    async def wait_for_change(self) -> None:
        """Wait until the store says that it was changed, or it is time to look."""
        with failures_as_ours(self.name):
            await self._notices.wait()


async def generation_of(connection: AsyncConnection, *, for_update: bool = False) -> int:
    """Return the generation that a transaction sees; `for_update`: after waiting for others that are going to change it."""
    query = select(STATE.c.generation)
    row: Sequence[int] = (await connection.execute(query.with_for_update() if for_update else query)).one()
    return row[0]
