"""A core or trunk of the store can't be published: told once, until it is in force as the store has it."""
from collections.abc import Mapping
from typing import Any

from hasip.domain.alert import Alert


class NotPublished:
    """What is not published, by subject."""

    def __init__(self) -> None:
        self._told: dict[str, Mapping[str, Any]] = {}

    def now(self, found: Mapping[str, Mapping[str, Any]], at_s: float) -> list[Alert]:
        """These are not published now, and no others: field, cause, and what happens instead. Returns what is new, and what is over."""
        over = [Alert("not_published", subject, True, at_s) for subject in self._told if subject not in found]
        fresh = [Alert("not_published", subject, False, at_s, dict(details)) for subject, details in found.items() if self._told.get(subject) != details]
        self._told = dict(found)
        return over + fresh
