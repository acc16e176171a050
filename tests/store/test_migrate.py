"""Migrations: they make the tables that the queries expect."""
import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from hasip.store import StoreError
from hasip.store.database import engine_of
from hasip.store.migrate import MIGRATIONS, migrate, revision_of
from hasip.store.migrations import REVISION
from hasip.store.tables import METADATA


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, METADATA))


def test_migrations_make_the_tables_of_the_code(url: str) -> None:
    async def work() -> tuple[list[object], str | None]:
        engine = engine_of(url)
        await migrate(engine)
        async with engine.begin() as connection:
            found = await connection.run_sync(differences), await connection.run_sync(revision_of)
        await engine.dispose()
        return found
    assert asyncio.run(work()) == ([], REVISION)


def test_a_store_of_a_newer_hasip_is_refused_and_left_alone(url: str) -> None:
    async def work() -> str | None:
        engine = engine_of(url)
        await migrate(engine)
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        try:
            with pytest.raises(StoreError, match="newer hasip"):
                await migrate(engine)
            async with engine.begin() as connection:
                return await connection.run_sync(revision_of)
        finally:
            await engine.dispose()
    assert asyncio.run(work()) == "9999"


def test_the_revision_of_the_code_is_the_last_one() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_every_revision_is_a_file_of_the_package() -> None:
    files = [file.name for file in (Path(MIGRATIONS) / "versions").glob("r*.py")]
    assert files and all(file.startswith("r0") for file in files)
