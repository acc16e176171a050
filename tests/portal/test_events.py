"""News: first what there is, then what differs."""
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from hasip.domain.person import Person
from hasip.portal import Event, NotFound, Portal
from hasip.portal.events import Events
from tests.patience import PATIENCE_S

from .scene import ANNA, OPERATOR, PASSWORD, Scene, play


async def next_news(events: AsyncIterator[Event]) -> Event:
    """Return the next event that is news."""
    async with asyncio.timeout(PATIENCE_S):
        async for event in events:
            if event.topic != "alive":
                return event
    raise AssertionError("the stream has ended")


async def anna() -> Person:
    return ANNA


async def operator() -> Person:
    return OPERATOR


def quick(scene: Scene) -> Events:
    return Events(scene.live, scene.portal.live, look_s=0.01)


def test_a_customer_hears_of_a_trunks_pool_and_the_generation_and_then_of_what_differs(url: str) -> None:
    async def work(scene: Scene) -> None:
        events = quick(scene).follow(ANNA, "acme", anna)
        assert [(event.topic, event.name) for event in [await next_news(events), await next_news(events)]] == [("generation", ""), ("pool", "acme")]
        scene.live.pools["acme"] = {**scene.live.pools["acme"], "calls": 3}
        assert (await next_news(events)).facts["calls"] == 3
        scene.live.begin_trial("acme", 60)
        assert (await next_news(events)).facts["failover_test"]["legs"] == ["primary"]
        await scene.portal.trunks.change(ANNA, "acme", {"mode": "load_balancing"})
        assert await next_news(events) == Event("generation", "", 2)
        await events.aclose()
    play(url, work)


def test_an_operator_hears_of_node_zones_and_what_happens_to_them(url: str) -> None:
    async def work(scene: Scene) -> None:
        events = quick(scene).follow(OPERATOR, None, operator)
        first = [await next_news(events) for _ in range(4)]
        assert [event.topic for event in first] == ["generation", "node", "zone", "zone"]
        scene.live.zones_now[0] = {**scene.live.zones_now[0], "state": "down"}
        scene.live.history.append({"zone": "initech/sg-a", "before": "up", "after": "down", "cause": "no answer"})
        assert [(event.topic, event.name) for event in [await next_news(events), await next_news(events)]] == [
            ("zone", "initech/sg-a"), ("zone_event", "initech/sg-a")]
        await events.aclose()
    play(url, work)


def test_a_foreign_trunk_has_no_news(url: str) -> None:
    async def work(scene: Scene) -> None:
        for name in ("globex", "no-such"):
            with pytest.raises(NotFound):
                await anext(quick(scene).follow(ANNA, name, anna))
    play(url, work)


def test_what_only_time_changes_is_no_news(url: str) -> None:
    async def work(scene: Scene) -> None:
        binding = {"contact": "sip:a@192.0.2.1", "expires_s": 60}
        scene.live.pools["acme"]["legs"] = {"primary": {"bindings": [binding]}}
        events = quick(scene).follow(ANNA, "acme", anna)
        await next_news(events), await next_news(events)
        binding["expires_s"] = 59
        assert (await anext(events)).topic == "alive"
        await events.aclose()
    play(url, work)


def test_closing_ends_every_stream(url: str) -> None:
    async def work(scene: Scene) -> list[str]:
        news = Events(scene.live, scene.portal.live, look_s=3600)
        told = []
        async with asyncio.timeout(PATIENCE_S):
            async for event in news.follow(ANNA, "acme", anna):
                told.append(event.topic)
                news.close()
        return told
    assert play(url, work) == ["generation", "pool"]


@pytest.mark.parametrize("change", [
    lambda portal, _: portal.users.set_trunks(OPERATOR, "anna", ["globex"]),
    lambda portal, _: portal.users.set_password(OPERATOR, "anna", "another password"),
    lambda portal, _: portal.users.remove(OPERATOR, "anna"),
    lambda portal, secret: portal.entry.log_out(secret)], ids=["trunks", "password", "removed", "logged out"])
def test_a_stream_ends_with_what_it_was_begun_by(url: str, change: Callable[[Portal, str], Awaitable[None]]) -> None:
    async def work(scene: Scene) -> None:
        secret = (await scene.portal.entry.log_in("anna", PASSWORD, "192.0.2.1")).secret
        stream = Events(scene.live, scene.portal.live, look_s=0.01, ask_again_s=0).follow(ANNA, None, lambda: scene.portal.entry.by_session(secret))
        await next_news(stream)
        await change(scene.portal, secret)
        async with asyncio.timeout(PATIENCE_S):
            async for _ in stream:
                pass
    play(url, work)
