"""Trunks: the list, one of them, and changes of it."""
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response

from hasip.api.entry import Asking, PortalHere
from hasip.api.models import TrunkLine, TrunkPage, Words
from hasip.api.paths import Named
from hasip.api.versions import IfMatch, IfNoneMatch, seen_version, tell_version, wanted_version
from hasip.config.trunks_file import TrunkTable
from hasip.domain.trunk import Trunk

NUMBERS_SHOWN = 5

routes = APIRouter(prefix="/trunks", tags=["trunks"])

Change = Annotated[dict[str, Any], Body(
    description="A merge patch (RFC 7396) of the trunk as GET shows it: what it names becomes so, null removes, all else stays.",
    examples=[{"mode": "load_balancing"}, {"secondary": {"label": "Singapore", "allow": ["192.0.2.0/24"]}}])]


@routes.get("")
async def list_trunks(person: Asking, portal: PortalHere, search: Annotated[Words, Query(description="In name or number.")] = "",
                      after: Annotated[Words, Query(description="The name that the last page ended with.")] = "",
                      limit: Annotated[int, Query(ge=1, le=200)] = 50) -> TrunkPage:
    """List trunks by name, with the calls they have now."""
    page = await portal.trunks.page(person, search=search, after=after, limit=limit)
    calls = portal.live.calls_of(person, [trunk.name for trunk in page.trunks])
    return TrunkPage(trunks=[line_of(trunk, calls.get(trunk.name)) for trunk in page.trunks], after=page.after, found_count=page.found_count)


@routes.get("/{name}")
async def see_trunk(name: Named, person: Asking, portal: PortalHere, response: Response) -> TrunkTable:
    """Show a trunk as the trunks file has it, every key; passwords and hashes are left empty. ETag is its version."""
    found = await portal.trunks.see(person, name)
    tell_version(response, found.version)
    return TrunkTable.model_validate(found.table)


@routes.put("/{name}", responses={201: {"model": TrunkTable, "description": "It is new."}})
async def put_trunk(name: Named, table: TrunkTable, person: Asking, portal: PortalHere, response: Response,
                    if_match: IfMatch = None, if_none_match: IfNoneMatch = None) -> TrunkTable:
    """Make a trunk what is sent, or a new one. A password or hash that is left empty stays as it was. Calls go by it once this is answered."""
    wanted = wanted_version(if_match, if_none_match)
    found = await portal.trunks.put(person, name, table.model_dump(), wanted)
    tell_version(response, found.version, wanted)
    return TrunkTable.model_validate(found.table)


@routes.patch("/{name}")
async def change_trunk(name: Named, change: Change, person: Asking, portal: PortalHere, response: Response, if_match: IfMatch = None) -> TrunkTable:
    """Change what is named. Customers: mode among the basic ones, labels, whitelist, the secondary account. Calls go by it once this is answered."""
    found = await portal.trunks.change(person, name, change, seen_version(if_match))
    tell_version(response, found.version)
    return TrunkTable.model_validate(found.table)


@routes.delete("/{name}", status_code=204)
async def remove_trunk(name: Named, person: Asking, portal: PortalHere, if_match: IfMatch = None) -> None:
    """Remove a trunk; its calls go on."""
    await portal.trunks.remove(person, name, seen_version(if_match))


def line_of(trunk: Trunk, calls: int | None) -> TrunkLine:
    """Return a trunk for a list."""
    legs: list[str] = [*(account.name for account in trunk.accounts), *(f"{region.name}/{zone.name}" for region in trunk.regions for zone in region.zones)]
    return TrunkLine(name=trunk.name, mode=trunk.mode.value, core=trunk.core, limit=trunk.calls, calls=calls,
                     numbers=list(trunk.numbers[:NUMBERS_SHOWN]), numbers_count=len(trunk.numbers), legs=legs)
