"""One request of somebody who is signed in: who it is, what they sent, and the page they get."""
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hasip.console.pages import render
from hasip.console.views import Viewer
from hasip.domain.person import Person
from hasip.people import csrf_token, is_csrf_token
from hasip.portal import NotKnown, Portal
from hasip.web import session_secret

FORM_BYTES_MAX = 65_536
MANY_NUMBERS_BYTES = 4 * 1024 * 1024        # a form that has a trunk's numbers, some 200 000 of them
FIELDS_MAX = 64
SEE_OTHER = 303
NUMBER = re.compile("[0-9]{1,18}")
DONE = {                                    # what a page says after a change; the address names it
    "mode": "Saved. The next call goes by the new mode.",
    "saved": "Saved. The next call goes by it.",
    "removed": "Removed.",
    "test": "The failover test has begun. Place a call and see where it rings.",
    "test-ended": "The failover test has ended.",
    "drained": "Drained. The zone gets no new calls; those in progress stay.",
    "undrained": "The zone may have calls again.",
    "trunk": "The trunk was added. Its next call goes by it.",
    "user": "The user was added.",
    "saved-user": "Saved. It holds from that user's next page on.",
    "password": "The password was changed. The user has to sign in again, everywhere.",
}


class Forged(Exception):
    """A form did not come from a page of ours, or is none."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, and who sent it."""

    request: Request
    portal: Portal
    person: Person
    secret: str

    @property
    def trunk(self) -> str:
        """The trunk in the address."""
        return self.name("trunk")

    def name(self, parameter: str) -> str:
        """Return a name in the address, as it is without escapes."""
        return unquote(self.request.path_params[parameter])

    def show(self, template: str, status: int = 200, **views: Any) -> Response:
        """Return a page."""
        viewer = Viewer(self.person.name, self.person.role == "operator", csrf_token(self.secret))
        notice = DONE.get(self.request.query_params.get("done", ""), "")
        return HTMLResponse(render(template, viewer, **{"notice": notice, **views}), status)

    async def form(self, bytes_max: int = FORM_BYTES_MAX) -> dict[str, str]:
        """Return the fields that were sent. Errors: Forged."""
        fields = await read_form(self.request, bytes_max)
        if not is_csrf_token(fields.pop("csrf_token", ""), self.secret):
            raise Forged("this form is out of date: open the page again")
        return fields


class Starting(Exception):
    """The node has nothing to tell yet."""


Page = Callable[[Visit], Awaitable[Response]]


def visited(portal: Portal, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers a request by a page, for who is signed in; others are asked to sign in."""
    async def answer(request: Request) -> Response:
        if portal.obstacle() == "starting":
            raise Starting
        secret = session_secret(request, is_by_tls=request.app.state.is_by_tls)
        try:
            person = await portal.entry.by_session(secret)
        except NotKnown:
            where = request.url.path if request.method in ("GET", "HEAD") else "/"
            return RedirectResponse(f"/sign-in?next={quote(where)}", SEE_OTHER)
        return await page(Visit(request, portal, person, secret))
    return answer


async def read_form(request: Request, bytes_max: int = FORM_BYTES_MAX) -> dict[str, str]:
    """Return the fields of a form. Errors: Forged for what is none, or too long."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > bytes_max:
            raise Forged("this form is too long")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except ValueError:
        raise Forged("this is not a form") from None


def number_in(text: str) -> int | None:
    """Return a number that a page of ours wrote; None for what no page writes."""
    return int(text) if NUMBER.fullmatch(text) else None


def version_in(fields: Mapping[str, str]) -> int | None:
    """Return the version of what a form was made from; None: it does not say."""
    return number_in(fields.get("version", "")) or None


def go(path: str, done: str = "") -> Response:
    """Return the way to another page, which says what was done."""
    return RedirectResponse(path + (f"?done={done}" if done else ""), SEE_OTHER)


def path_of(trunk: str, tab: str = "") -> str:
    """Return the address of a trunk's page."""
    return f"/trunks/{quote(trunk, safe='')}" + (f"/{tab}" if tab else "")


def own_path(text: str) -> str:
    """Return an address that was sent if it is one of ours, else that of the first page: nobody is led elsewhere."""
    return text if text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() else "/trunks"
