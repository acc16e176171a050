"""Cores, for operators."""
from fastapi import APIRouter, Response

from hasip.api.entry import Asking, PortalHere
from hasip.api.models import CorePage
from hasip.api.paths import Named
from hasip.api.versions import IfMatch, IfNoneMatch, seen_version, tell_version, wanted_version
from hasip.config.trunks_file import CoreTable
from hasip.config.trunks_writer import core_table

routes = APIRouter(prefix="/cores", tags=["cores"])


@routes.get("")
async def list_cores(person: Asking, portal: PortalHere) -> CorePage:
    """List the cores as the trunks file has them."""
    return CorePage(cores=[core_table(core) for core in await portal.cores.all(person)])


@routes.get("/{name}")
async def see_core(name: Named, person: Asking, portal: PortalHere, response: Response) -> CoreTable:
    """Show a core as the trunks file has it. ETag is its version."""
    found = await portal.cores.see(person, name)
    tell_version(response, found.version)
    return CoreTable.model_validate(found.table)


@routes.put("/{name}", responses={201: {"model": CoreTable, "description": "It is new."}})
async def put_core(name: Named, table: CoreTable, person: Asking, portal: PortalHere, response: Response,
                   if_match: IfMatch = None, if_none_match: IfNoneMatch = None) -> CoreTable:
    """Make a core what is sent, or a new one."""
    wanted = wanted_version(if_match, if_none_match)
    found = await portal.cores.put(person, name, table.model_dump(), wanted)
    tell_version(response, found.version, wanted)
    return CoreTable.model_validate(found.table)


@routes.delete("/{name}", status_code=204)
async def remove_core(name: Named, person: Asking, portal: PortalHere, if_match: IfMatch = None) -> None:
    """Remove a core that no trunk names."""
    await portal.cores.remove(person, name, seen_version(if_match))
