"""The audit log: read by the page, the newest first, and written to by who changes something that is no core or trunk."""
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from hasip.domain.person import AuditEntry
from hasip.store.persons import note
from hasip.store.store import Store
from hasip.store.tables import AUDIT

PAGE_MAX = 500


async def read_audit(store: Store, *, names: Collection[str] | None = None, before: int | None = None, limit: int = 100,
                     subjects: Collection[str] | None = None) -> tuple[AuditEntry, ...]:
    """Return entries, the newest first: of these names and subjects only, before the one of this number. Errors: those of Store."""
    query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(min(limit, PAGE_MAX))
    if names is not None:
        query = query.where(AUDIT.c.name.in_(names))
    if subjects is not None:
        query = query.where(AUDIT.c.subject.in_(subjects))
    if before is not None:
        query = query.where(AUDIT.c.id < before)
    async with store.transaction() as connection:
        return tuple(AuditEntry(row.id, unix_s(row.at), row.who, row.action, row.subject, row.name, row.old, row.new, row.generation)
                     for row in await connection.execute(query))


async def write_note(store: Store, *, who: str, action: str, subject: str, name: str, new: Any = None) -> None:
    """Say that somebody did something to what is no part of the store. Errors: those of Store."""
    async with store.transaction(writes=True) as connection:
        await note(connection, who, action, subject, name, new=new)


def unix_s(at: datetime) -> float:
    """Return a moment as seconds since 1970; SQLite forgets that it is UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
