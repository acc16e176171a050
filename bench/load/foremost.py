"""Processes that are measured: on CPUs of their own, before everything else on the machine if we may, and how far that was so."""
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any


def start(command: list[str], cpus: set[int], **streams: Any) -> subprocess.Popen[bytes]:
    """Start a command on these CPUs. It is in a session of its own: Linux weighs sessions first (sched_autogroup), then what is in them."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **streams)
    finally:
        os.sched_setaffinity(0, before)
    with suppress(OSError):                     # only root may
        os.setpriority(os.PRIO_PROCESS, process.pid, -20)
        Path(f"/proc/{process.pid}/autogroup").write_text("-20")
    return process


def busy_seconds(cpus: set[int]) -> float:
    """Return how long these CPUs have been busy since the machine started. Source: proc_stat(5), without idle and iowait."""
    names = {f"cpu{cpu}" for cpu in cpus}
    lines = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    return sum(sum(map(int, [*line[1:4], *line[6:9]])) for line in lines if line and line[0] in names) / os.sysconf("SC_CLK_TCK")
