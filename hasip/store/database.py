"""A database by its URL, set up so that transactions mean the same on SQLite and on PostgreSQL."""
import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECT_S = 5.0             # PostgreSQL must have answered by then
STATEMENT_S = 120.0
LOCK_WAIT_S = 10            # for another change to end

WRITES = "hasip_writes"     # execution option: this transaction is going to write


def engine_of(text: str) -> AsyncEngine:
    """Return the database of a URL: sqlite:////path, or postgresql://user:password@host/name. Nothing is connected yet."""
    url = make_url(text)
    return sqlite_engine(url) if url.get_backend_name() == "sqlite" else postgresql_engine(url)


def sqlite_engine(url: URL) -> AsyncEngine:
    """Return a SQLite file, readable by its owner alone, whose readers never wait for a writer."""
    engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"), hide_parameters=True, connect_args={"timeout": LOCK_WAIT_S})

    @event.listens_for(engine.sync_engine, "do_connect")
    def create_private(_dialect: Any, _record: Any, _arguments: Any, _options: Any) -> None:
        make_private_file(Path(url.database or ""))

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None           # the driver begins no transactions of its own: we do, below
        cursor = connection.cursor()
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:      # one that is going to write says so at once: two of them could not both go on from reading
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")

    return engine


def make_private_file(path: Path) -> None:
    """See that a file is there: its journal takes mode and owner from it. One that root makes belongs to who owns the directory, the node's user perhaps."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def postgresql_engine(url: URL) -> AsyncEngine:
    """Return a PostgreSQL database; transactions see one moment of it. URLs as libpq has them: sslmode too."""
    query = dict(url.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg", query=query), hide_parameters=True, pool_pre_ping=True, pool_size=3,
        connect_args={"timeout": CONNECT_S, "command_timeout": STATEMENT_S, "server_settings": {
            "application_name": "hasip", "lock_timeout": f"{LOCK_WAIT_S}s"}})


def shown_url(text: str) -> str:
    """Return a URL without its password."""
    url = make_url(text)
    return url.database or "" if url.get_backend_name() == "sqlite" else url.set(query={}).render_as_string(hide_password=True)
