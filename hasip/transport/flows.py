"""Numbers for connections, by which the data plane pins messages to them (RFC 5626 §5.2 calls it a flow)."""
import secrets

FLOW_END = 0xFFFF_FFF0          # from here on up numbers mean other things to the data plane; 0 means no flow


class FlowNumbers:
    """Counts round from a random start: a number comes again after 4 294 967 279 others, and hardly ever after a restart."""

    def __init__(self, start: int | None = None) -> None:
        self._next = secrets.randbelow(FLOW_END - 1) + 1 if start is None else start

    def take(self) -> int:
        """Return the next number."""
        flow = self._next
        self._next = flow + 1 if flow + 1 < FLOW_END else 1
        return flow
