"""Logging in and out."""
from fastapi import APIRouter, Request, Response

from hasip.api.entry import Asking, PortalHere, secret_of, source_of
from hasip.api.models import LoginBody, PersonShown, SessionShown
from hasip.domain.person import Person
from hasip.people import csrf_token
from hasip.portal import NotAllowed
from hasip.web import forget_session, is_from_another_site, set_session

routes = APIRouter(prefix="/session", tags=["people"])


@routes.post("")
async def log_in(body: LoginBody, request: Request, response: Response, portal: PortalHere) -> SessionShown:
    """Log in by name and password: a browser gets its session as a cookie. Too many wrong ones are made to wait (429)."""
    if is_from_another_site(request):
        raise NotAllowed("another site's page can't log in here")
    login = await portal.entry.log_in(body.name, body.password, source_of(request))
    set_session(response, login.secret, is_by_tls=request.app.state.is_by_tls)
    return SessionShown(person=shown(login.person), csrf_token=csrf_token(login.secret))


@routes.get("")
async def see_session(person: Asking, request: Request) -> SessionShown:
    """Say who asks; to a session its CSRF token too."""
    secret = "" if "Authorization" in request.headers else secret_of(request)
    return SessionShown(person=shown(person), csrf_token=csrf_token(secret) if secret else None)


@routes.delete("", status_code=204)
async def log_out(_: Asking, request: Request, response: Response, portal: PortalHere) -> None:
    """End this session. A token goes on: DELETE /tokens ends it."""
    if secret := secret_of(request):
        await portal.entry.log_out(secret)
    forget_session(response, is_by_tls=request.app.state.is_by_tls)


def shown(person: Person) -> PersonShown:
    """Return somebody as the API shows them."""
    return PersonShown(name=person.name, role=person.role, trunks=sorted(person.trunks))
