"""A zone, or an account that is probed, is down: told once, until it has calls again."""
from collections.abc import Collection

from hasip.domain.alert import Alert

DOWN = "down"
WELL = ("up", "recovering")


class Outages:
    """The zones that are down."""

    def __init__(self) -> None:
        self._down: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._down)

    def changed(self, zone: str, state: str, cause: str, at_s: float) -> list[Alert]:
        """A zone's condition is another. Returns what that begins or ends."""
        if state == DOWN and zone not in self._down:
            self._down[zone] = cause
            return [Alert("zone_down", zone, False, at_s, {"state": state, "cause": cause})]
        if state in WELL and zone in self._down:
            del self._down[zone]
            return [Alert("zone_down", zone, True, at_s, {"state": state, "cause": cause})]
        return []

    def forget_all_but(self, zones: Collection[str], at_s: float) -> list[Alert]:
        """These zones are watched, and no others. Returns what that ends."""
        gone = [zone for zone in self._down if zone not in zones]
        for zone in gone:
            del self._down[zone]
        return [Alert("zone_down", zone, True, at_s, {"state": "gone", "cause": "it is not configured any more"}) for zone in gone]
