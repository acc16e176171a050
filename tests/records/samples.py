"""Records to test with."""
from dataclasses import replace
from typing import Any

from hasip.domain.record import Attempt, CallRecord, Result

AT_MS = 1_790_000_000_000

PRIMARY = Attempt("primary", Result.REFUSED, AT_MS, 503, "192.0.2.10", 5060, "udp", None, AT_MS + 21)
SECONDARY = Attempt("secondary", Result.ANSWERED, AT_MS + 22, 200, "192.0.2.11", 5061, "tls", AT_MS + 400, AT_MS + 2400)

MOVED = CallRecord(
    id="", node="edge-1", call_id="abc@192.0.2.1", trunk="acme", direction="to trunk", mode="auto_failover", caller="+4930111", number="+6561230000",
    source="192.0.2.1", source_port=5060, source_transport="udp", source_leg="", received_ms=AT_MS, ended_ms=AT_MS + 65_400, reason="ended_by_bye",
    status=200, ended_by="callee", ringing_ms=AT_MS + 400, answered_ms=AT_MS + 2400, attempts=(PRIMARY, SECONDARY), targets=2, fails_over=True)


def moved(**fields: Any) -> CallRecord:
    """Return the record of a call that went from the primary to the secondary, changed so."""
    return replace(MOVED, **fields)


def plain(place: int, **fields: Any) -> CallRecord:
    """Return the record of the so-manieth call, which went nowhere else."""
    return replace(MOVED, **{"call_id": f"call-{place}@cases", "attempts": (replace(SECONDARY, leg="primary", began_ms=AT_MS),), **fields})
