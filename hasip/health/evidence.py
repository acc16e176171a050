"""Signs of failure that say too little alone and enough together: a refused call with a failed probe, two calls that failed."""
import math


class Evidence:
    """The latest failures. Two count together when they lie within a window; a sign of life wipes them out."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._refused_s = self._probe_failed_s = self._call_failed_s = -math.inf
        self._failed_call_key = 0

    def note_refused_call(self, now_s: float) -> bool:
        """Remember that a call was refused. True: a probe has failed as well."""
        self._refused_s = now_s
        return self._is_recent(self._probe_failed_s, now_s)

    def note_failed_probe(self, now_s: float) -> bool:
        """Remember that a probe failed. True: a call was refused as well."""
        self._probe_failed_s = now_s
        return self._is_recent(self._refused_s, now_s)

    def note_failed_call(self, now_s: float, call_key: int) -> bool:
        """Remember that a call failed. True: another one has failed as well."""
        is_second = call_key != self._failed_call_key and self._is_recent(self._call_failed_s, now_s)
        self._call_failed_s, self._failed_call_key = now_s, call_key        # the latest is enough: until a second one comes, all are the same call's
        return is_second

    def wipe_out(self) -> None:
        """Forget all: the zone is alive."""
        self._refused_s = self._probe_failed_s = self._call_failed_s = -math.inf

    def _is_recent(self, at_s: float, now_s: float) -> bool:
        return now_s - at_s <= self._window_s
