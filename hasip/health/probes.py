"""What became of a zone's probes, for those who look."""
from dataclasses import dataclass


@dataclass(slots=True)
class Probes:
    """How many, and the last result."""

    sent_count: int = 0
    failed_count: int = 0
    status: int | None = None               # None: no response
    round_trip_ms: float | None = None
    at_s: float | None = None               # None: no result yet

    def note_result(self, at_s: float, status: int | None = None, round_trip_ms: float | None = None) -> None:
        """Remember the last result."""
        self.at_s, self.status, self.round_trip_ms = at_s, status, round_trip_ms
