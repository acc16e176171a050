"""The tabs of a trunk where something is changed: the mode, the two accounts, a failover test."""
from dataclasses import replace
from typing import Literal

from starlette.responses import Response
from starlette.routing import Route

from hasip.console.account_form import FIELDS, account_change, account_places, as_sent
from hasip.console.beside import beside_fields
from hasip.console.history import History
from hasip.console.trunk_pages import Look, look_at
from hasip.console.trunk_views import TITLES, account_view, legs_of
from hasip.console.views import AccountView, AvailabilityView
from hasip.console.visit import Visit, go, path_of, version_in, visited
from hasip.console.words import BASIC_MODES, CHANGED_MEANWHILE
from hasip.domain.trunk import Trunk
from hasip.portal import Action, NotFit, Portal, is_self_service, may
from hasip.store import StoreChanged

TEST_S = 60


def changing_routes(portal: Portal, history: History) -> list[Route]:
    """Return the routes."""
    async def availability(visit: Visit) -> Response:
        return await choose_mode(visit, history)

    pages = {"availability": availability, "primary": primary, "secondary": secondary}
    actions = {"secondary/remove": remove_secondary, "test-failover": test_failover, "test-failover/end": end_failover_test}
    return [*(Route(f"/trunks/{{trunk}}/{tab}", visited(portal, page), methods=["GET", "POST"]) for tab, page in pages.items()),
            *(Route(f"/trunks/{{trunk}}/{tab}", visited(portal, action), methods=["POST"]) for tab, action in actions.items())]


async def choose_mode(visit: Visit, history: History) -> Response:
    """The three modes, and the choice among them."""
    if visit.request.method != "POST":
        return await availability_page(visit, history)
    fields = await visit.form()
    chosen = fields.get("mode", "")
    try:
        await visit.portal.trunks.change(visit.person, visit.trunk, {"mode": chosen}, version_in(fields))
    except NotFit as refusal:
        return await availability_page(visit, history, chosen, " ".join(f"{sentence[0].upper()}{sentence[1:]}." for _, sentence in refusal.problems))
    except StoreChanged:
        return await availability_page(visit, history, chosen, CHANGED_MEANWHILE)
    return go(path_of(visit.trunk, "availability"), "mode")


async def availability_page(visit: Visit, history: History, chosen: str = "", error: str = "") -> Response:
    """Return the page of modes, with what was wrong."""
    look = await look_at(visit)
    today = await history.today(visit.person, look.trunk.name)
    view = AvailabilityView(look.head, may(visit.person, Action.CHANGE_TRUNKS, look.trunk.name), look.shown.version, mode_obstacles(look.trunk),
                            today.calls, today.moved, tuple((TITLES.get(leg, leg), count) for leg, count in today.reached), today.is_all)
    return visit.show("trunk_availability.html", 422 if error else 200, head=look.head, view=view, error=error,
                      chosen=chosen if chosen in BASIC_MODES else look.trunk.mode.value)


def mode_obstacles(trunk: Trunk) -> dict[str, str]:
    """Return what keeps a trunk from a mode, for the modes that something does."""
    if "high_availability" not in trunk.add_ons:
        reason = "This needs the add-on “High Availability”. Ask your carrier for it."
    elif trunk.secondary is None:
        reason = "This needs a second site. Fill in the Secondary Region tab first."
    else:
        return {}
    return {mode: reason for mode in BASIC_MODES if mode != "only_primary"}


async def primary(visit: Visit) -> Response:
    """The first account."""
    return await account(visit, "primary")


async def secondary(visit: Visit) -> Response:
    """The second account."""
    return await account(visit, "secondary")


async def account(visit: Visit, place: Literal["primary", "secondary"]) -> Response:
    """An account's form: shown, or taken."""
    look = await look_at(visit)
    view = form_view(visit, look, place)
    if visit.request.method != "POST":
        return account_page(visit, look, view)
    fields = await visit.form()
    try:
        await visit.portal.trunks.change(visit.person, look.trunk.name, {place: account_change(fields, view)}, version_in(fields))
    except NotFit as refusal:
        return account_page(visit, look, replace(as_sent(view, fields), errors=beside_fields(refusal.problems, account_places(place))))
    except StoreChanged:
        return account_page(visit, look, replace(as_sent(view, fields), errors={"": CHANGED_MEANWHILE}))
    return go(path_of(look.trunk.name, place), "saved")


def account_page(visit: Visit, look: Look, view: AccountView) -> Response:
    """Return an account's page."""
    leg = next((leg for leg in legs_of(look.trunk, look.figures, look.zones) if leg.name == view.name), None)
    return visit.show(f"trunk_{view.name}.html", 422 if view.errors else 200, head=look.head, view=view, leg=leg)


def form_view(visit: Visit, look: Look, place: Literal["primary", "secondary"]) -> AccountView:
    """Return an account's form as this person may fill it in."""
    is_free = may(visit.person, Action.SET_UP_TRUNKS, look.trunk.name)
    changeable = frozenset(field for field in FIELDS if is_free or is_self_service(f"{place}.{field}"))
    needs = "" if place == "primary" or "high_availability" in look.trunk.add_ons else \
        "A second site needs the add-on “High Availability”. Ask your carrier for it; calls go on to the primary meanwhile."
    return account_view(look.trunk, place, changeable=changeable if may(visit.person, Action.CHANGE_TRUNKS, look.trunk.name) else frozenset(),
                        version=look.shown.version, obstacle=needs)


async def remove_secondary(visit: Visit) -> Response:
    """Forget the second account."""
    await visit.form()
    await visit.portal.trunks.change(visit.person, visit.trunk, {"secondary": None})
    return go(path_of(visit.trunk, "secondary"), "removed")


async def test_failover(visit: Visit) -> Response:
    """Let new calls pass the primary by for a minute."""
    await visit.form()
    await visit.portal.live.test_failover(visit.person, visit.trunk, TEST_S)
    return go(path_of(visit.trunk), "test")


async def end_failover_test(visit: Visit) -> Response:
    """End that before its time."""
    await visit.form()
    await visit.portal.live.end_failover_test(visit.person, visit.trunk)
    return go(path_of(visit.trunk), "test-ended")
