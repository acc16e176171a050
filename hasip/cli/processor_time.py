"""How much processor time a process uses, and waits for, with all it started: threads and children."""
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessorTime:
    """Units: nanoseconds."""

    used: int = 0
    waited: int = 0                 # ready to run, while something else ran


class Stopwatch:
    """The processor time of a process from now on. Source: /proc/PID/task/TID/schedstat; what ends meanwhile takes its time along."""

    def __init__(self, pid: int) -> None:
        """Errors: OSError when there is no such process."""
        self.pid = pid
        self.before = time_by_thread(pid)

    def read(self) -> ProcessorTime:
        """Return the time since the start."""
        try:
            now = time_by_thread(self.pid)
        except OSError:
            return ProcessorTime()
        before = [self.before.get(thread, ProcessorTime()) for thread in now]
        return ProcessorTime(sum(time.used for time in now.values()) - sum(time.used for time in before),
                             sum(time.waited for time in now.values()) - sum(time.waited for time in before))


def time_by_thread(pid: int) -> dict[int, ProcessorTime]:
    """Return the time of each thread of a process and its descendants. Errors: OSError when there is no such process."""
    times: dict[int, ProcessorTime] = {}
    for thread in (PROC / str(pid) / "task").iterdir():
        try:
            used, waited, _ = (thread / "schedstat").read_text().split()
            children = (thread / "children").read_text().split()
        except OSError:             # the thread has ended
            continue
        times[int(thread.name)] = ProcessorTime(int(used), int(waited))
        for child in children:
            try:
                times.update(time_by_thread(int(child)))
            except OSError:
                continue
    return times
