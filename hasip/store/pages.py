"""Trunks by the page: found by name or number, in the order of their names."""
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from hasip.config.values import NUMBER
from hasip.domain.trunk import Trunk
from hasip.store.read import read_named
from hasip.store.store import Store
from hasip.store.tables import NUMBERS, TRUNKS

PAGE_MAX = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Some trunks."""

    trunks: tuple[Trunk, ...]
    after: str | None               # ask for those after this name to go on; None: these were the last
    found_count: int                # how many the search finds in all


async def page_of_trunks(store: Store, *, search: str = "", after: str = "", limit: int = 50, among: Collection[str] | None = None) -> Page:
    """Return the trunks after a name, of those whose name or number has `search` in it; `among` these only. One that can't be read is left out.

    Errors: as Store has them.
    """
    wanted = conditions(search, among)
    limit = min(limit, PAGE_MAX)
    async with store.transaction() as connection:
        count = (await connection.execute(select(func.count()).select_from(TRUNKS).where(*wanted))).scalar_one()
        names = list((await connection.execute(
            select(TRUNKS.c.name).where(*wanted, TRUNKS.c.name > after).order_by(TRUNKS.c.name).limit(limit + 1))).scalars())
        trunks = {trunk.name: trunk for trunk in (await read_named(connection, {"core": (), "trunk": names[:limit]})).trunks}
    shown = names[:limit]
    return Page(tuple(trunks[name] for name in shown if name in trunks), shown[-1] if len(names) > limit else None, count)


def conditions(search: str, among: Collection[str] | None) -> list[ColumnElement[bool]]:
    """Return what a trunk of the page fulfils."""
    wanted: list[ColumnElement[bool]] = []
    if among is not None:
        wanted.append(TRUNKS.c.name.in_(among))
    if search:
        has_number = select(NUMBERS.c.owner).where(or_(NUMBERS.c.number.contains(search, autoescape=True), NUMBERS.c.number.in_(prefixes_of(search))))
        wanted.append(or_(func.lower(TRUNKS.c.name).contains(search.lower(), autoescape=True), TRUNKS.c.name.in_(has_number)))
    return wanted


def prefixes_of(search: str) -> list[str]:
    """Return the prefixes, as trunks have them ("+6561*"), that a number begins with; "*" alone is none that tells anything."""
    return [f"{search[:length]}*" for length in range(2, len(search) + 1)] if NUMBER.fullmatch(search) and search[:1] in "+0123456789" else []
