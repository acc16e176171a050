"""News: first what there is, then what differs."""
import asyncio
from collections.abc import AsyncIterator

import pytest

from hasip.portal import Event, NotFound
from hasip.portal.events import Events

from .scene import ANNA, OPERATOR, Scene, play

WITHIN_S = 10.0


async def next_news(events: AsyncIterator[Event]) -> Event:
    """Return the next event that is news."""
    async with asyncio.timeout(WITHIN_S):
        async for event in events:
            if event.topic != "alive":
                return event
    raise AssertionError("the stream has ended")


def quick(scene: Scene) -> Events:
    return Events(scene.live, scene.portal.live, look_s=0.01)


def test_a_customer_hears_of_a_trunks_pool_and_the_generation_and_then_of_what_differs(url: str) -> None:
    async def work(scene: Scene) -> None:
        events = quick(scene).follow(ANNA, "acme")
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
        events = quick(scene).follow(OPERATOR)
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
                await anext(quick(scene).follow(ANNA, name))
    play(url, work)


def test_what_only_time_changes_is_no_news(url: str) -> None:
    async def work(scene: Scene) -> None:
        binding = {"contact": "sip:a@192.0.2.1", "expires_s": 60}
        scene.live.pools["acme"]["legs"] = {"primary": {"bindings": [binding]}}
        events = quick(scene).follow(ANNA, "acme")
        await next_news(events), await next_news(events)
        binding["expires_s"] = 59
        assert (await anext(events)).topic == "alive"
        await events.aclose()
    play(url, work)


def test_closing_ends_every_stream(url: str) -> None:
    async def work(scene: Scene) -> list[str]:
        news = Events(scene.live, scene.portal.live, look_s=3600)
        told = []
        async with asyncio.timeout(WITHIN_S):
            async for event in news.follow(ANNA, "acme"):
                told.append(event.topic)
                news.close()
        return told
    assert play(url, work) == ["generation", "pool"]
