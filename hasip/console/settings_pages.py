"""A trunk's Settings tab, for operators: what it is; and the way to be rid of it."""
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from hasip.console.beside import beside_fields
from hasip.console.form_views import SettingsForm
from hasip.console.settings_form import PLACES, sent_settings, settings_change, settings_form
from hasip.console.trunk_pages import Look, look_at
from hasip.console.visit import MANY_NUMBERS_BYTES, Visit, go, path_of, version_in, visited
from hasip.console.words import CHANGED_MEANWHILE, NOT_SURE
from hasip.portal import Action, NotFit, Portal, demand
from hasip.store import StoreChanged


def settings_routes(portal: Portal) -> list[Route]:
    """Return the routes."""
    return [Route("/trunks/{trunk}/settings", visited(portal, settings), methods=["GET", "POST"]),
            Route("/trunks/{trunk}/remove", visited(portal, remove), methods=["GET", "POST"])]


async def settings(visit: Visit) -> Response:
    """Numbers, call limit, caller ID, core and add-ons: shown, or taken."""
    demand(visit.person, Action.SET_UP_TRUNKS, visit.trunk)
    look, cores = await look_at(visit), await core_names(visit)
    if visit.request.method != "POST":
        return settings_page(visit, look, settings_form(look.trunk, cores, look.shown.version))
    fields = await visit.form(MANY_NUMBERS_BYTES)
    form = sent_settings(fields, cores, version_in(fields) or look.shown.version, look.trunk.name)
    try:
        await visit.portal.trunks.change(visit.person, look.trunk.name, settings_change(form), form.version)
    except NotFit as refusal:
        return settings_page(visit, look, replace(form, errors=beside_fields(refusal.problems, PLACES)))
    except StoreChanged:
        return settings_page(visit, look, replace(form, version=look.shown.version, errors={"": CHANGED_MEANWHILE}))
    return go(path_of(look.trunk.name, "settings"), "saved")


def settings_page(visit: Visit, look: Look, form: SettingsForm) -> Response:
    """Return the form, with what was wrong."""
    return visit.show("trunk_settings.html", 422 if form.errors else 200, head=look.head, form=form)


async def core_names(visit: Visit) -> list[str]:
    """Return the cores a trunk can be at."""
    return sorted(core.name for core in await visit.portal.cores.all(visit.person))


async def remove(visit: Visit) -> Response:
    """What happens when a trunk is removed; and that it does, for who is sure."""
    demand(visit.person, Action.ADD_OR_REMOVE_TRUNKS, visit.trunk)
    look = await look_at(visit)
    if visit.request.method != "POST":
        return remove_page(visit, look)
    fields = await visit.form()
    if "sure" not in fields:
        return remove_page(visit, look, {"sure": NOT_SURE})
    try:
        await visit.portal.trunks.remove(visit.person, look.trunk.name, version_in(fields))
    except StoreChanged:
        return remove_page(visit, look, {"": "Somebody has changed this trunk meanwhile. Look at it again before you remove it."})
    return go("/trunks", "removed")


def remove_page(visit: Visit, look: Look, errors: dict[str, str] | None = None) -> Response:
    """Return the page that asks once more."""
    return visit.show("trunk_remove.html", 422 if errors else 200, head=look.head, numbers=look.trunk.numbers, version=look.shown.version, errors=errors or {})
