"""`hasip status` and `hasip calls`: what a running node says, for people or as JSON."""
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from hasip.cli.paper import paper
from hasip.cli.wording import counted
from hasip.control.client import NoNode, ask, find_state_dir
from hasip.printable import printable


def show_status(node_file: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """Print a node's status."""
    status = ask_node(node_file, state_dir, "status")
    if as_json:
        typer.echo(json.dumps(status, indent=1))
    else:
        print_status(paper(), status)


def print_status(console: Console, status: Mapping[str, Any]) -> None:
    """Print a status for people. Names and addresses have brackets of their own, which are no markup."""
    console.print(f"[bold]{escape(status['node'])}[/] {status['version']}  up {status['uptime_s']} s  {escape(', '.join(status['listeners']))}"
                  + ("  [yellow]draining[/]" if status["draining"] else ""))
    for alert in status["alerts"]:
        console.print(f"[red]{escape(printable(alert['sentence']))}[/]  since {time.strftime('%H:%M:%S', time.localtime(alert['since']))}")
    console.print(trunk_table(status["trunks"]))
    if status["names"]:
        console.print(name_table(status["names"]))
    console.print(worker_table(status["workers"], max(1, status["uptime_s"])))
    console.print(reason_table(status["reasons"]))
    if status.get("records", {}).get("is_on"):
        console.print(records_line(status["records"]))
    for line in status["not_served"]:
        console.print(f"[yellow]not served yet:[/] {escape(line)}")


def records_line(records: Mapping[str, Any]) -> str:
    """Return what became of the records of calls."""
    trouble = [f"{records[key]} {words}" for key, words in (("lost", "lost"), ("refused_batches", "batches refused by the store")) if records[key]]
    waiting = f"{records['waiting_bytes']} bytes wait for the store" if records["waiting_batches"] else "none waits"
    told = f"records of calls: {records['written']} written, {waiting}"
    return told + (f", [red]{', '.join(trouble)}[/]" if trouble else "")


def show_calls(node_file: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """Print who holds each slot."""
    calls = ask_node(node_file, state_dir, "calls")
    if as_json:
        typer.echo(json.dumps(calls, indent=1))
        return
    paper().print(call_table(calls))


def call_table(calls: list[dict[str, Any]]) -> Table:
    """Return calls, a line for each; callers chose some of the words."""
    table = Table("Trunk", "Leg", "Direction", "Number", "State", "Since", "Seconds", "Call-ID", title=counted(len(calls), "call"))
    for call in calls:
        since = time.strftime("%H:%M:%S", time.localtime(call["since"]))
        told = (call["trunk"], call["leg_name"], call["direction"], call["number"], call["state"], since, str(call["duration_s"]), call["call_id"])
        table.add_row(*(Text(printable(each)) for each in told))
    return table


def ask_node(node_file: Path | None, state_dir: Path | None, question: str, arguments: Mapping[str, Any] | None = None) -> Any:
    """Return a node's answer; what goes wrong is one line and exit code 1."""
    with errors_in_one_line():
        return ask(state_dir_of(node_file, state_dir), question, arguments)


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Print what goes wrong with a node as one line, and end with exit code 1."""
    try:
        yield
    except (NoNode, RuntimeError, OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def state_dir_of(node_file: Path | None, state_dir: Path | None) -> Path:
    """Return the state directory that options name, or that of the one running node. Errors: NoNode, ConfigError."""
    if state_dir is not None:
        return state_dir
    if node_file is not None:
        from hasip.config import load_node

        return load_node(node_file).state_dir
    return find_state_dir()


def trunk_table(trunks: dict[str, Any]) -> Table:
    """Return trunks with a line for each leg."""
    table = Table("Trunk", "Mode", "Calls", "Limit", "Refused", "Leg", "Address", "Calls", "Attempts", "Answered", "Failovers", "Placed", title="Trunks")
    for name, trunk in trunks.items():
        head = [escape(name), trunk["mode"], str(trunk["calls"]), str(trunk["limit"]), str(trunk["refused"])]
        for leg_name, leg in trunk["legs"].items():
            figures = [str(leg[key]) for key in ("calls", "attempts", "answered", "failovers", "placed")]
            table.add_row(*head, escape(leg_name), place_of(leg), *figures)
            head = [""] * 5
        if not trunk["legs"]:
            table.add_row(*head, "", "", "", "", "", "", "")
    return table


def place_of(leg: Mapping[str, Any]) -> Text:
    """Return where a leg is: its address, or where it is registered, a line for each contact."""
    registered = "\n".join(f"{each['transport']}:{each['address']}{'' if each['is_reachable'] else ' (gone)'}" for each in leg["bindings"])
    return Text(leg["address"] or registered or "not registered")


def name_table(names: dict[str, Any]) -> Table:
    """Return where the names of targets lead."""
    table = Table("Name", "Leads to", "State", "Seconds left", title="Names")
    for name, entry in names.items():
        table.add_row(escape(name), Text("\n".join(entry["places"])), entry["state"], str(entry["ttl_left_s"]))
    return table


def worker_table(workers: list[dict[str, int]], uptime_s: int) -> Table:
    """Return workers with their rates since the start."""
    table = Table("Worker", "Received", "Sent", "Received/s", "Transactions", "Calls", "Handed off", "CPU s", title="Workers")
    for index, worker in enumerate(workers):
        table.add_row(str(index), str(worker["received"]), str(worker["sent"]), f"{worker['received'] / uptime_s:.0f}",
                      str(worker["transactions"]), str(worker["calls"]), str(worker["handed_off"]), f"{worker['cpu_ns'] / 1e9:.1f}")
    return table


def reason_table(reasons: dict[str, int]) -> Table:
    """Return the reasons that happened, with their sentences."""
    from hasip.bridge.counters import REASONS

    table = Table("Reason", "Count", "Meaning", title="Reasons")
    for symbol, count in reasons.items():
        if count:
            table.add_row(symbol, str(count), REASONS[symbol])
    return table
