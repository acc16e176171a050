"""Failover tests: for a while, new calls of a trunk pass its first leg by, and go where they would go if it were dead. (Part of the composition root.)

No harm is done: a call that the other legs fail is sent to the first one after all; calls in progress stay; it ends by itself, and with the process.
"""
import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from hasip.bridge.router import account_number
from hasip.domain.trunk import Mode, Trunk
from hasip.portal import NoTrial
from hasip.zones import Zones

NEVER = (Mode.ONLY_PRIMARY, Mode.LOAD_BALANCING)        # modes that do not fail over: a test of it would show what is not so

log = structlog.get_logger("hasip")


@dataclass(frozen=True, slots=True)
class Trial:
    """One test that goes on."""

    legs: tuple[int, ...]           # that are passed by
    names: tuple[str, ...]
    ends_at: float                  # seconds since 1970
    mode: Mode
    timer: asyncio.TimerHandle


class Trials:
    """The failover tests of one node. Threads: the loop's."""

    def __init__(self, zones: Zones, slots: Callable[[], Mapping[str, int]], obstacle: Callable[[Trunk, tuple[int, ...]], str]) -> None:
        """`obstacle` says why a trunk's other legs could not take its calls now; empty: they can."""
        self._zones = zones
        self._slots = slots
        self._obstacle = obstacle
        self._trials: dict[str, Trial] = {}

    def begin(self, trunk: Trunk, seconds: int) -> dict[str, Any]:
        """Pass a trunk's first leg, or region, by for so long. Errors: NoTrial."""
        if trunk.mode in NEVER:
            raise NoTrial(f"mode {trunk.mode.value} never fails over: set auto_failover first")
        legs = first_legs(trunk)
        if why := self._obstacle(trunk, legs):
            raise NoTrial(why)
        self.end(trunk.name)
        timer = asyncio.get_running_loop().call_later(seconds, self.end, trunk.name)
        self._trials[trunk.name] = Trial(legs, tuple(leg_names(trunk)[leg] for leg in legs), time.time() + seconds, trunk.mode, timer)
        self._tell()
        log.info("failover test begun", trunk=trunk.name, passed_by=self._trials[trunk.name].names, seconds=seconds)
        return self.status(trunk.name) or {}

    def end(self, trunk: str) -> bool:
        """End a test; False where there is none."""
        trial = self._trials.pop(trunk, None)
        if trial is None:
            return False
        trial.timer.cancel()
        self._tell()
        log.info("failover test ended", trunk=trunk)
        return True

    def status(self, trunk: str) -> dict[str, Any] | None:
        """Return which legs a test passes by, and until when; None where there is none."""
        trial = self._trials.get(trunk)
        return {"legs": list(trial.names), "ends_at": trial.ends_at} if trial else None

    def published(self, trunks: Mapping[str, Trunk]) -> None:
        """Go on in the world that was just published; a trunk that is gone, or of another mode, is tested no more."""
        for name in [name for name, trial in self._trials.items() if name not in trunks or trunks[name].mode is not trial.mode]:
            self.end(name)
        if self._trials:
            self._tell()

    def close(self) -> None:
        """End all tests."""
        for name in list(self._trials):
            self.end(name)

    def _tell(self) -> None:
        slots = self._slots()
        self._zones.pass_over({account_number(slots[name], leg) for name, trial in self._trials.items() for leg in trial.legs if name in slots})


def first_legs(trunk: Trunk) -> tuple[int, ...]:
    """Return what a test passes by: the primary, the first zone of `2t`, the zones of the first region of `4t` and `2t4t`."""
    return tuple(range(len(trunk.regions[0].zones))) if len(trunk.regions) > 1 else (0,)


def leg_names(trunk: Trunk) -> list[str]:
    """Return a trunk's legs in the data plane's order."""
    return [account.name for account in trunk.accounts] or [zone.name for region in trunk.regions for zone in region.zones]
