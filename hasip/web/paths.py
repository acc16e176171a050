"""Paths as they were asked for: a name in one may have a slash of its own."""
from starlette.types import ASGIApp, Receive, Scope, Send


class PathsAsTheyCame:
    """Lets routes below some paths see what is asked for with its escapes, so that %2F is no slash and %0A ends no line."""

    def __init__(self, app: ASGIApp, *below: str) -> None:
        self._app = app
        self._below = tuple(f"{each}/".encode() for each in below)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and (raw_path := scope.get("raw_path") or b"").startswith(self._below):
            scope = {**scope, "path": raw_path.partition(b"?")[0].decode("latin-1")}
        await self._app(scope, receive, send)
