"""What workers tell of judged legs: results of probes, and calls that failed there."""
import asyncio
from collections.abc import Callable
from typing import NamedTuple

from hasip._fastpath import NOTICES, Router


class Notice(NamedTuple):
    """One thing that happened."""

    kind: str                   # one of NOTICES
    account: int                # the leg, as the board counts
    serial: int                 # of the probe
    status: int
    retry_after_s: int          # 0: none
    round_trip_us: int
    was_unheard: bool           # of a refused call: nothing was heard of the leg since the attempt was sent
    call_key: int

    @property
    def is_of_trunk(self) -> bool:
        """True when it is told of a trunk or core, not of a judged leg."""
        return self.kind.startswith(("pool_", "failover_"))


class Notices:
    """Reads the workers' notices as they come. Threads: the loop's alone."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def open(self, take: Callable[[list[Notice]], None]) -> None:
        """From now on, pass on what workers tell."""
        self._take = take
        asyncio.get_running_loop().add_reader(self._router.notice_doorbell, self._pass_on)

    def close(self) -> None:
        """Pass nothing on any more."""
        asyncio.get_running_loop().remove_reader(self._router.notice_doorbell)

    def _pass_on(self) -> None:
        self._take([Notice(NOTICES[each[0]], *each[1:]) for each in self._router.take_notices()])
