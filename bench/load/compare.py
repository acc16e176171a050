"""Measure hasip, and Kamailio beside it if it is installed: cost per call, set-up time and failover gap. `make load` runs this."""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from foremost import busy_seconds, start
from plot import bar_plot
from rich.console import Console
from rich.table import Table
from routers import BALANCED_NUMBER, CORE, FAILOVER_NUMBER, HERE, PRIMARY, ROUTER, SECONDARY, installed, running

SCENARIOS = {"basic": FAILOVER_NUMBER, "failover-code": FAILOVER_NUMBER, "load-balancing": BALANCED_NUMBER}
FIGURES = {                         # name: unit, how it is read from a run
    "cpu": ("µs a call", lambda run: run["cpu_us_per_call"]),
    "setup_p50": ("µs", lambda run: run["setup_us"]["p50"]),
    "setup_p99": ("µs", lambda run: run["setup_us"]["p99"]),
    "gap_p50": ("µs", lambda run: run["failover_gap_us"] and run["failover_gap_us"]["p50"]),
    "gap_p99": ("µs", lambda run: run["failover_gap_us"] and run["failover_gap_us"]["p99"]),
}
WARM_UP_SHARE = 5                   # a fifth of the calls go first and are not looked at
LATE_US = 2000                      # starts of calls, behind their time
WAIT_US = 10                        # a call, for a CPU that is the generator's own
OTHERS_SHARE = 0.1                  # of the router's CPU

Runs = dict[str, dict[str, list[dict[str, Any]]]]          # by scenario, by router
console = Console()


