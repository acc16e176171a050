"""A status with something of everything."""
from typing import Any

from hasip.bridge.counters import REASONS
from tests.cli.node import STATUS as SMALL

PRIMARY = {**SMALL["trunks"]["acme"]["legs"]["primary"], "placed": 7}

STATUS: dict[str, Any] = {
    **SMALL, "config_generation": 5, "calls": 5, "connections": {"tcp": 2, "tls": 1}, "streams": {"refused": 3},
    "reasons": {reason: place for place, reason in enumerate(REASONS)}, "store": {"name": "sqlite", "generation": 12, "is_away": False},
    "trunks": {name: {**trunk, "refused": 4, "legs": {"primary": PRIMARY}} for name, trunk in SMALL["trunks"].items()},
    "records": {"is_on": True, "written": 9, "spooled": 2, "refused_batches": 1, "waiting_batches": 1, "waiting_bytes": 100, "journal_percent": 3, "lost": 1},
    "workers": [{**worker, "handed_off": 1} for worker in SMALL["workers"]],
}
