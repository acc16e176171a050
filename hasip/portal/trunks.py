"""Trunks, as far as somebody reaches: seen, found, changed. The tables are those of the trunks file, so all three say the same."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.config.trunks_file import TrunkTable, trunk_of
from hasip.config.trunks_writer import trunk_table
from hasip.domain.node import Registrar
from hasip.domain.person import Person
from hasip.domain.trunk import Trunk
from hasip.portal.amending import kept_secrets, merged, parsed, without_secrets
from hasip.portal.live import Live
from hasip.portal.refusals import NotFit, NotPossible
from hasip.portal.rights import Action, beyond_self_service, demand, no_trunk, trunks_in_reach
from hasip.portal.safety import risks
from hasip.registrar.credentials import hash_trunk
from hasip.store import Changed, Page, Store, Unfit, change_trunk, find_trunk, page_of_trunks
from hasip.store.difference import field_changes
from hasip.store.single import count_trunks, names_of_cores


@dataclass(frozen=True, slots=True)
class ShownTrunk:
    """A trunk as somebody sees it: no secrets, and the version that a change of it refers to."""

    trunk: Trunk
    version: int
    is_in_force: bool           # calls go by it: the node has followed the store so far

    @property
    def table(self) -> dict[str, Any]:
        """The trunk as the trunks file has it, with every key, without secrets."""
        table: dict[str, Any] = without_secrets(trunk_table(self.trunk))
        return table


class Trunks:
    """The trunks of one store, for people. Errors of every method: Refusal, and those of Store."""

    def __init__(self, store: Store, live: Live, registrar: Registrar, trunk_capacity: int) -> None:
        self._store = store
        self._live = live
        self._registrar = registrar
        self._capacity = trunk_capacity

    async def page(self, person: Person, *, search: str = "", after: str = "", limit: int = 50) -> Page:
        """Return the trunks after a name whose name or number has `search` in it."""
        return await page_of_trunks(self._store, search=search, after=after, limit=limit, among=trunks_in_reach(person, Action.SEE_TRUNKS))

    async def see(self, person: Person, name: str) -> ShownTrunk:
        """Return one trunk."""
        demand(person, Action.SEE_TRUNKS, name)
        found = await find_trunk(self._store, name)
        if found is None:
            raise no_trunk(name)
        return ShownTrunk(*found, self._live.generation() >= found[1])

    async def change(self, person: Person, name: str, change: Mapping[str, Any], version: int | None = None) -> ShownTrunk:
        """Change what `change` names, as a JSON merge patch of the trunk's table (RFC 7396), and nothing else. What it says of secrets is taken, and kept hidden."""
        demand(person, Action.CHANGE_TRUNKS, name)
        return await self._amend(person, name, version, lambda old: merged(old, change) if old else None)

    async def put(self, person: Person, name: str, table: Mapping[str, Any], version: int | None) -> ShownTrunk:
        """Make a trunk what a whole table says; version 0 makes a new one. Secrets that the table leaves out stay."""
        demand(person, Action.CHANGE_TRUNKS, name)
        if version == 0:
            demand(person, Action.ADD_OR_REMOVE_TRUNKS)
        return await self._amend(person, name, version, lambda old: dict(table) if old or version == 0 else None)

    async def remove(self, person: Person, name: str, version: int | None = None) -> None:
        """Remove a trunk. Its calls go on."""
        demand(person, Action.ADD_OR_REMOVE_TRUNKS, name)

        async def nothing(_connection: AsyncConnection, old: Trunk | None) -> None:
            if old is None:
                raise no_trunk(name)

        await self._write(person, name, nothing, version)

    async def _amend(self, person: Person, name: str, version: int | None, table_of: Callable[[Trunk | None], dict[str, Any] | None]) -> ShownTrunk:
        """Write the trunk of the table that `table_of` returns, if the person may make that change."""
        made: list[Trunk] = []

        async def amend(connection: AsyncConnection, old: Trunk | None) -> Trunk:
            table = table_of(old)
            if table is None:
                raise no_trunk(name)
            cores = await names_of_cores(connection)
            new = trunk_of(parsed(TrunkTable, {**table, "name": table.get("name", name)}), min(cores, default=""))
            if new.name != name:
                raise NotFit([("name", f'"{new.name}": a trunk keeps its name, "{name}": add one and remove the other')])
            new, problems = kept_secrets(old, new)
            new = hash_trunk(new, self._registrar)
            if old is not None:
                places = [change.place for change in field_changes("", trunk_table(old), trunk_table(new))]
                problems += beyond_self_service(person, places, old.mode, new.mode)
            elif await count_trunks(connection) + 1 >= self._capacity:
                problems.append(("name", f"there is no room for another trunk: raise trunk_capacity ({self._capacity}) in the node file"))
            if person.role != "operator":
                problems += await risks(connection, old, new)
            if problems:
                raise NotFit(problems)
            made.append(new)
            return new

        changed = await self._write(person, name, amend, version)
        return ShownTrunk(made[0], changed.version, self._live.generation() >= changed.generation)

    async def _write(self, person: Person, name: str, amend: Any, version: int | None) -> Changed:
        """Change the store, and let calls go by it at once."""
        try:
            changed = await change_trunk(self._store, name, amend, realm=self._registrar.realm, who=person.name, version=version)
        except Unfit as error:
            place = f'trunk "{name}": '
            raise NotFit([(where.removeprefix(place), sentence) for where, sentence in error.problems]) from None
        except OverflowError as error:
            raise NotPossible(str(error)) from None
        if changed.difference.changes:
            await self._live.follow()
        return changed
