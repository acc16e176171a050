"""One trace that is looked at: what it wants, and what waits for who looks. What comes faster than it is taken is counted, and left out."""
import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass

from hasip.trace.step import Step

WAITING_MAX = 1000
CALLS_MAX = 10_000          # Call-IDs of a number's calls that are remembered


@dataclass(frozen=True, slots=True)
class Wish:
    """What a trace is of: one of these, or everything."""

    trunk: str = ""
    number: str = ""
    call_id: str = ""

    def __post_init__(self) -> None:
        """Errors: ValueError for more than one."""
        if sum(map(bool, (self.trunk, self.number, self.call_id))) > 1:
            raise ValueError("a trace is of a trunk, a number or a Call-ID: name one of them")

    @property
    def is_everything(self) -> bool:
        """True when nothing was named."""
        return not (self.trunk or self.number or self.call_id)

    @property
    def call_id_read(self) -> str:
        """The Call-ID as it is read from a message: octets that are no UTF-8 come from a shell as surrogates."""
        return self.call_id.encode("utf-8", "surrogateescape").decode(errors="replace")


class Watch:
    """A trace's steps on their way."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.left_out = 0
        self._waiting: asyncio.Queue[Step] = asyncio.Queue(WAITING_MAX)
        self._calls: dict[str, None] = {}

    def wants(self, call_id: str, trunk: str, numbers: Iterable[str]) -> bool:
        """Return whether a message of that call, trunk and those numbers is wanted; a call that was once wanted for a number is wanted on."""
        wish = self.wish
        if wish.number and call_id not in self._calls and any(is_same_number(wish.number, each) for each in numbers):
            self._calls[call_id] = None
            if len(self._calls) > CALLS_MAX:
                del self._calls[next(iter(self._calls))]
        return (wish.is_everything or bool(wish.trunk and wish.trunk == trunk) or bool(wish.call_id and wish.call_id_read == call_id)
                or call_id in self._calls)

    def put(self, step: Step) -> None:
        """Let a step wait to be taken."""
        try:
            self._waiting.put_nowait(step)
        except asyncio.QueueFull:
            self.left_out += 1

    async def steps(self, seconds: float) -> AsyncGenerator[Step, None]:
        """Yield the steps as they come, for so long."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    yield await self._waiting.get()
        except TimeoutError:
            return


def is_same_number(one: str, other: str) -> bool:
    """Return whether two numbers are the same, with a plus before them or not."""
    return one.removeprefix("+") == other.removeprefix("+")
