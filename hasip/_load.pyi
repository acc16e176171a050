"""The load generator as Python sees it."""
from typing import Any, final

SCENARIOS: dict[str, tuple[int, int, int, tuple[int, ...]]]

@final
class Histogram:
    """Values to within 1/128 of themselves."""
    count: int
    maximum: int

    def add(self, value: int) -> None: ...
    def percentile(self, fraction: float) -> int: ...

@final
class Load:
    """One run. Threads: run() in one, the rest in any."""
    scenario: str
    is_stopping: bool

    def __init__(
        self, *, scenario: str, target: tuple[str, int], seats: tuple[tuple[str, int], ...], sockets: list[int], number: str, calls: int,
        rate: float, timeout_ms: int, hold_ms: int, t1_ms: int, refusal_status: int, spins: bool, caller_number: str = "caller",
        users: int = 1, user: str = "", password: str = "", is_sha256: bool = False,
    ) -> None:
        """target, seats: (address, port) of the router, and of caller, primary, secondary; sockets: theirs, -1 for a closed port.

        users, user, password: how many register, in turn; their names, with "{}" where the number from 0 on stands; the password of all.
        """

    def run(self) -> None: ...
    def stop(self) -> None: ...
    def abandon(self) -> None: ...
    def progress(self) -> tuple[int, int, int]:
        """Return how many calls were started, are completed, have failed."""

    def result(self) -> dict[str, Any]: ...
