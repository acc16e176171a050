"""Cores, for operators: looked at, and changed."""
from dataclasses import replace
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from hasip.console.beside import beside_fields
from hasip.console.core_form import core_change, core_form, core_places, sent_core
from hasip.console.form_views import CoreForm
from hasip.console.operator_views import core_view
from hasip.console.visit import Visit, go, version_in, visited
from hasip.console.words import CHANGED_MEANWHILE
from hasip.portal import Action, NotFit, Portal, demand
from hasip.store import StoreChanged


def core_routes(portal: Portal) -> list[Route]:
    """Return the routes."""
    return [Route("/cores", visited(portal, cores)), Route("/cores/{core}", visited(portal, core), methods=["GET", "POST"])]


async def cores(visit: Visit) -> Response:
    """The carrier's side."""
    shown = await visit.portal.cores.all(visit.person)
    zones = [zone for zone in visit.portal.live.zones(visit.person) if zone["owner"].startswith("core:")]
    return visit.show("cores.html", cores=tuple(core_view(core, zones) for core in shown))


async def core(visit: Visit) -> Response:
    """Who may call from a core and where calls to it go: shown, or taken."""
    demand(visit.person, Action.CHANGE_CORES)
    found = await visit.portal.cores.see(visit.person, visit.name("core"))
    form = core_form(found.core, found.version)
    if visit.request.method != "POST":
        return core_page(visit, form)
    fields = await visit.form()
    form = sent_core(form, fields, version_in(fields) or found.version)
    try:
        await visit.portal.cores.put(visit.person, form.name, found.table | core_change(form), form.version)
    except NotFit as refusal:
        return core_page(visit, replace(form, errors=beside_fields(refusal.problems, core_places(form))))
    except StoreChanged:
        return core_page(visit, replace(form, version=found.version, errors={"": CHANGED_MEANWHILE}))
    return go(f"/cores/{quote(form.name, safe='')}", "saved")


def core_page(visit: Visit, form: CoreForm) -> Response:
    """Return the form, with what was wrong."""
    return visit.show("core.html", 422 if form.errors else 200, form=form)
