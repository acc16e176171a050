"""One trunk or core at a time: what the store holds besides is not read, however many there are.

A version is the generation that wrote a trunk or core last. Who says which one was seen changes nothing that somebody else has changed since.
"""
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.config.trunk_rules import core_problems, rule_problems
from hasip.domain.trunk import Core, Provisioning, Trunk
from hasip.store.difference import Difference, difference
from hasip.store.failures import StoreChanged, StoreError
from hasip.store.read import read_cores, read_trunks
from hasip.store.rivals import core_rivals, trunk_rivals
from hasip.store.store import Store, generation_of
from hasip.store.tables import AUDIT, CORES, STATE, TRUNKS
from hasip.store.write import write_audit, write_difference

Problem = tuple[str, str]                       # place, sentence

Amend = Callable[[AsyncConnection, Trunk | None], Awaitable[Trunk | None]]      # the trunk as it is → as it shall be; None: there is none
AmendCore = Callable[[Core | None], Core | None]


class Unfit(StoreError):
    """What was asked for breaks rules; `problems` has each with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{place}: {sentence}" for place, sentence in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did."""

    difference: Difference                      # without changes: it was so already
    generation: int                             # of the store, after it
    version: int                                # of what was changed; 0: it is gone


async def find_trunk(store: Store, name: str) -> tuple[Trunk, int] | None:
    """Return a trunk and its version; None where there is none. Errors: as Store has them."""
    async with store.transaction() as connection:
        found = await read_trunks(connection, [name])
        return (found[0], await version_of(connection, "trunk", name)) if found else None


async def find_core(store: Store, name: str) -> tuple[Core, int] | None:
    """Return a core and its version; None where there is none. Errors: as Store has them."""
    async with store.transaction() as connection:
        found = await read_cores(connection, [name])
        return (found[0], await version_of(connection, "core", name)) if found else None


async def all_cores(store: Store) -> tuple[Core, ...]:
    """Return the cores; they are few. Errors: as Store has them."""
    async with store.transaction() as connection:
        return await read_cores(connection)


async def change_trunk(store: Store, name: str, amend: Amend, *, realm: str, who: str, version: int | None = None) -> Changed:
    """Make one trunk what `amend` makes of it, by the rules of the trunks file, in one transaction. Whatever `amend` raises undoes all.

    Errors: Unfit; StoreChanged when it is not as it was at `version` (0: it shall not be there yet); those of Store.
    """
    async with store.transaction(writes=True) as connection:
        generation = await generation_of(connection, for_update=True)
        old = next(iter(await read_trunks(connection, [name])), None)
        if old is not None:
            await expect_version(connection, "trunk", name, version)
        new = await amend(connection, old)
        cores = await names_of_cores(connection)
        if new is not None:
            asked = Provisioning(tuple(Core(core, ()) for core in cores), (new,))
            if problems := [*rule_problems(asked), *core_problems(asked), *await trunk_rivals(connection, new)]:
                raise Unfit(problems)
        return await write(store, connection, Provisioning((), (old,) if old else ()), Provisioning((), (new,) if new else ()),
                           generation=generation, realm=realm, who=who)


async def change_core(store: Store, name: str, amend: AmendCore, *, realm: str, who: str, version: int | None = None) -> Changed:
    """Make one core what `amend` makes of it. Errors: as change_trunk."""
    async with store.transaction(writes=True) as connection:
        generation = await generation_of(connection, for_update=True)
        cores = await read_cores(connection)
        old = next((core for core in cores if core.name == name), None)
        if old is not None:
            await expect_version(connection, "core", name, version)
        new = amend(old)
        others = tuple(core for core in cores if core.name != name)
        problems = await core_rivals(connection, name) if new is None else [*core_problems(Provisioning((*others, new)))]
        if problems:
            raise Unfit(problems)
        return await write(store, connection, Provisioning((old,) if old else ()), Provisioning((new,) if new else ()),
                           generation=generation, realm=realm, who=who)


async def write(store: Store, connection: AsyncConnection, old: Provisioning, new: Provisioning, *, generation: int, realm: str, who: str) -> Changed:
    """Write what makes `old` into `new`, and the rest of the store stays."""
    found = difference(old, new)
    if not found.changes:
        versions = [*[await version_of(connection, "core", core.name) for core in old.cores],
                    *[await version_of(connection, "trunk", trunk.name) for trunk in old.trunks], 0]
        return Changed(found, generation, versions[0])
    await write_difference(connection, found, old, new)
    now = datetime.now(UTC)
    await write_audit(connection, found, old, new, who=who, generation=generation + 1, at=now)
    await connection.execute(update(STATE).values(generation=generation + 1, changed_at=now))
    await connection.execute(update(STATE).where(STATE.c.realm == "").values(realm=realm))
    await store.tell(connection)
    return Changed(found, generation + 1, generation + 1 if new.cores or new.trunks else 0)


async def expect_version(connection: AsyncConnection, subject: Literal["core", "trunk"], name: str, version: int | None) -> None:
    """Do nothing where nobody says what was seen. Errors: StoreChanged."""
    if version == 0:
        raise StoreChanged(f'{subject} "{name}" is there already')
    if version is not None and version != (found := await version_of(connection, subject, name)):
        raise StoreChanged(f'{subject} "{name}" has been changed: version {found} is there, not {version}: look at it again')


async def version_of(connection: AsyncConnection, subject: Literal["core", "trunk"], name: str) -> int:
    """Return the generation that wrote a trunk or core last; 0 for one that the audit log does not know."""
    query = select(func.max(AUDIT.c.generation)).where(AUDIT.c.name == name, AUDIT.c.subject == subject)
    return (await connection.execute(query)).scalar() or 0


async def names_of_cores(connection: AsyncConnection) -> list[str]:
    """Return the cores' names."""
    return list((await connection.execute(select(CORES.c.name))).scalars())


async def count_trunks(connection: AsyncConnection) -> int:
    """Return how many trunks there are."""
    return (await connection.execute(select(func.count()).select_from(TRUNKS))).scalar_one()
