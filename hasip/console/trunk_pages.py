"""A trunk's pages: the list, and the tabs that are looked at. What is changed there is in changing_pages.py and advanced_pages.py."""
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from hasip.console.trunk_views import call_rows, trunk_head, trunk_row, trunk_view
from hasip.console.views import TrunkHead
from hasip.console.visit import Visit, visited
from hasip.domain.trunk import Trunk
from hasip.portal import NotFound, Portal, ShownTrunk


@dataclass(frozen=True, slots=True)
class Look:
    """A trunk, and what its node tells of it."""

    shown: ShownTrunk
    figures: Mapping[str, Any]
    zones: list[dict[str, Any]]

    @property
    def trunk(self) -> Trunk:
        """The trunk as it is provisioned."""
        return self.shown.trunk

    @property
    def test_until_s(self) -> float | None:
        """Until when a failover test goes on; None: there is none."""
        test = self.figures.get("failover_test")
        return test["ends_at"] if test else None

    @property
    def head(self) -> TrunkHead:
        """What stands above each of its pages."""
        return trunk_head(self.trunk, self.figures, self.zones, self.test_until_s)


async def look_at(visit: Visit) -> Look:
    """Return the trunk in the address. Errors: Refusal, and those of Store."""
    shown = await visit.portal.trunks.see(visit.person, visit.trunk)
    return Look(shown, *live_of(visit, shown.trunk))


def live_of(visit: Visit, trunk: Trunk) -> tuple[Mapping[str, Any], list[dict[str, Any]]]:
    """Return what the node tells of a trunk and its judged legs; nothing while it does not have it yet."""
    is_judged = not trunk.mode.is_basic or any(account.probe for account in trunk.accounts)
    try:
        return visit.portal.live.pool(visit.person, trunk.name), visit.portal.live.zones(visit.person, trunk.name) if is_judged else []
    except NotFound:
        return {}, []


def trunk_routes(portal: Portal) -> list[Route]:
    """Return the routes."""
    pages = {"/trunks": trunk_list, "/trunks/{trunk}": overview, "/trunks/{trunk}/calls": calls}
    return [Route(path, visited(portal, page)) for path, page in pages.items()]


async def trunk_list(visit: Visit) -> Response:
    """The trunks somebody sees, by the page."""
    search, after = visit.request.query_params.get("search", "").strip(), visit.request.query_params.get("after", "")
    page = await visit.portal.trunks.page(visit.person, search=search, after=after)
    rows = [trunk_row(trunk, *live_of(visit, trunk)) for trunk in page.trunks]
    return visit.show("trunks.html", rows=rows, search=search, after=page.after, found_count=page.found_count)


async def overview(visit: Visit) -> Response:
    """How a trunk is, and what happens to its calls."""
    look = await look_at(visit)
    return visit.show("trunk_overview.html", head=look.head, trunk=trunk_view(look.trunk, look.figures, look.zones, look.test_until_s))


async def calls(visit: Visit) -> Response:
    """Who holds the pool's slots."""
    look = await look_at(visit)
    return visit.show("trunk_calls.html", head=look.head, calls=call_rows(visit.portal.live.calls(visit.person, look.trunk.name)))
