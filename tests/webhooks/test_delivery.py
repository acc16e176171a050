"""A webhook's deliveries: signed, again while the receiver is in trouble, given up when it says no; nothing waits for it."""
import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from hasip.domain.alert import Alert
from hasip.domain.node import Webhook
from hasip.webhooks import SIGNATURE, TIMESTAMP, Delivery, delivery
from hasip.webhooks.delivery import PAUSE_MAX_S, TRIES_MAX, WAITING_MAX
from tests.patience import until

ALERT = Alert("failover", "acme", False, 1_700_000_000, {"leg": "primary", "cause": "status 503"})


class Body(httpx.AsyncByteStream):
    """A body that notes how often it was read from."""

    reads = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(3):
            self.reads += 1
            yield b"more"


class Run:
    """One webhook with a receiver that is a function; pauses are noted, nobody sleeps."""

    def __init__(self, webhook: Webhook, answers: list[int | Exception | Body | asyncio.Event]) -> None:
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self._answers = answers
        self._webhook = webhook

    def deliver(self, *alerts: Alert) -> Delivery:
        """Let alerts be delivered until nothing waits."""
        return asyncio.run(self._run(alerts))

    async def _run(self, alerts: tuple[Alert, ...]) -> Delivery:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self._answer)) as client:
            made = Delivery(self._webhook, "edge-1", client, self._pause)
            for alert in alerts:
                made.offer(alert)
            task = asyncio.create_task(made.run())
            offered = made.status()["waiting"]
            await until(lambda: made.delivered + made.failed >= offered, task)
            task.cancel()
            return made

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if self._answers else 204
        if isinstance(answer, asyncio.Event):
            await answer.wait()
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer) if isinstance(answer, int) else httpx.Response(200, stream=answer if isinstance(answer, Body) else None)


def test_an_alert_is_posted_as_json_and_signed_over_time_and_body() -> None:
    run = Run(Webhook("https://ops.example/alerts", "s3cret"), [204])
    assert run.deliver(ALERT).status() == {"host": "ops.example", "waiting": 0, "delivered": 1, "failed": 0, "dropped": 0}
    [request] = run.requests
    body = json.loads(request.content)
    assert {key: body[key] for key in ("node", "at", "event", "subject", "is_over", "sentence", "details")} == {
        "node": "edge-1", "at": "2023-11-14T22:13:20Z", "event": "failover", "subject": "acme", "is_over": False,
        "sentence": "acme: calls move on from primary: status 503", "details": {"leg": "primary", "cause": "status 503"}}
    expected = hmac.new(b"s3cret", request.headers[TIMESTAMP].encode() + b"." + request.content, hashlib.sha256).hexdigest()
    assert request.headers[SIGNATURE] == f"sha256={expected}"


def test_without_a_secret_nothing_is_signed() -> None:
    run = Run(Webhook("https://ops.example/"), [200])
    run.deliver(ALERT)
    assert SIGNATURE not in run.requests[0].headers


@pytest.mark.parametrize("trouble", [500, 503, 408, 429, httpx.ConnectError("refused"), httpx.ReadTimeout("late")])
def test_a_receiver_in_trouble_gets_the_same_again_after_a_pause(trouble: int | Exception) -> None:
    run = Run(Webhook("https://ops.example/"), [trouble, trouble, 204])
    assert run.deliver(ALERT).delivered == 1
    assert len({request.content for request in run.requests}) == 1 and run.pauses == [1, 2]


def test_what_a_receiver_says_beyond_its_status_is_not_read_for_it_may_have_no_end() -> None:
    body = Body()
    assert (Run(Webhook("https://ops.example/"), [body]).deliver(ALERT).delivered, body.reads) == (1, 0)


def test_a_receiver_that_does_not_come_to_an_end_is_in_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "ANSWER_S", 0.01)
    run = Run(Webhook("https://ops.example/"), [asyncio.Event(), 204])
    assert (run.deliver(ALERT).delivered, run.pauses) == (1, [1])


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410])
def test_a_receiver_that_says_no_is_not_asked_again(status: int) -> None:
    run = Run(Webhook("https://ops.example/"), [status])
    assert (run.deliver(ALERT).failed, run.pauses) == (1, [])


def test_an_alert_is_given_up_after_so_many_tries_and_the_next_has_its_turn() -> None:
    run = Run(Webhook("https://ops.example/"), [500] * TRIES_MAX)
    made = run.deliver(ALERT, ALERT)
    assert (made.failed, made.delivered) == (1, 1)
    assert len(run.pauses) == TRIES_MAX - 1 and max(run.pauses) == PAUSE_MAX_S


def test_a_webhook_gets_the_events_it_wants() -> None:
    run = Run(Webhook("https://ops.example/", events=("zone_down",)), [])
    run.deliver(ALERT, Alert("zone_down", "a", False, 0, {"state": "down", "cause": "silent"}))
    assert [json.loads(request.content)["event"] for request in run.requests] == ["zone_down"]


def test_a_full_queue_drops_and_counts() -> None:
    made = Delivery(Webhook("https://ops.example/"), "edge-1", httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(204))))
    for _ in range(WAITING_MAX + 3):
        made.offer(ALERT)
    assert (made.dropped, made.status()["waiting"]) == (3, WAITING_MAX)
