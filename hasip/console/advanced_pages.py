"""A trunk's Advanced HA: looked at by everybody, set up by operators."""
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from hasip.console.account_form import FIELDS
from hasip.console.beside import beside_fields
from hasip.console.form_views import SitesForm
from hasip.console.sites_form import sites_change, sites_form, sites_places
from hasip.console.trunk_pages import Look, look_at
from hasip.console.trunk_views import account_view, zones_of
from hasip.console.visit import Visit, go, path_of, version_in, visited
from hasip.console.words import CHANGED_MEANWHILE, NOT_SURE
from hasip.portal import Action, NotFit, Portal, demand
from hasip.store import StoreChanged


def advanced_routes(portal: Portal) -> list[Route]:
    """Return the routes."""
    return [Route("/trunks/{trunk}/advanced", visited(portal, advanced)), Route("/trunks/{trunk}/advanced/edit", visited(portal, edit), methods=["GET", "POST"])]


async def advanced(visit: Visit) -> Response:
    """Regions and zones, live."""
    look = await look_at(visit)
    return visit.show("trunk_advanced.html", head=look.head, zones=zones_of(look.zones) if look.head.has_zones else ())


async def edit(visit: Visit) -> Response:
    """Mode, regions and zones: shown, given another shape, or taken."""
    demand(visit.person, Action.SET_UP_TRUNKS, visit.trunk)
    look = await look_at(visit)
    fields = await visit.form() if visit.request.method == "POST" else {}
    account = account_view(look.trunk, "primary", changeable=frozenset(FIELDS), version=look.shown.version)
    form = sites_form(account, look.trunk, fields, version_in(fields) or look.shown.version)
    if not fields or form.is_reshaped or "show" in fields:
        return edit_page(visit, look, form)
    if form.losses and "sure" not in fields:
        return edit_page(visit, look, replace(form, errors={"sure": NOT_SURE}))
    try:
        await visit.portal.trunks.change(visit.person, look.trunk.name, sites_change(form, fields), form.version)
    except NotFit as refusal:
        return edit_page(visit, look, replace(form, errors=beside_fields(refusal.problems, sites_places(form))))
    except StoreChanged:
        return edit_page(visit, look, replace(form, version=look.shown.version, errors={"": CHANGED_MEANWHILE}))
    return go(path_of(look.trunk.name, "advanced" if form.regions else "primary"), "saved")


def edit_page(visit: Visit, look: Look, form: SitesForm) -> Response:
    """Return the form, with what was wrong."""
    return visit.show("trunk_advanced_edit.html", 422 if form.errors else 200, head=look.head, form=form)
