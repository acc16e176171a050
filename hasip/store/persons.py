"""People in the store: who may log in, with what, and what of that was changed."""
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.domain.person import Person
from hasip.store.failures import StoreError
from hasip.store.store import Store
from hasip.store.tables import AUDIT, SESSIONS, TRUNKS, USER_TRUNKS, USERS

NO_GENERATION = 0               # what this file writes changes neither cores nor trunks


class Persons:
    """The people of one store. Errors of every method: those of Store; StoreError for a name that is none, or taken, and for trunks that are none."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> tuple[Person, ...]:
        """Return everybody, by name."""
        async with self._store.transaction() as connection:
            users = (await connection.execute(select(USERS.c.name, USERS.c.role).order_by(USERS.c.name))).all()
            trunks = (await connection.execute(select(USER_TRUNKS.c.user, USER_TRUNKS.c.trunk))).all()
        return tuple(Person(user.name, user.role, frozenset(row.trunk for row in trunks if row.user == user.name)) for user in users)

    async def find(self, name: str) -> tuple[Person, str] | None:
        """Return somebody and the hash of their password; None for nobody."""
        async with self._store.transaction() as connection:
            user = (await connection.execute(select(USERS).where(USERS.c.name == name))).first()
            return (await person_of(connection, user), user.password_hash) if user else None

    async def add(self, person: Person, password_hash: str, *, who: str) -> None:
        """Let somebody in."""
        async with self._store.transaction(writes=True) as connection:
            if (await connection.execute(select(USERS.c.name).where(USERS.c.name == person.name))).first():
                raise StoreError(f'user "{person.name}" is there already')
            await connection.execute(insert(USERS).values(name=person.name, role=person.role, password_hash=password_hash))
            await write_trunks(connection, person)
            await note(connection, who, "added", "user", person.name, new=told(person))

    async def set_trunks(self, name: str, trunks: Iterable[str], *, who: str) -> None:
        """Let a customer have these trunks."""
        async with self._store.transaction(writes=True) as connection:
            before = await wanted(connection, name)
            if before.role != "customer":
                raise StoreError(f'user "{name}" is an operator, and reaches every trunk')
            after = Person(name, before.role, frozenset(trunks))
            await connection.execute(delete(USER_TRUNKS).where(USER_TRUNKS.c.user == name))
            await write_trunks(connection, after)
            await note(connection, who, "changed", "user", name, told(before), told(after))

    async def set_password(self, name: str, password_hash: str, *, who: str) -> None:
        """Give somebody another password; every login they have ends."""
        async with self._store.transaction(writes=True) as connection:
            await wanted(connection, name)
            await connection.execute(update(USERS).where(USERS.c.name == name).values(password_hash=password_hash))
            await connection.execute(delete(SESSIONS).where(SESSIONS.c.user == name))
            await note(connection, who, "changed", "user", name, {"password": "(hidden)"}, {"password": "(hidden)"})

    async def remove(self, name: str, *, who: str) -> None:
        """Let somebody in no more; their sessions and tokens go with them."""
        async with self._store.transaction(writes=True) as connection:
            before = await wanted(connection, name)
            await connection.execute(delete(USERS).where(USERS.c.name == name))
            await note(connection, who, "removed", "user", name, told(before))


async def wanted(connection: AsyncConnection, name: str) -> Person:
    """Return somebody. Errors: StoreError for nobody."""
    user = (await connection.execute(select(USERS).where(USERS.c.name == name))).first()
    if user is None:
        raise StoreError(f'no user "{name}"')
    return await person_of(connection, user)


async def person_of(connection: AsyncConnection, user: Row[Any]) -> Person:
    """Return the person of a row of users."""
    trunks: Sequence[str] = (await connection.execute(select(USER_TRUNKS.c.trunk).where(USER_TRUNKS.c.user == user.name))).scalars().all()
    return Person(user.name, user.role, frozenset(trunks))


async def write_trunks(connection: AsyncConnection, person: Person) -> None:
    """Write which trunks are somebody's. Errors: StoreError for those that are not there."""
    if not person.trunks:
        return
    there = set((await connection.execute(select(TRUNKS.c.name).where(TRUNKS.c.name.in_(person.trunks)))).scalars())
    if missing := person.trunks - there:
        raise StoreError(f"no trunk {', '.join(sorted(missing))}")
    await connection.execute(insert(USER_TRUNKS), [{"user": person.name, "trunk": trunk} for trunk in sorted(person.trunks)])


def told(person: Person) -> dict[str, Any]:
    """Return somebody as the audit log tells."""
    return {"role": person.role, "trunks": sorted(person.trunks)}


async def note(connection: AsyncConnection, who: str, action: str, subject: str, name: str, old: Any = None, new: Any = None) -> None:
    """Write into the audit log what is no change of cores and trunks. Secrets do not come here."""
    await connection.execute(insert(AUDIT).values(
        generation=NO_GENERATION, at=datetime.now(UTC), who=who, action=action, subject=subject, name=name,
        old="" if old is None else json.dumps(old, ensure_ascii=False), new="" if new is None else json.dumps(new, ensure_ascii=False)))
