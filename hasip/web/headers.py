"""Headers that keep a browser from doing with our pages what nobody meant: one place for API and console. (OWASP Secure Headers)"""
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",                # what is shown is somebody's own; static files say otherwise for themselves
}
BY_TLS = {"Strict-Transport-Security": "max-age=31536000"}


class SecureHeaders:
    """Adds them to every answer that has none of its own."""

    def __init__(self, app: ASGIApp, *, is_by_tls: bool) -> None:
        self._app = app
        self._headers = {**HEADERS, **BY_TLS} if is_by_tls else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
