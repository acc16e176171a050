"""A node that only answers: the control socket with a status of three zones, for the commands that ask one."""
import asyncio
import copy
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hasip.control.server import ControlServer

ZONE = {"name": "globex/sg-a", "owner": "globex", "region": "sg", "address": "10.0.0.1:5060", "transport": "udp", "interface": "eth1", "state": "up",
        "share_percent": 100, "is_drained": False, "since": 1_700_000_000, "cause": "answered a probe",
        "probe": {"status": 200, "round_trip_ms": 1.26, "at": 1_700_000_100, "sent": 11, "failed": 1},
        "calls": 2, "attempts": 300, "answered": 200, "failovers": 5}
SILENT = {"status": None, "round_trip_ms": None, "at": 1_700_000_100, "sent": 3, "failed": 3}
UNPROBED = {"status": None, "round_trip_ms": None, "at": None, "sent": 0, "failed": 0}

STATUS: dict[str, Any] = {
    "node": "edge-1", "version": "0.1.0", "uptime_s": 100, "draining": False,
    "trunks": {"acme": {"mode": "auto_failover", "calls": 3, "limit": 30, "legs": {
                   "primary": {"address": "10.1.0.1:5060", "bindings": [], "calls": 3, "attempts": 1000, "answered": 900, "failovers": 20}}},
               "globex": {"mode": "2t", "calls": 2, "limit": 10, "legs": {
                   name: {"address": "[fd00::1]:5060", "bindings": [], "calls": 2, "attempts": 300, "answered": 200, "failovers": 5} for name in ("sg-a", "sg-b")}}},
    "zones": [ZONE,
              {**ZONE, "name": "globex/sg-b", "state": "down", "share_percent": 0, "is_drained": True, "cause": "link lost: carrier gone", "probe": SILENT},
              {**ZONE, "name": "core:pstn/a", "interface": "", "state": "recovering", "share_percent": 40, "probe": UNPROBED}],
    "workers": [{"received": 5000, "sent": 6000, "transactions": 7, "calls": 5, "cpu_ns": 10_000_000_000}],
}
HISTORY = [{"at": 1_700_000_000, "zone": "globex/sg-b", "before": "up", "after": "down", "cause": "link lost: carrier gone"},
           {"at": 1_700_000_001, "zone": "globex/sg-b", "before": "down", "after": "down, drained", "cause": "drained on request"}]


class UnknownZone(Exception):
    """No such zone."""


def set_drained(zone: str, is_drained: bool) -> dict[str, Any]:
    if zone != "globex/sg-a":
        raise UnknownZone(f"no zone {zone}: did you mean globex/sg-a?")
    return {"zone": zone, "is_drained": is_drained}


ANSWERS = {"status": lambda: STATUS, "zone_history": lambda: HISTORY, "zone_drain": lambda zone: set_drained(zone, True),
           "zone_undrain": lambda zone: set_drained(zone, False)}


def status_with(**changes: Any) -> dict[str, Any]:
    """Return a copy of the status with other fields."""
    return {**copy.deepcopy(STATUS), **changes}


def hasip(state_dir: Path, *arguments: str, environment: Mapping[str, str] = MappingProxyType({"COLUMNS": "220"})) -> subprocess.CompletedProcess[str]:
    """Run the command beside such a node."""
    command = [sys.executable, "-m", "hasip", *arguments, "--state-dir", str(state_dir)]

    async def run() -> subprocess.CompletedProcess[str]:
        async with ControlServer(state_dir, ANSWERS):
            return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, timeout=60,
                                           env={"PATH": "/usr/bin:/bin", "TZ": "UTC", **environment})

    return asyncio.run(run())
