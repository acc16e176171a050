"""What the running node can tell of itself, as plain dictionaries."""
import time
from collections.abc import Set as AbstractSet
from typing import Any

from hasip._fastpath import REASONS, Router
from hasip.domain.trunk import Provisioning, Trunk

__all__ = ["REASONS", "calls_status", "trunk_status", "trunks_status"]


def trunk_status(router: Router, trunk: Trunk, slot: int, open_flows: AbstractSet[int]) -> dict[str, Any]:
    """Return one trunk: mode, calls, limit, refused, and figures per leg."""
    row = router.trunk(slot)
    return {
        "mode": trunk.mode.value, "calls": row["calls"], "limit": trunk.calls, "refused": row["refused"],
        "legs": {account.name: {**figures, "label": account.label, "address": account.target.text if account.target else "", "bindings": bindings_status(router, slot, leg, open_flows)}
                 for leg, (account, figures) in enumerate(zip(trunk.accounts, row["legs"], strict=False))}
        or {zone.name: {**figures, "label": region.name, "address": zone.target.text, "bindings": []}
            for (region, zone), figures in zip(((region, zone) for region in trunk.regions for zone in region.zones), row["legs"], strict=False)},
    }


def bindings_status(router: Router, slot: int, leg: int, open_flows: AbstractSet[int]) -> list[dict[str, Any]]:
    """Return where an account is registered; a connection that is gone leads nowhere."""
    return [{**{key: value for key, value in binding.items() if key != "flow"},
             "is_reachable": binding["transport"] == "udp" or binding["flow"] in open_flows} for binding in router.bindings(slot, leg)]


def trunks_status(router: Router, provisioning: Provisioning, slots: dict[str, int], open_flows: AbstractSet[int]) -> dict[str, dict[str, Any]]:
    """Return every trunk by name."""
    return {trunk.name: trunk_status(router, trunk, slots[trunk.name], open_flows) for trunk in provisioning.trunks}


def calls_status(router: Router) -> list[dict[str, Any]]:
    """Return who holds each slot, the oldest call first. Calls that have ended are left out."""
    now = time.time()
    calls = [{**call, "duration_s": max(0, int(now - call["since"]))} for call in router.calls() if call["holds_slot"]]
    return sorted(calls, key=lambda call: call["since"])
