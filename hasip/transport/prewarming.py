"""Keeps connections open ahead of calls, so that no call waits for a handshake."""
import asyncio
import random
from collections.abc import Callable, Iterable

from hasip.transport.settings import Place

BACKOFF_FIRST_S = 1.0
BACKOFF_MAX_S = 30.0


class Prewarmer:
    """The places that are to have a connection. Lost ones come back after 1 s, doubling to 30 s until one has lasted that long."""

    def __init__(self, open_place: Callable[[Place], object]) -> None:
        self._open_place = open_place
        self._backoff_s: dict[Place, float] = {}            # by wanted place: how long the next loss waits
        self._opened_s: dict[Place, float] = {}
        self._timers: dict[Place, asyncio.TimerHandle] = {}

    def want(self, places: Iterable[Place]) -> None:
        """Replace the wanted places, and open those that are new."""
        wanted = dict.fromkeys(places)
        for place in self._backoff_s.keys() - wanted.keys():
            self._forget(place)
        for place in wanted:
            if place not in self._backoff_s:
                self._backoff_s[place] = BACKOFF_FIRST_S
                self._open_place(place)

    def is_wanted(self, place: Place) -> bool:
        """True for a wanted place."""
        return place in self._backoff_s

    def opened(self, place: Place) -> None:
        """Note that a connection to a place is open."""
        if place in self._backoff_s:
            self._opened_s[place] = asyncio.get_running_loop().time()

    def ended(self, place: Place) -> None:
        """Open a wanted place again, later."""
        if place not in self._backoff_s or place in self._timers:
            return
        loop = asyncio.get_running_loop()
        opened_s = self._opened_s.pop(place, None)
        if opened_s is not None and loop.time() - opened_s >= BACKOFF_MAX_S:
            self._backoff_s[place] = BACKOFF_FIRST_S
        delay_s = self._backoff_s[place] * random.uniform(0.9, 1.0)       # many places of one far end do not come back in step
        self._timers[place] = loop.call_later(delay_s, self._reopen, place)
        self._backoff_s[place] = min(2 * self._backoff_s[place], BACKOFF_MAX_S)

    def _reopen(self, place: Place) -> None:
        del self._timers[place]
        self._open_place(place)

    def _forget(self, place: Place) -> None:
        del self._backoff_s[place]
        self._opened_s.pop(place, None)
        if timer := self._timers.pop(place, None):
            timer.cancel()
