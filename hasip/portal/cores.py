"""Cores, for operators."""
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hasip.config.trunks_file import CoreTable, core_of
from hasip.config.trunks_writer import core_table
from hasip.domain.node import Registrar
from hasip.domain.person import Person
from hasip.domain.trunk import Core
from hasip.portal.amending import parsed
from hasip.portal.live import Live
from hasip.portal.refusals import NotFit, NotFound
from hasip.portal.rights import Action, demand
from hasip.store import Store, Unfit, all_cores, change_core, find_core


@dataclass(frozen=True, slots=True)
class ShownCore:
    """A core, and the version that a change of it refers to."""

    core: Core
    version: int

    @property
    def table(self) -> dict[str, Any]:
        """The core as the trunks file has it, with every key."""
        return core_table(self.core)


class Cores:
    """The cores of one store, for people. Errors of every method: Refusal, and those of Store."""

    def __init__(self, store: Store, live: Live, registrar: Registrar) -> None:
        self._store = store
        self._live = live
        self._registrar = registrar

    async def all(self, person: Person) -> tuple[Core, ...]:
        """Return the cores, by name."""
        demand(person, Action.SEE_CORES)
        return await all_cores(self._store)

    async def see(self, person: Person, name: str) -> ShownCore:
        """Return one core."""
        demand(person, Action.SEE_CORES)
        found = await find_core(self._store, name)
        if found is None:
            raise NotFound(f'no core "{name}"')
        return ShownCore(*found)

    async def put(self, person: Person, name: str, table: Mapping[str, Any], version: int | None) -> ShownCore:
        """Make a core what a table says; version 0 makes a new one."""
        demand(person, Action.CHANGE_CORES)
        new = core_of(parsed(CoreTable, {**table, "name": table.get("name", name)}))
        if new.name != name:
            raise NotFit([("name", f'"{new.name}": a core keeps its name, "{name}": add one and remove the other')])

        def amend(old: Core | None) -> Core:
            if old is None and version != 0:
                raise NotFound(f'no core "{name}"')
            return replace(new, no_response_ms=old.no_response_ms) if old else new      # the file does not say it

        return ShownCore(new, await self._write(person, name, amend, version))

    async def remove(self, person: Person, name: str, version: int | None = None) -> None:
        """Remove a core that no trunk names."""
        demand(person, Action.CHANGE_CORES)

        def nothing(old: Core | None) -> None:
            if old is None:
                raise NotFound(f'no core "{name}"')

        await self._write(person, name, nothing, version)

    async def _write(self, person: Person, name: str, amend: Any, version: int | None) -> int:
        try:
            changed = await change_core(self._store, name, amend, realm=self._registrar.realm, who=person.name, version=version)
        except Unfit as error:
            raise NotFit([(where.removeprefix(f'core "{name}": '), sentence) for where, sentence in error.problems]) from None
        if changed.difference.changes:
            await self._live.follow()
        return changed.version
