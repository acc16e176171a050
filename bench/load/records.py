"""What records of calls cost: the same calls with records on and off, in turns, and the records counted.

    python bench/load/records.py [--rate 5000] [--calls 50000] [--rounds 6] [--scenario basic]

Router and generator have a CPU each, where there are two. Each pair of runs gives one ratio; the median counts. Exit code 1: a record is missing,
one is there twice, or records cost more than LIMIT_PERCENT.
"""
import argparse
import sqlite3
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from compare import make_calls, two_cpus
from rich.console import Console
from routers import FAILOVER_NUMBER, running

from hasip.records.packing import unpack_all

LIMIT_PERCENT = 10.0
WARM_UP_CALLS = 5000
ON, OFF = "hasip", "hasip-without-records"

console = Console()


def main() -> int:
    options = read_options()
    router_cpus, generator_cpus = two_cpus()
    ratios, wrong = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            figures = {}
            for router in (ON, OFF) if number % 2 else (OFF, ON):       # who runs second finds the machine as the first left it
                home = Path(folder) / f"{router}-{number}"
                with running(router, home, router_cpus) as pid:
                    warm = make_calls(options.scenario, FAILOVER_NUMBER, options.rate, WARM_UP_CALLS, pid, generator_cpus, router_cpus)
                    figures[router] = make_calls(options.scenario, FAILOVER_NUMBER, options.rate, options.calls, pid, generator_cpus, router_cpus)
                if router == ON:
                    wrong += count_records(home, warm["completed"] + figures[router]["completed"], warm["calls"] + options.calls)
            ratios.append(figures[ON]["cpu_us_per_call"] / figures[OFF]["cpu_us_per_call"])
            say(number, figures, ratios[-1])
    more_percent = 100 * (statistics.median(ratios) - 1)
    console.print(f"records cost {more_percent:+.1f} % processor time a call at {options.rate:.0f} calls/s ({options.scenario}), "
                  f"the median of {len(ratios)} pairs from {100 * (min(ratios) - 1):+.1f} % to {100 * (max(ratios) - 1):+.1f} %")
    return int(bool(wrong) or more_percent > LIMIT_PERCENT)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=5000)
    parser.add_argument("--calls", type=int, default=50_000, help="of each run")
    parser.add_argument("--rounds", type=int, default=6, help="pairs of runs")
    parser.add_argument("--scenario", choices=("basic", "failover-code"), default="basic")
    return parser.parse_args()


def count_records(home: Path, completed: int, calls: int) -> int:
    """Say how many records there are; return how many are wrong. A call that failed at the generator may have come to the router or not."""
    with sqlite3.connect(home / "state" / "hasip.db") as store:
        rows = store.execute("SELECT content, node, batch, place FROM calls").fetchall()
    records = [record for content, node, batch, place in rows for record in unpack_all(content, node, batch, place)]
    found = {record.call_id for record in records}
    twice = len(records) - len(found)
    missing, left = max(0, completed - len(found)), len(list((home / "state").glob("records-*")))
    console.print(f"  {calls} calls, {completed} completed, {len(records)} records in {len(rows)} rows, {missing} missing, {twice} twice, {left} files left")
    return missing + twice + left


def say(number: int, figures: dict[str, dict[str, Any]], ratio: float) -> None:
    told = "  ".join(f"{router} {run['cpu_us_per_call']:.2f} µs a call, {run['completed']} of {run['calls']}" for router, run in figures.items())
    console.print(f"pair {number + 1}  {told}  ratio {ratio:.3f}")


if __name__ == "__main__":
    sys.exit(main())
