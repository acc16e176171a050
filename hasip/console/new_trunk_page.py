"""A new trunk: what it is, and where its calls go, on one page."""
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from hasip.console.account_form import FIELDS
from hasip.console.beside import beside_fields
from hasip.console.form_views import SettingsForm, SitesForm
from hasip.console.settings_form import PLACES, sent_settings, settings_change, settings_form
from hasip.console.settings_pages import core_names
from hasip.console.sites_form import sites_change, sites_form, sites_places
from hasip.console.views import AccountView
from hasip.console.visit import MANY_NUMBERS_BYTES, Visit, go, path_of, visited
from hasip.portal import Action, NotFit, Portal, demand
from hasip.store import StoreChanged

NOT_THERE = 0                               # the version of what is to be new


def new_trunk_routes(portal: Portal) -> list[Route]:
    """Return the routes. The page is not below /trunks: there it would hide a trunk of its name."""
    return [Route("/new-trunk", visited(portal, new_trunk), methods=["GET", "POST"])]


async def new_trunk(visit: Visit) -> Response:
    """The form of a new trunk: shown, given other sites, or taken."""
    demand(visit.person, Action.ADD_OR_REMOVE_TRUNKS)
    cores = await core_names(visit)
    fields = await visit.form(MANY_NUMBERS_BYTES) if visit.request.method == "POST" else {}
    settings = sent_settings(fields, cores, NOT_THERE) if fields else settings_form(None, cores, NOT_THERE)
    sites = sites_form(AccountView("primary", False, frozenset(FIELDS)), None, fields, NOT_THERE)
    if not fields or sites.is_reshaped or "show" in fields:
        return new_trunk_page(visit, settings, sites, {})
    table = {key: value for key, value in (settings_change(settings) | sites_change(sites, fields)).items() if value is not None}
    try:
        await visit.portal.trunks.put(visit.person, settings.name, {"name": settings.name, **table}, NOT_THERE)
    except NotFit as refusal:
        return new_trunk_page(visit, settings, sites, beside_fields(refusal.problems, {**sites_places(sites), **PLACES}))
    except StoreChanged:
        return new_trunk_page(visit, settings, sites, {"name": "There is a trunk of this name already: choose another."})
    return go(path_of(settings.name), "trunk")


def new_trunk_page(visit: Visit, settings: SettingsForm, sites: SitesForm, errors: dict[str, str]) -> Response:
    """Return the form, with what was wrong."""
    return visit.show("new_trunk.html", 422 if errors else 200, settings=replace(settings, errors=errors), sites=replace(sites, errors=errors))
