"""Hear that the store was changed: PostgreSQL says so; a file is looked at often enough."""
import asyncio
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

CHANNEL = "hasip_store"
LISTEN_S = 5.0              # PostgreSQL must have agreed to tell us by then
LOOK_S = 1.0                # PostgreSQL's notices may get lost with their connection
LOOK_AT_FILE_S = 0.25


class Notices:
    """Word of changes. Owns: the connection that listens."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._heard = asyncio.Event()
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._is_listening = False

    async def tell(self, connection: AsyncConnection) -> None:
        """Let others hear of a transaction, once it is committed."""
        if self._engine.dialect.name == "postgresql":
            await connection.execute(text(f"NOTIFY {CHANNEL}"))

    async def wait(self) -> None:
        """Return when there is something to look at, or when it is time to look. Errors: the driver's, when listening can't begin; later it may."""
        if self._engine.dialect.name == "sqlite":
            await asyncio.sleep(LOOK_AT_FILE_S)
            return
        if not self._is_listening:
            async with asyncio.timeout(LISTEN_S):
                await self._listen()
            return                  # what happened before, nobody will say again: look now
        try:
            async with asyncio.timeout(LOOK_S):
                await self._heard.wait()
        except TimeoutError:
            pass
        self._heard.clear()

    async def close(self) -> None:
        """Listen no more."""
        connection, self._connection, self._is_listening = self._connection, None, False
        if self._driver is not None:
            self._driver.remove_termination_listener(self._hear_no_more)        # its end is none that matters
            self._driver = None
        if connection is not None:
            await connection.invalidate()       # not back to others with a listener on it
            await connection.close()

    async def _listen(self) -> None:
        from asyncpg import InterfaceError, PostgresError  # here: a node on SQLite does without

        await self.close()
        self._connection = await self._engine.connect()
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        self._driver = driver
        driver.add_termination_listener(self._hear_no_more)
        try:
            await driver.add_listener(CHANNEL, lambda *_: self._heard.set())
        except (InterfaceError, PostgresError) as error:        # asked past SQLAlchemy, which would have made them its own
            raise ConnectionError(str(error)) from None
        self._is_listening = True

    def _hear_no_more(self, _connection: Any) -> None:
        self._is_listening = False
        self._heard.set()
