"""The operators' pages: nodes, cores, users, changes; and draining a zone. Whether somebody may see them, the portal says."""
from starlette.responses import Response
from starlette.routing import Route

from hasip.console.operator_views import audit_rows, core_view, node_view
from hasip.console.views import UserRow
from hasip.console.visit import Visit, go, number_in, own_path, visited
from hasip.portal import NotFit, NotPossible, Portal

ENTRIES_MAX = 50


def operator_routes(portal: Portal) -> list[Route]:
    """Return the routes."""
    return [Route("/nodes", visited(portal, nodes)), Route("/cores", visited(portal, cores)), Route("/users", visited(portal, users), methods=["GET", "POST"]),
            Route("/users/remove", visited(portal, remove_user), methods=["POST"]), Route("/audit", visited(portal, audit)),
            Route("/zones/drain", visited(portal, drain), methods=["POST"]), Route("/zones/undrain", visited(portal, undrain), methods=["POST"])]


async def nodes(visit: Visit) -> Response:
    """The node that serves the console."""
    return visit.show("nodes.html", nodes=(node_view(visit.portal.live.node(visit.person)),))


async def cores(visit: Visit) -> Response:
    """The carrier's side."""
    shown = await visit.portal.cores.all(visit.person)
    zones = [zone for zone in visit.portal.live.zones(visit.person) if zone["owner"].startswith("core:")]
    return visit.show("cores.html", cores=tuple(core_view(core, zones) for core in shown))


async def users(visit: Visit) -> Response:
    """Who may sign in, and one more."""
    if visit.request.method != "POST":
        return await users_page(visit, {}, {})
    fields = await visit.form()
    try:
        await visit.portal.users.add(visit.person, fields.get("name", "").strip(), "operator" if fields.get("role") == "operator" else "customer",
                                     fields.get("password", ""), fields.get("trunks", "").replace(",", " ").split())
    except NotFit as refusal:
        return await users_page(visit, {place if place in ("name", "role", "trunks", "password") else "": sentence for place, sentence in refusal.problems}, fields)
    except NotPossible as refusal:
        return await users_page(visit, {"": str(refusal)}, fields)
    return go("/users", "user")


async def users_page(visit: Visit, errors: dict[str, str], filled: dict[str, str]) -> Response:
    """Return the page of users, with what was wrong with a new one."""
    shown = tuple(UserRow(person.name, person.role, tuple(sorted(person.trunks))) for person in await visit.portal.users.all(visit.person))
    return visit.show("users.html", 422 if errors else 200, users=shown, errors=errors, filled=filled)


async def remove_user(visit: Visit) -> Response:
    """Let somebody in no more."""
    fields = await visit.form()
    await visit.portal.users.remove(visit.person, fields.get("name", ""))
    return go("/users", "removed")


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
