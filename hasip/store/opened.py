"""A database that is open: connected, and brought up to date, by its first transaction."""
import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.store.database import WRITES, engine_of, shown_url
from hasip.store.failures import failures_as_ours
from hasip.store.migrate import migrate

CLOSE_S = 2.0


class Opened:
    """What every store stands on. Owns: its connections. Threads: one loop's. Errors of every method: StoreAway, StoreBusy, StoreError."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet. Errors: ValueError, sqlalchemy's ArgumentError among them, for a URL that is none."""
        self.name = shown_url(url)
        self._engine = engine_of(url)
        self._is_migrated = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give all connections back; a database that hangs is not waited for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._give_back()

    async def _give_back(self) -> None:
        await self._engine.dispose()

    @contextlib.asynccontextmanager
    async def transaction(self, *, writes: bool = False) -> AsyncIterator[AsyncConnection]:
        """Run a block in a transaction, which sees one moment of the store."""
        with failures_as_ours(self.name):
            if not self._is_migrated:
                await migrate(self._engine)
                self._is_migrated = True
            options: dict[str, Any] = {WRITES: writes}
            if self._engine.dialect.name == "postgresql" and not writes:
                options["isolation_level"] = "REPEATABLE READ"      # a writer holds the state's lock instead
            async with self._engine.execution_options(**options).begin() as connection:
                yield connection
