"""One message of a trace: who told whom what, when."""
from dataclasses import dataclass
from typing import Any

from hasip.masking import mask_message, mask_numbers


@dataclass(frozen=True, slots=True)
class Step:
    """A message that was received or sent."""

    at_us: int
    is_sent: bool
    transport: str
    address: str            # ours, with its port
    far_address: str
    party: str              # who is there, as far as it is known
    call_id: str
    method: str             # in a response: the CSeq's
    status: int             # 0 in a request
    reason_phrase: str
    cseq: int
    request_uri: str
    text: str


def step_fields(step: Step, is_full: bool) -> dict[str, Any]:
    """Return a step as the control socket tells it: without proof of passwords, and without whole numbers unless all is wanted."""
    return {
        "at": step.at_us / 1_000_000, "is_sent": step.is_sent, "transport": step.transport, "address": step.address, "far_address": step.far_address,
        "party": step.party, "call_id": step.call_id, "method": step.method, "status": step.status, "reason_phrase": step.reason_phrase, "cseq": step.cseq,
        "request_uri": step.request_uri if is_full else mask_numbers(step.request_uri), "message": mask_message(step.text, is_full),
    }
