"""A trunk's timeline, and the story of one call on it."""
import time

from starlette.responses import Response
from starlette.routing import Route

from hasip.console.history import History
from hasip.console.timeline import draw, incidents_of, outages_of
from hasip.console.trunk_pages import look_at
from hasip.console.trunk_views import TITLES, legs_of
from hasip.console.visit import Visit, visited
from hasip.portal import NotFound, Portal

SPANS = {"minutes": ("10 minutes", 600, "time"), "hour": ("Hour", 3600, "time"), "day": ("Day", 86_400, "time"), "week": ("Week", 604_800, "date")}
STEP_S = 5                      # the picture moves on in such steps, not with each look


def timeline_routes(portal: Portal, history: History) -> list[Route]:
    """Return the routes."""
    async def timeline(visit: Visit) -> Response:
        return await timeline_page(visit, history)

    async def call(visit: Visit) -> Response:
        return await call_page(visit, history)

    return [Route("/trunks/{trunk}/timeline", visited(portal, timeline)), Route("/trunks/{trunk}/timeline/{call_id}", visited(portal, call))]


async def timeline_page(visit: Visit, history: History) -> Response:
    """The failovers of the last hour, day or week: drawn, and told in a table."""
    look = await look_at(visit)
    span = visit.request.query_params.get("span", "hour")
    _, length_s, tick_form = SPANS.get(span, SPANS["hour"])
    until_s = time.time() // STEP_S * STEP_S + STEP_S
    since_s = until_s - length_s
    failovers, is_all = await history.failovers(visit.person, look.trunk.name, since_s, until_s)
    incidents = incidents_of(failovers)
    changes = visit.portal.live.zone_history(visit.person, look.trunk.name)
    outages = outages_of((change["at"], change["zone"].rpartition("/")[2], change["before"], change["after"], change["cause"]) for change in changes)
    legs = [leg.name for leg in legs_of(look.trunk, look.figures, look.zones)]
    return visit.show(
        "trunk_timeline.html", head=look.head, incidents=incidents, drawing=draw(legs, incidents, outages, since_s, until_s), titles=TITLES, tick_form=tick_form,
        spans=tuple((key, words[0]) for key, words in SPANS.items()), span=span if span in SPANS else "hour",
        moved=sum(incident.count for incident in incidents), answered=sum(incident.answered_count for incident in incidents), is_all=is_all)


async def call_page(visit: Visit, history: History) -> Response:
    """Why one call went where it went."""
    look, call_id = await look_at(visit), visit.name("call_id")
    sentences = await history.story(visit.person, look.trunk.name, call_id)
    if not sentences:
        raise NotFound(f'no call "{call_id}"')
    return visit.show("trunk_call.html", head=look.head, call_id=call_id, sentences=sentences)
