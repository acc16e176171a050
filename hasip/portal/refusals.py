"""What the portal says no with. API and console turn these into their own answers; nothing else comes out of it but the store's errors."""
from collections.abc import Sequence
from math import ceil


class Refusal(Exception):
    """What was asked for is not done."""


class NotKnown(Refusal):
    """Nobody has proved who they are."""


class TooManyTries(Refusal):
    """Passwords were tried too often."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = ceil(wait_s)          # who waits so long has waited long enough
        super().__init__(f"too many tries: wait {self.wait_s} s")


class NotFound(Refusal):
    """It is not there, or it is somebody else's: who asks must not learn which."""


class NotAllowed(Refusal):
    """This person may not do that."""


class NotPossible(Refusal):
    """It can't be done as things are now."""


class NotFit(Refusal):
    """What was sent breaks rules: each with its place."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {sentence}" if place else sentence for place, sentence in problems))
        self.problems = tuple(problems)
