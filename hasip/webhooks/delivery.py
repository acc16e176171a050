"""One webhook: alerts wait in a queue of their own, and are posted one after the other, again while the receiver is in trouble.

Nothing waits for it: a queue that is full drops, and counts. Threads: the loop's.
"""
import asyncio
import json
import time
import uuid
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from hasip.domain.alert import Alert
from hasip.domain.node import Webhook
from hasip.webhooks.signing import SIGNATURE, TIMESTAMP, sign

WAITING_MAX = 1000
TRIES_MAX = 12                      # about eight minutes
FIRST_PAUSE_S, PAUSE_MAX_S = 1.0, 60.0
ANSWER_S = 10.0
AGAIN = (408, 425, 429)             # and every 5xx: the receiver is in trouble; every other code is its last word

log = structlog.get_logger("hasip", area="alerts")


class Delivery:
    """Posts to one webhook."""

    def __init__(self, webhook: Webhook, node_name: str, client: httpx.AsyncClient,
                 pause: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep) -> None:
        self.host = urlsplit(webhook.url).hostname or ""
        self.delivered = self.failed = self.dropped = 0
        self._webhook = webhook
        self._node_name = node_name
        self._client = client
        self._pause = pause
        self._waiting: asyncio.Queue[Alert] = asyncio.Queue(WAITING_MAX)

    def offer(self, alert: Alert) -> None:
        """Let an alert wait for its turn, if this webhook wants it."""
        if self._webhook.events and alert.event not in self._webhook.events:
            return
        try:
            self._waiting.put_nowait(alert)
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Post what waits, for ever."""
        while True:
            await self._deliver(body_of(await self._waiting.get(), self._node_name))

    def status(self) -> dict[str, Any]:
        """Return what `hasip status` says of it; the URL may be a secret, its host is not."""
        return {"host": self.host, "waiting": self._waiting.qsize(), "delivered": self.delivered, "failed": self.failed, "dropped": self.dropped}

    async def _deliver(self, body: bytes) -> None:
        """Post one alert until it is taken, refused for good, or tried too often."""
        pause_s = FIRST_PAUSE_S
        for number in range(1, TRIES_MAX + 1):
            trouble, is_final = await self._post(body)
            if not trouble:
                self.delivered += 1
                return
            if is_final or number == TRIES_MAX:
                self.failed += 1
                log.error("an alert was not delivered", host=self.host, tries=number, reason=trouble)
                return
            await self._pause(pause_s)
            pause_s = min(2 * pause_s, PAUSE_MAX_S)

    async def _post(self, body: bytes) -> tuple[str, bool]:
        """Post once. Returns what went wrong, empty for nothing, and whether trying again is of no use."""
        timestamp = str(int(time.time()))
        headers = {"Content-Type": "application/json", TIMESTAMP: timestamp}
        if self._webhook.secret:
            headers[SIGNATURE] = sign(self._webhook.secret, timestamp, body)
        try:
            async with asyncio.timeout(ANSWER_S), self._client.stream("POST", self._webhook.url, content=body, headers=headers, timeout=ANSWER_S) as answer:
                status = answer.status_code         # what else is said is not read: it may have no end
        except (httpx.HTTPError, OSError) as error:
            return f"{type(error).__name__}: {error}", False
        except httpx.InvalidURL as error:
            return str(error), True
        if 200 <= status < 300:
            return "", False
        return f"status {status}", status < 500 and status not in AGAIN


def body_of(alert: Alert, node_name: str) -> bytes:
    """Return what is posted: the same bytes, with the same id, however often."""
    return json.dumps({
        "id": str(uuid.uuid4()), "node": node_name, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(alert.at_s)), "event": alert.event,
        "subject": alert.subject, "is_over": alert.is_over, "sentence": alert.sentence, "details": alert.details}).encode()
