"""The operators' pages of a running node: what it tells, who changed what; and draining a zone. Whether somebody may see them, the portal says."""
from starlette.responses import Response
from starlette.routing import Route

from hasip.console.operator_views import audit_rows, node_view
from hasip.console.visit import Visit, go, number_in, own_path, visited
from hasip.portal import Portal

ENTRIES_MAX = 50


def operator_routes(portal: Portal) -> list[Route]:
    """Return the routes."""
    return [Route("/nodes", visited(portal, nodes)), Route("/audit", visited(portal, audit)),
            Route("/zones/drain", visited(portal, drain), methods=["POST"]), Route("/zones/undrain", visited(portal, undrain), methods=["POST"])]


async def nodes(visit: Visit) -> Response:
    """The node that serves the console."""
    return visit.show("nodes.html", nodes=(node_view(visit.portal.live.node(visit.person)),))


async def audit(visit: Visit) -> Response:
    """Who changed what, when."""
    before = number_in(visit.request.query_params.get("before", ""))
    entries = await visit.portal.audit.entries(visit.person, before=before, limit=ENTRIES_MAX)
    return visit.show("audit.html", rows=audit_rows(entries), before=entries[-1].id if len(entries) == ENTRIES_MAX else "")


async def drain(visit: Visit) -> Response:
    """Let a zone have no new calls."""
    return await set_drained(visit, True)


async def undrain(visit: Visit) -> Response:
    """Let a zone have calls again."""
    return await set_drained(visit, False)


async def set_drained(visit: Visit, is_drained: bool) -> Response:
    """Do the one or the other, and go back to where the button was."""
    fields = await visit.form()
    await visit.portal.live.set_drained(visit.person, fields.get("zone", ""), is_drained)
    return go(own_path(fields.get("next", "")), "drained" if is_drained else "undrained")
