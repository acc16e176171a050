"""`hasip top`: what a running node is doing right now, again each second."""
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from hasip.cli.paper import paper
from hasip.cli.rates import LEG_COUNTERS, Rates
from hasip.cli.status import errors_in_one_line, place_of, state_dir_of
from hasip.cli.zone import state_of
from hasip.control.client import ask

REFRESH_S = 1.0


def show_top(node_file: Path | None, state_dir: Path | None, once: bool) -> None:
    """Print frames until Ctrl-C, or one with the means since the node's start."""
    with errors_in_one_line():                          # around the screen: what is printed on it goes with it
        node_dir = state_dir_of(node_file, state_dir)
        if once:
            status = ask(node_dir, "status")
            paper().print(frame(status, Rates(status)))
        else:
            with suppress(KeyboardInterrupt):
                follow(node_dir)


def follow(node_dir: Path) -> None:
    """Show a frame each second, with what happened since the one before."""
    status, looked_s = ask(node_dir, "status"), time.monotonic()
    with Live(frame(status, Rates(status)), screen=True, auto_refresh=False) as live:
        live.refresh()
        while True:
            time.sleep(REFRESH_S)
            before, before_s = status, looked_s
            status, looked_s = ask(node_dir, "status"), time.monotonic()
            live.update(frame(status, Rates(status, before, looked_s - before_s)), refresh=True)


def frame(status: dict[str, Any], rates: Rates) -> RenderableType:
    """Return one look at a node."""
    tables = [trunk_table(status["trunks"], rates)]
    if zones := status.get("zones"):
        tables.append(zone_table(zones, rates))
    return Group(headline(status, rates), *tables, worker_table(status["workers"], rates))


def headline(status: dict[str, Any], rates: Rates) -> str:
    """Return who it is, and the sums."""
    calls = sum(trunk["calls"] for trunk in status["trunks"].values())
    return (f"[bold]{escape(status['node'])}[/] {status['version']}  up {status['uptime_s']} s  calls {calls}  attempts/s {rates.sum_of('attempts'):.1f}"
            f"  failovers/s {rates.sum_of('failovers'):.1f}" + ("  [yellow]draining[/]" if status["draining"] else ""))


def trunk_table(trunks: dict[str, Any], rates: Rates) -> Table:
    """Return trunks with a line for each leg."""
    table = Table("Trunk", "Mode", "Calls", "Leg", "Address", "Calls", "Attempts/s", "Answered/s", "Failovers/s", title="Trunks")
    for name, trunk in trunks.items():
        head = [escape(name), trunk["mode"], f"{trunk['calls']}/{trunk['limit']}"]
        for leg_name, leg in trunk["legs"].items():
            figures = [f"{rates.of('leg', name, leg_name, counter):.1f}" for counter in LEG_COUNTERS]
            table.add_row(*head, escape(leg_name), place_of(leg), str(leg["calls"]), *figures)
            head = [""] * 3
        if not trunk["legs"]:
            table.add_row(*head)
    return table


def zone_table(zones: list[dict[str, Any]], rates: Rates) -> Table:
    """Return zones; why one is not up is told beside it."""
    table = Table("Zone", "State", "Share", "Calls", "Attempts/s", "Answered/s", "Failovers/s", "Cause", title="Zones")
    for each in zones:
        figures = [f"{rates.of('zone', each['name'], counter):.1f}" for counter in LEG_COUNTERS]
        table.add_row(escape(each["name"]), state_of(each), f"{each['share_percent']} %", str(each["calls"]), *figures,
                      "" if each["state"] == "up" else escape(each["cause"]))
    return table


def worker_table(workers: list[dict[str, int]], rates: Rates) -> Table:
    """Return workers, and how busy they are."""
    table = Table("Worker", "Received/s", "Sent/s", "Transactions", "Calls", "CPU", title="Workers")
    for index, worker in enumerate(workers):
        received, sent, cpu_ns = (rates.of("worker", str(index), counter) for counter in ("received", "sent", "cpu_ns"))
        table.add_row(str(index), f"{received:.0f}", f"{sent:.0f}", str(worker["transactions"]), str(worker["calls"]), f"{cpu_ns / 1e7:.0f} %")
    return table
