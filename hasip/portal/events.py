"""News, as server-sent events and the console's live parts have them: what is otherwise than it was a moment ago.

What a person sees is looked at again each LOOK_S, and only what differs is told. So nothing is lost, nothing is queued for a slow reader, and a reader that
comes back begins with all of it.
"""
import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from hasip.domain.person import Person
from hasip.portal.live import Facts, Live
from hasip.portal.live_state import LiveState
from hasip.portal.refusals import Refusal
from hasip.portal.rights import Action, Reach, demand, reach_of
from hasip.store import StoreError

LOOK_S = 0.5
ASK_AGAIN_S = 15.0              # who has logged out, or reaches less by now, hears no more than so long
POOLS_MAX = 50                  # of a customer's trunks; who has more asks for one

Topic = Literal["generation", "pool", "zone", "zone_event", "node", "alive"]


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of news."""

    topic: Topic
    name: str                   # of the trunk, zone or node it is about
    facts: Any


class Events:
    """News of a running node, for people."""

    def __init__(self, live: Live, live_state: LiveState, look_s: float = LOOK_S, ask_again_s: float = ASK_AGAIN_S) -> None:
        self._live = live
        self._live_state = live_state
        self._look_s = look_s
        self._ask_again_s = ask_again_s
        self._closed = asyncio.Event()

    def close(self) -> None:
        """End every stream of news."""
        self._closed.set()

    async def follow(self, person: Person, trunk: str | None, who_asks: Callable[[], Awaitable[Person]]) -> AsyncGenerator[Event, None]:
        """Yield first all that a person sees of a trunk, or of all in reach, then what differs; "alive" at each look without news.

        It ends when `who_asks`, asked again and again, tells of nobody, or of a person with other rights. Errors: Refusal, at the beginning.
        """
        demand(person, Action.SEE_LIVE_STATE, trunk)
        if trunk is not None:
            self._live_state.pool(person, trunk)        # NotFound, before anything is told
        known: dict[tuple[Topic, str], Any] = {}
        told_history = next(reversed(self._live_state.zone_history(person, trunk)), None)
        asked_s = time.monotonic()
        while not self._closed.is_set():
            if time.monotonic() - asked_s >= self._ask_again_s:
                asked_s = time.monotonic()
                if await person_now(who_asks) != person:
                    return
            news = list(differences(known, self._seen(person, trunk)))
            history = self._live_state.zone_history(person, trunk)
            news += [Event("zone_event", event["zone"], event) for event in newer(history, told_history)]
            told_history = history[-1] if history else told_history
            for event in news or [Event("alive", "", None)]:
                yield event
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), self._look_s)

    def _seen(self, person: Person, trunk: str | None) -> Iterator[tuple[Topic, str, Any]]:
        """Yield what a person sees now."""
        yield "generation", "", self._live.generation()
        if trunk is None and reach_of(person, Action.SEE_LIVE_STATE) is Reach.ALL:
            node = self._live.node()
            yield "node", str(node["node"]), {key: node[key] for key in ("calls", "draining")}
        for name in [trunk] if trunk is not None else sorted(person.trunks)[:POOLS_MAX]:
            pool = self._live.pool(name)
            if pool is not None:
                yield "pool", name, {**pool, "failover_test": self._live.trial(name)}
        for zone in self._live_state.zones(person, trunk):
            yield "zone", zone["name"], {key: zone[key] for key in ("state", "share_percent", "is_drained", "since", "cause", "calls")}


async def person_now(who_asks: Callable[[], Awaitable[Person]]) -> Person | None:
    """Return who asks; None for nobody any more, and while the store can't say."""
    try:
        return await who_asks()
    except (Refusal, StoreError):
        return None


def differences(known: dict[tuple[Topic, str], Any], seen: Iterator[tuple[Topic, str, Any]]) -> Iterator[Event]:
    """Yield what is otherwise than known, and know it from then on. What was binding for so many seconds is no news when it is one second less."""
    for topic, name, facts in seen:
        lasting = without_passing(facts)
        if (topic, name) not in known or known[topic, name] != lasting:
            known[topic, name] = lasting
            yield Event(topic, name, facts)


def without_passing(facts: Any) -> Any:
    """Return facts without what changes merely because time passes."""
    if isinstance(facts, dict):
        return {key: without_passing(value) for key, value in facts.items() if key != "expires_s"}
    return [without_passing(each) for each in facts] if isinstance(facts, list) else facts


def newer(history: list[Facts], told: Facts | None) -> list[Facts]:
    """Return the events after one that was told."""
    fresh: list[Facts] = []
    for event in reversed(history):
        if event == told:
            break
        fresh.append(event)
    return fresh[::-1]
