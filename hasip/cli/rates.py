"""How fast a node's counters count: two looks at its status, and the time between. A node that was restarted between is looked at from its start."""
from collections.abc import Iterator, Mapping
from typing import Any

Name = tuple[str, ...]

LEG_COUNTERS = ("attempts", "answered", "failovers")
WORKER_COUNTERS = ("received", "sent", "cpu_ns")


class Rates:
    """What happened in a second, by counter. Without an earlier status it is the mean since the node's start."""

    def __init__(self, status: Mapping[str, Any], before: Mapping[str, Any] | None = None, elapsed_s: float = 0.0) -> None:
        if before is None or elapsed_s <= 0 or status["uptime_s"] < before["uptime_s"]:
            before, elapsed_s = None, max(1, status["uptime_s"])
        earlier = dict(counters_of(before)) if before else {}
        self._per_s = {name: max(0, count - earlier.get(name, 0)) / elapsed_s for name, count in counters_of(status)}

    def of(self, *name: str) -> float:
        """Return how often a second: of("leg", trunk, leg, counter), of("zone", zone, counter), of("worker", index, counter)."""
        return self._per_s[name]

    def sum_of(self, counter: str) -> float:
        """Return how often a second in all legs of trunks, which their zones are, and zones of cores together."""
        return sum(per_s for name, per_s in self._per_s.items() if name[-1] == counter and (name[0] == "leg" or name[1].startswith("core:")))


def counters_of(status: Mapping[str, Any]) -> Iterator[tuple[Name, int]]:
    """Yield the counters of a status by name."""
    for trunk_name, trunk in status["trunks"].items():
        for leg_name, leg in trunk["legs"].items():
            yield from ((("leg", trunk_name, leg_name, counter), leg[counter]) for counter in LEG_COUNTERS)
    for zone in status.get("zones", ()):
        yield from ((("zone", zone["name"], counter), zone[counter]) for counter in LEG_COUNTERS)
    for index, worker in enumerate(status["workers"]):
        yield from ((("worker", str(index), counter), worker[counter]) for counter in WORKER_COUNTERS)