def main() -> int:
    options = read_options()
    router_cpus, generator_cpus = two_cpus()
    routers = [name for name in installed() if not options.only or name in options.only]
    if "kamailio" not in installed():
        console.print("Kamailio is not installed (Debian, Ubuntu: apt-get install kamailio): hasip is measured alone.")
    runs: Runs = {scenario: {router: [] for router in routers} for scenario in SCENARIOS}
    with tempfile.TemporaryDirectory() as folder:
        for round_number in range(options.rounds):
            for router in routers:
                with running(router, Path(folder) / f"{router}-{round_number}", router_cpus) as pid:
                    for scenario, number in SCENARIOS.items():
                        make_calls(scenario, number, options.rate, max(1, options.calls // WARM_UP_SHARE), pid, generator_cpus, router_cpus)
                        runs[scenario][router].append(make_calls(scenario, number, options.rate, options.calls, pid, generator_cpus, router_cpus))
                        say(round_number, router, runs[scenario][router][-1])
    medians = medians_of(runs)
    console.print(table_of(medians))
    write_result(options, runs, medians)
    return report_doubts(runs)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=2000, help="calls a second (2000)")
    parser.add_argument("--calls", type=int, default=10_000, help="calls of each run (10000)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each router and scenario; the median counts (3)")
    parser.add_argument("--only", action="append", choices=["hasip", "kamailio", "kamailio-lean"], help="measure this router; may be repeated")
    parser.add_argument("--output", type=Path, default=HERE, help="folder for result.json and compare.svg (bench/load)")
    return parser.parse_args()


def two_cpus() -> tuple[set[int], set[int]]:
    """Return a CPU for the router and one for the generator; where there is but one, both have it."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        console.print("one CPU: router and generator share it, and take it from each other")
    return {cpus[0]}, {cpus[min(1, len(cpus) - 1)]}


def make_calls(scenario: str, number: str, rate: float, calls: int, pid: int, cpus: set[int], router_cpus: set[int]) -> dict[str, Any]:
    """Run `hasip bench run` and return its figures. Errors: RuntimeError when it can't start."""
    command = [sys.executable, "-m", "hasip", "bench", "run", "--json", "--spin", "--scenario", scenario, "--number", number, "--rate", str(rate),
               "--calls", str(calls), "--target", ROUTER, "--from", CORE, "--primary", PRIMARY, "--secondary", SECONDARY, "--pid", str(pid)]
    begun, busy = time.monotonic(), busy_seconds(router_cpus)
    with start(command, cpus, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as generator:
        try:
            printed, errors = generator.communicate()
        except BaseException:
            generator.terminate()
            raise
    if generator.returncode not in (0, 1):
        raise RuntimeError(errors.decode())
    figures: dict[str, Any] = json.loads(printed)
    busy_with_others = busy_seconds(router_cpus) - busy - figures["cpu_us_per_call"] * figures["calls"] / 1e6
    figures["others_share"] = max(0.0, busy_with_others / (time.monotonic() - begun))
    return figures


def say(round_number: int, router: str, run: dict[str, Any]) -> None:
    console.print(f"round {round_number + 1}  {router:14} {run['scenario']:15} {run['cpu_us_per_call']:6.1f} µs a call  "
                  f"{run['completed']} of {run['calls']} calls")


def medians_of(runs: Runs) -> dict[str, dict[str, dict[str, float]]]:
    """Return by scenario and router the median of each figure that was measured."""
    return {scenario: {router: {name: statistics.median(figures) for name, (_, read) in FIGURES.items()
                                if (figures := [read(run) for run in some if run["setup_us"] and read(run) is not None])}
                       for router, some in undisturbed(by_router).items()} for scenario, by_router in runs.items()}


def undisturbed(by_router: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Keep the rounds in which no router's run was disturbed; all of them, when there is none. (A quiet run against a disturbed one is no comparison.)"""
    rounds = list(zip(*by_router.values(), strict=True))
    quiet = [each for each in rounds if not any(map(is_disturbed, each))] or rounds
    return {router: [each[place] for each in quiet] for place, router in enumerate(by_router)}


def is_disturbed(run: dict[str, Any]) -> bool:
    """True when generator or router did not have their CPU to themselves. The router has no part in this."""
    return bool(run["own_wait_us_per_call"] > WAIT_US or run["start_lateness_us"]["p99"] > LATE_US or run["others_share"] > OTHERS_SHARE)


def table_of(medians: dict[str, dict[str, dict[str, float]]]) -> Table:
    """Return a row for each scenario and figure; behind hasip's, the others' and how many times hasip's they are."""
    routers = list(next(iter(medians.values())))
    table = Table("Scenario", "Figure", *routers, title="Medians; in brackets: times the first column's")
    for scenario, by_router in medians.items():
        for name, (unit, _) in FIGURES.items():
            first = by_router[routers[0]].get(name)
            if first:
                cells = [f"{by_router[router][name]:.1f}" + (f" ({by_router[router][name] / first:.2f})" if router != routers[0] else "")
                         if name in by_router[router] else "-" for router in routers]
                table.add_row(scenario, f"{name.replace('_', ' ')}, {unit}", *cells)
    return table


def write_result(options: argparse.Namespace, runs: Runs, medians: dict[str, dict[str, dict[str, float]]]) -> None:
    """Write result.json and compare.svg."""
    machine = {"system": platform.platform(), "processor": processor(), "cpus": os.cpu_count()}
    asked = {"rate": options.rate, "calls": options.calls, "rounds": options.rounds}
    (options.output / "result.json").write_text(json.dumps({"machine": machine, "asked": asked, "medians": medians, "runs": runs}, indent=1) + "\n")
    bars = {scenario: {router: figures["cpu"] for router, figures in by_router.items() if "cpu" in figures} for scenario, by_router in medians.items()}
    title = f"Processor time a call, µs, at {options.rate:g} calls/s; less is better"
    (options.output / "compare.svg").write_text(bar_plot(title, "µs", bars))
    console.print(f"written: {options.output / 'result.json'}, {options.output / 'compare.svg'}")


def processor() -> str:
    """Return what the CPU calls itself."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def report_doubts(runs: Runs) -> int:
    """Say which runs should not be believed. Return the exit code: 1 when calls failed."""
    named = [(f"{router}, {scenario}", run) for scenario, by_router in runs.items() for router, some in by_router.items() for run in some]
    failures = [f"{name}: {run['failed']} calls failed: {run['failures']}" for name, run in named if run["failed"]]
    disturbed = [name for name, run in named if is_disturbed(run)]
    for failure in failures:
        console.print(f"[red]{failure}")
    if disturbed:
        console.print(f"[yellow]{len(disturbed)} of {len(named)} runs were disturbed: calls started late, or something else ran on the generator's or the "
                      f"router's CPU. A round counts without them, if there is one: {', '.join(dict.fromkeys(disturbed))}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
