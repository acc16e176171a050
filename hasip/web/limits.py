"""Requests have a size: what is longer is not read."""
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES_MAX = 1_048_576


class TooLong(Exception):
    """A body goes on beyond what is read."""


class BodyLimit:
    """Answers 413 to a body of more than so many bytes."""

    def __init__(self, app: ASGIApp, refusal: Response, bytes_max: int = BODY_BYTES_MAX) -> None:
        self._app = app
        self._refusal = refusal
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        left = self._bytes_max
        has_begun = False

        async def receive_within() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLong
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive_within, send_and_note)
        except TooLong:
            if not has_begun:
                await self._refusal(scope, receive, send)
