"""A trunk's calls move on from a leg: told at the first, and once none has moved for a while."""
from dataclasses import dataclass

from hasip.domain.alert import Alert

QUIET_S = 60.0                      # without a failover for so long, it is over


@dataclass(slots=True)
class Spell:
    """The time in which calls move on."""

    leg: str
    cause: str
    began_s: float
    before: int                     # failovers until then
    latest: int
    latest_s: float


class Moves:
    """The trunks and cores whose calls move on."""

    def __init__(self) -> None:
        self._spells: dict[str, Spell] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._spells

    def moved(self, owner: str, leg: str, cause: str, failovers: int, at_s: float) -> list[Alert]:
        """A call moved on; `failovers` with it. Returns the alert, if it is the first."""
        if owner in self._spells:
            return []
        self._spells[owner] = Spell(leg, cause, at_s, max(failovers - 1, 0), failovers, at_s)
        return [Alert("failover", owner, False, at_s, {"leg": leg, "cause": cause})]

    def look(self, owner: str, failovers: int, at_s: float) -> list[Alert]:
        """Returns the end, if it has been quiet for long enough."""
        spell = self._spells[owner]
        if failovers > spell.latest:
            spell.latest, spell.latest_s = failovers, at_s
        return self.end(owner, at_s) if at_s - spell.latest_s >= QUIET_S else []

    def end(self, owner: str, at_s: float) -> list[Alert]:
        """Returns the end."""
        spell = self._spells.pop(owner)
        count, minutes = spell.latest - spell.before, max(1.0, (spell.latest_s - spell.began_s) / 60)
        return [Alert("failover", owner, True, at_s, {"leg": spell.leg, "cause": spell.cause, "failovers": count, "per_minute": round(count / minutes, 1)})]
