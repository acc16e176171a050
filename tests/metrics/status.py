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
    "failover_gaps": {"bounds_s": [0.001, 0.01], "counts": [7, 2, 1], "sum_s": 0.5}, "silences": {"bounds_s": [1.0, 2.5], "counts": [0, 3, 0], "sum_s": 6.0},
    "alerts": [{"event": "zone_down", "subject": "globex/sg-b", "since": 1_700_000_000, "sentence": "globex/sg-b is down: link lost"}],
    "webhooks": [{"host": "ops.example", "waiting": 0, "delivered": 5, "failed": 1, "dropped": 2}], "hep": {"sent": 100, "dropped": 3}, "traces": 0,
    "workers": [{**worker, "handed_off": 1} for worker in SMALL["workers"]],
}
