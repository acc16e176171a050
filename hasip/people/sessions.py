"""When a session is over: it was not used for a while, or it has lasted long enough."""
from dataclasses import dataclass

from hasip.domain.person import Session


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long sessions last."""

    idle_s: int = 3600
    longest_s: int = 43_200             # a working day
    see_s: int = 60                     # noted as seen no more often: each note is a write

    def is_over(self, session: Session, now_s: float) -> bool:
        """True for a session that is nobody's any more."""
        return now_s >= session.seen_s + self.idle_s or now_s >= session.begun_s + self.longest_s

    def is_to_be_noted(self, session: Session, now_s: float) -> bool:
        """True when its use was not noted lately."""
        return now_s >= session.seen_s + self.see_s

    def over_before_s(self, now_s: float) -> int:
        """Return since when a session must have been seen to go on."""
        return int(now_s) - self.idle_s

    def begun_before_s(self, now_s: float) -> int:
        """Return since when a session must have begun to go on."""
        return int(now_s) - self.longest_s
