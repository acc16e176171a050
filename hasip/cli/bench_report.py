"""How `hasip bench run` is seen: a bar while it runs, tables when it is over."""
import sys
import time
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from hasip.cli.bench_run import REGISTRATIONS, Run, Watcher

LATE_US = 10_000            # starts later than this make the rate a wish
TIMES = {"setup_us": "INVITE to 200", "register_us": "REGISTER to 200", "failover_gap_us": "failover gap", "start_lateness_us": "start behind its time"}


class Bar(Watcher):
    """A progress bar on stderr."""

    def __init__(self, run: Run) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]:.0f}/s"),
            TextColumn("[red]{task.fields[failed]} failed"), TimeRemainingColumn(), console=Console(stderr=True), transient=True)
        self.task = self.progress.add_task(run.scenario, total=run.calls, rate=0.0, failed=0)
        self.seen: tuple[float, int] = (time.monotonic(), 0)

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.progress.stop()

    def see(self, started: int, completed: int, failed: int) -> None:
        """Show them, and the rate since the last look."""
        now, ended = time.monotonic(), completed + failed
        rate = (ended - self.seen[1]) / max(now - self.seen[0], 0.001)
        self.seen = (now, ended)
        self.progress.update(self.task, completed=ended, rate=rate, failed=failed)

    def stopping(self) -> None:
        """Say what Ctrl-C has done."""
        self.progress.console.print("no more calls are started; those under way may end (Ctrl-C: at once)")


def watcher_of(run: Run, wants_bar: bool) -> Watcher:
    """Return a bar for somebody at a terminal, and nothing for everybody else."""
    return Bar(run) if wants_bar and sys.stderr.isatty() else Watcher()


def print_result(result: dict[str, Any]) -> None:
    """Print the figures for people."""
    console = Console()
    console.print(call_table(result))
    if any(result.get(name) for name in TIMES):
        console.print(time_table(result))
    for failure, count in result["failures"].items():
        console.print(f"[red]{count} failed:[/] {failure}")
    lateness = result["start_lateness_us"]
    if lateness and lateness["p99"] > LATE_US:
        console.print(f"[yellow]calls started up to {lateness['max'] / 1000:.0f} ms late:[/] the generator was the bottleneck, not the router")


def call_table(result: dict[str, Any]) -> Table:
    """Return what became of the calls, or of the cycles in which users register."""
    unit = "cycle" if result["scenario"] in REGISTRATIONS else "call"
    table = Table("", "Figure", title=f"{result['scenario']}, {result['rate']:g} {unit}s/s asked for", show_header=False)
    cpu = result["cpu_us_per_call"]
    rows = {
        f"{unit}s": str(result["calls"]),
        "completed": str(result["completed"]),
        "failed": f"[red]{result['failed']}" if result["failed"] else "0",
        "seconds": f"{result['seconds']:.2f}",
        f"{unit}s/s": f"{result['calls_per_second']:.1f}",
        "retransmissions": f"{result['retransmissions']} sent, {result['duplicates']} seen",
        "INVITEs": ", ".join(f"{name} {count}" for name, count in result["attempts"].items()),
        "answered": ", ".join(f"{name} {count}" for name, count in result["legs"].items()),
        "challenged": f"{result['challenged']}" if result.get("challenged") else "",
        "nonces called stale": f"{result['challenged_stale']}" if result.get("challenged_stale") else "",
        "transports": f"caller {result['caller']}, far end {result['far_end']}" if "caller" in result else "",
        "stalled peers": f"{result['stalled']['peers']}, connected at the end {result['stalled']['open_at_end']}" if "stalled" in result else "",
    }
    if cpu is not None:
        rows["router's CPU"] = f"{cpu:.1f} µs a {unit}"
    for name, figure in rows.items():
        if figure:
            table.add_row(name, figure)
    return table


def time_table(result: dict[str, Any]) -> Table:
    """Return percentiles in milliseconds."""
    table = Table("ms", *("p50", "p90", "p99", "p99.9", "max"))
    for name, title in TIMES.items():
        if result.get(name):
            table.add_row(title, *(f"{microseconds / 1000:.3f}" for microseconds in result[name].values()))
    return table
