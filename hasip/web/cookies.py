"""The cookie of a session: no script reads it, no other site sends it. Shared by API and console."""
from starlette.requests import Request
from starlette.responses import Response

CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def session_cookie(*, is_by_tls: bool) -> str:
    """Return the cookie's name; by TLS one that browsers take from this very host alone. (RFC 6265bis §4.1.3.2)"""
    return "__Host-hasip" if is_by_tls else "hasip"


def session_secret(request: Request, *, is_by_tls: bool) -> str:
    """Return the secret a browser shows; empty: none."""
    return request.cookies.get(session_cookie(is_by_tls=is_by_tls), "")


def set_session(response: Response, secret: str, *, is_by_tls: bool) -> None:
    """Let the browser keep a session until it is closed; the store knows when it is over."""
    response.set_cookie(session_cookie(is_by_tls=is_by_tls), secret, path="/", secure=is_by_tls, httponly=True, samesite="strict")


def forget_session(response: Response, *, is_by_tls: bool) -> None:
    """Let the browser forget its session."""
    response.delete_cookie(session_cookie(is_by_tls=is_by_tls), path="/", secure=is_by_tls, httponly=True, samesite="strict")


def is_from_another_site(request: Request) -> bool:
    """True when a browser says that another site's page asks. (Fetch Metadata)"""
    return request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
