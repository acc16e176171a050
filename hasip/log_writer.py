"""The log's way out: a thread writes, so that a reader who is slow, or has stopped, never makes the node wait.

The loop gives verdicts on zones and answers the control socket; a full pipe would stop all that. What there is no room for is left out, and its number told.
"""
import contextlib
import json
import queue
import threading
from types import TracebackType
from typing import Self, TextIO

LINES_MAX = 10_000
CLOSE_S = 1.0               # how long a reader has, at the end, for what still waits


class LogWriter:
    """A file to log to, as structlog takes it. Owns: a thread. Threads: any may write."""

    def __init__(self, stream: TextIO, lines_max: int = LINES_MAX) -> None:
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(lines_max)
        self._lost = 0
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Write what waits, unless nobody reads."""
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=CLOSE_S)
            self._thread.join(CLOSE_S)

    def write(self, line: str) -> None:
        """Let a line be written, or be lost."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._lost += 1

    def flush(self) -> None:
        """Each line is flushed as it is written."""

    def _write_all(self) -> None:
        with contextlib.suppress(OSError):          # nobody reads any more
            while (line := self._lines.get()) is not None:
                self._stream.write(line)
                if self._lost:
                    lost, self._lost = self._lost, 0
                    self._stream.write(json.dumps({"event": "log lines were lost: nobody read them in time", "lost": lost, "level": "warning"}) + "\n")
                self._stream.flush()
