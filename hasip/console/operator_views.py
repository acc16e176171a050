"""What operators see, as views: nodes, cores, changes. No I/O."""
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hasip.bridge.counters import REASONS
from hasip.console.trunk_views import network_text, zones_of
from hasip.console.views import AuditRow, CoreView, NodeView
from hasip.domain.person import AuditEntry
from hasip.domain.trunk import Core

WORKER_FIGURES = ("received", "sent", "calls", "transactions", "cpu_ns")
LINES_MAX = 4                   # of what was added or removed as a whole
SHOWN_MAX = 160                 # characters of a value in the audit log


def node_view(status: Mapping[str, Any]) -> NodeView:
    """Return what `hasip status` tells."""
    return NodeView(
        status["node"], status["version"], status["uptime_s"], status["draining"], tuple(status["listeners"]), status["calls"], status["config_generation"],
        status["store"]["name"], status["store"]["is_away"], tuple({key: worker[key] for key in WORKER_FIGURES} for worker in status["workers"]),
        tuple((symbol, count, REASONS[symbol]) for symbol, count in status["reasons"].items() if count), tuple(status["not_served"]))


def core_view(core: Core, zones: Sequence[Mapping[str, Any]]) -> CoreView:
    """Return a core with the health of its zones."""
    return CoreView(core.name, core.mode.value if core.mode else "", tuple(map(network_text, core.allow)), tuple(target.text for target in core.targets),
                    zones_of(zone for zone in zones if zone["owner"] == f"core:{core.name}"))


def audit_rows(entries: Iterable[AuditEntry]) -> tuple[AuditRow, ...]:
    """Return changes, each field that became another with what it was and is."""
    return tuple(AuditRow(entry.at_s, entry.who, f'{entry.subject} "{entry.name}" {entry.action}', changes_between(entry.old, entry.new)) for entry in entries)


def changes_between(old_text: str, new_text: str) -> tuple[str, ...]:
    """Return what differs between two JSON texts, a line each: `mode: "auto_failover" → "only_primary"`."""
    old, new = (json.loads(text) if text else {} for text in (old_text, new_text))
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return (f"{shown(old)} → {shown(new)}",)
    before, after = dict(flat(old)), dict(flat(new))
    if not before or not after:
        lines = [f"{key}: {shown(value)}" for key, value in (before or after).items() if key != "name" and value not in ("", None, [])]
        return (*lines[:LINES_MAX], f"and {len(lines) - LINES_MAX} more") if len(lines) > LINES_MAX else tuple(lines)
    return tuple(f"{key}: {shown(before.get(key))} → {shown(after.get(key))}" for key in dict.fromkeys((*before, *after)) if before.get(key) != after.get(key))


def flat(table: Mapping[str, Any], place: str = "") -> Iterable[tuple[str, Any]]:
    """Yield values with their places: secondary.label."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{place}{key}.")
        else:
            yield place + key, value


def shown(value: Any) -> str:
    """Return a value as the trunks file writes it, which the store's own texts are already; nothing is a dash."""
    text = "–" if value in (None, "", {}) else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "…"
