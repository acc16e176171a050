"""Who changed what, when, as far as somebody reaches."""
from hasip.domain.person import AuditEntry, Person
from hasip.portal.rights import Action, demand, trunks_in_reach
from hasip.store import Store, read_audit

AT_ONCE = 500


class Audit:
    """The audit log of one store, for people. Errors: Refusal, and those of Store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def entries(self, person: Person, *, trunk: str | None = None, before: int | None = None, limit: int = 100) -> tuple[AuditEntry, ...]:
        """Return entries, the newest first: of a trunk, or of all in reach; those before the one of this number."""
        demand(person, Action.SEE_AUDIT, trunk)
        reach = trunks_in_reach(person, Action.SEE_AUDIT)
        names = [trunk] if trunk is not None else reach
        return await read_audit(self._store, names=names, before=before, limit=limit, subjects=None if names is None else ("trunk",))

    async def between(self, person: Person, trunk: str, since_s: float, until_s: float) -> tuple[AuditEntry, ...]:
        """Return the entries of a trunk and of a span of time, the newest first."""
        found: list[AuditEntry] = []
        before: int | None = None
        while True:
            entries = await self.entries(person, trunk=trunk, before=before, limit=AT_ONCE)
            found += [entry for entry in entries if since_s <= entry.at_s <= until_s]
            if len(entries) < AT_ONCE or entries[-1].at_s < since_s:
                return tuple(found)
            before = entries[-1].id
