"""A node that tells what a test wants it to tell."""
import copy
import time
from collections.abc import Collection
from typing import Any

from hasip.domain.record import CallRecord
from hasip.portal import NoSuchZone, NoTrial

FIGURES = {"calls": 0, "attempts": 0, "answered": 0, "failovers": 0, "address": "192.0.2.21:5060", "bindings": []}
ZONE = {"name": "globex/sg-a", "owner": "globex", "region": "Singapore", "address": "192.0.2.40:5060", "transport": "udp", "interface": "eth1", "state": "up",
        "share_percent": 100, "is_drained": False, "since": 1_795_600_000.0, "cause": "", "probe": {
            "status": 200, "round_trip_ms": 3.0, "at": 1_795_600_100.0, "sent": 1, "failed": 0}, "calls": 0, "attempts": 0, "answered": 0, "failovers": 0}


class FakeLive:
    """A running node of our own making."""

    def __init__(self) -> None:
        self.pools: dict[str, dict[str, Any]] = {"acme": {"mode": "auto_failover", "calls": 2, "limit": 30, "refused": 0, "legs": {
            "primary": {**FIGURES, "calls": 2, "attempts": 9, "answered": 8, "failovers": 1, "label": "HQ"}, "secondary": {**FIGURES, "label": "DR"}}},
            "globex": {"mode": "2t", "calls": 0, "limit": 100, "refused": 0, "legs": {"sg-a": {**FIGURES}, "sg-b": {**FIGURES}}}}
        self.held: list[dict[str, Any]] = []
        self.judged = [copy.deepcopy(ZONE)]
        self.trials: dict[str, dict[str, Any]] = {}
        self.moved: list[CallRecord] = []
        self.followed = 0

    def node(self) -> dict[str, Any]:
        return {"node": "edge-test", "version": "0.1.0", "uptime_s": 4000, "draining": False, "listeners": ["udp:192.0.2.1:5060"], "calls": 2,
                "config_generation": 3, "store": {"name": "SQLite", "is_away": False}, "workers": [
                    {"received": 10, "sent": 12, "calls": 2, "transactions": 1, "cpu_ns": 5_000_000_000, "loops": 1}], "reasons": {"forwarded_failover": 4},
                "not_served": []}

    def pool(self, trunk: str) -> dict[str, Any] | None:
        return self.pools.get(trunk)

    def calls_of(self, trunks: Collection[str]) -> dict[str, int]:
        return {trunk: self.pools[trunk]["calls"] for trunk in trunks if trunk in self.pools}

    def calls(self, trunk: str | None = None) -> list[dict[str, Any]]:
        return [call for call in self.held if trunk in (None, call["trunk"])]

    def moved_calls(self) -> list[CallRecord]:
        return list(self.moved)

    def calls_so_far(self, call_id: str) -> list[CallRecord]:
        return [record for record in self.moved if record.call_id == call_id]

    def zones(self, owner: str | None = None) -> list[dict[str, Any]]:
        return [zone for zone in self.judged if owner in (None, zone["owner"])]

    def zone_history(self) -> list[dict[str, Any]]:
        return []

    def drain(self, zone: str) -> dict[str, Any]:
        return self.set_drained(zone, True)

    def undrain(self, zone: str) -> dict[str, Any]:
        return self.set_drained(zone, False)

    def set_drained(self, zone: str, is_drained: bool) -> dict[str, Any]:
        found = [each for each in self.judged if each["name"] == zone]
        if not found:
            raise NoSuchZone(f'no zone "{zone}"')
        found[0]["is_drained"] = is_drained
        return {"zone": zone, "is_drained": is_drained}

    def begin_trial(self, trunk: str, seconds: int) -> dict[str, Any]:
        if trunk not in self.pools:
            raise NoTrial("calls do not go by this trunk yet")
        self.trials[trunk] = {"legs": ["primary"], "ends_at": time.time() + seconds}
        return self.trials[trunk]

    def end_trial(self, trunk: str) -> bool:
        return self.trials.pop(trunk, None) is not None

    def trial(self, trunk: str) -> dict[str, Any] | None:
        return self.trials.get(trunk)

    def generation(self) -> int:
        return 1_000_000

    async def follow(self) -> None:
        self.followed += 1
