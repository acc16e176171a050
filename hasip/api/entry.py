"""Who asks: a token in the Authorization header, or a browser's session, whose changes need the session's CSRF token too."""
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from hasip.domain.person import Person
from hasip.people import is_csrf_token
from hasip.portal import NotAllowed, NotKnown, NotPossible, Portal
from hasip.store import StoreAway
from hasip.web import CSRF_HEADER, SAFE_METHODS, session_secret

BEARER = HTTPBearer(auto_error=False, description="A token: `hasip user token`, or POST /tokens.")
COOKIE = APIKeyCookie(name="hasip", auto_error=False, description=f"A session, begun by POST /session; changes need the header {CSRF_HEADER}. By TLS: __Host-hasip.")


def portal_of(request: Request) -> Portal:
    """Return what the application stands on. Errors: StoreAway while the node is starting."""
    portal: Portal = request.app.state.portal
    if portal.obstacle() == "starting":
        raise StoreAway("the node is starting: try again")
    return portal


PortalHere = Annotated[Portal, Depends(portal_of)]


def secret_of(request: Request) -> str:
    """Return the secret of a browser's session; empty: none."""
    return session_secret(request, is_by_tls=request.app.state.is_by_tls)


async def person_of(request: Request, portal: PortalHere, bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
                    _cookie: Annotated[str | None, Security(COOKIE)]) -> Person:
    """Return who asks. Errors: NotKnown, NotAllowed for a change without the CSRF token."""
    if bearer is not None:
        return await portal.entry.by_token(bearer.credentials)
    if "Authorization" in request.headers:
        raise NotKnown("the Authorization header is not as it has to be: Bearer and a token")
    secret = secret_of(request)
    if not secret:
        raise NotKnown("who asks? Send a token, or log in")
    person = await portal.entry.by_session(secret)
    if request.method not in SAFE_METHODS and not is_csrf_token(request.headers.get(CSRF_HEADER, ""), secret):
        raise NotAllowed(f"a change needs the header {CSRF_HEADER}, as GET /session tells it")
    return person


Asking = Annotated[Person, Depends(person_of)]


def source_of(request: Request) -> str:
    """Return the address a request came from. Errors: NotPossible where there is none."""
    if request.client is None:
        raise NotPossible("the address you come from is not known")
    return request.client.host
