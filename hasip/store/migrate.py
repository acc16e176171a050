"""Bring a database's tables up to date: at every start, and at once where nothing is to be done."""
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hasip.store.database import WRITES
from hasip.store.failures import StoreError
from hasip.store.migrations import REVISION

MIGRATIONS = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 0x6861736970         # PostgreSQL's advisory lock: several nodes may start at once


async def migrate(engine: AsyncEngine) -> None:
    """Run the migrations that are missing, in one transaction. Errors: StoreError for a store of a newer hasip."""
    async with engine.begin() as connection:
        if await connection.run_sync(revision_of) == REVISION:
            return
    async with engine.execution_options(**{WRITES: True}).begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
        await connection.run_sync(upgrade)


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database's tables; None when there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def upgrade(connection: Connection) -> None:
    """Run Alembic on this connection. Errors: StoreError."""
    from alembic import command  # here: almost every start finds nothing to do
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    found = revision_of(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(f"the store was made by a newer hasip (revision {found}, this one knows {REVISION}): update hasip")
    command.upgrade(config, REVISION)
