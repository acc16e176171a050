"""Getting in, getting out, and one's own password."""
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from hasip.console.pages import render
from hasip.console.visit import Forged, Visit, go, own_path, read_form, visited
from hasip.console.words import counted
from hasip.portal import NotAllowed, NotFit, NotKnown, Portal, TooManyTries
from hasip.web import forget_session, is_from_another_site, set_session


def entry_routes(portal: Portal) -> list[Route]:
    """Return the routes."""
    async def ask(request: Request) -> Response:
        return sign_in_page(own_path(request.query_params.get("next", "")))

    async def sign_in(request: Request) -> Response:
        if is_from_another_site(request):
            raise Forged("sign in on our own page")
        fields = await read_form(request)
        name, after = fields.get("name", ""), own_path(fields.get("next", ""))
        try:
            login = await portal.entry.log_in(name, fields.get("password", ""), request.client.host if request.client else "")
        except NotKnown:
            return sign_in_page(after, name, "User name or password is wrong.", 401)
        except TooManyTries as refusal:
            return sign_in_page(after, name, f"Too many tries. Wait {counted(refusal.wait_s, 'second')}.", 429)
        answer = go(after)
        set_session(answer, login.secret, is_by_tls=request.app.state.is_by_tls)
        return answer

    async def sign_out(visit: Visit) -> Response:
        await visit.form()
        await portal.entry.log_out(visit.secret)
        return gone(visit.request)

    async def password(visit: Visit) -> Response:
        if visit.request.method != "POST":
            return visit.show("password.html", errors={})
        fields = await visit.form()
        try:
            await portal.users.set_password(visit.person, visit.person.name, fields.get("new", ""), fields.get("old", ""))
        except (NotAllowed, TooManyTries) as refusal:
            return visit.show("password.html", 422, errors={"old": str(refusal)})
        except NotFit as refusal:
            return visit.show("password.html", 422, errors={"new": refusal.problems[0][1]})
        return gone(visit.request)

    return [Route("/sign-in", ask), Route("/sign-in", sign_in, methods=["POST"]), Route("/sign-out", visited(portal, sign_out), methods=["POST"]),
            Route("/password", visited(portal, password), methods=["GET", "POST"])]


def sign_in_page(after: str, name: str = "", error: str = "", status: int = 200) -> Response:
    """Return the page that asks who somebody is."""
    return HTMLResponse(render("sign_in.html", None, next=after, name=name, error=error), status)


def gone(request: Request) -> Response:
    """Return the way out; the browser forgets the session."""
    answer = go("/sign-in")
    forget_session(answer, is_by_tls=request.app.state.is_by_tls)
    return answer
