"""`hasip zone`: what a running node thinks of its zones, and which of them get no new calls."""
import json
import time
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from hasip.cli import JsonOption, NodeOption, StateDirOption
from hasip.cli.paper import paper
from hasip.cli.status import ask_node
from hasip.cli.wording import counted

ZoneArgument = Annotated[str, typer.Argument(metavar="NAME", help="As `hasip zone list` names it: globex/sg-a, core:pstn/a.")]

COLOURS = {"up": "green", "suspect": "yellow", "down": "red", "recovering": "cyan"}

zone = typer.Typer(help="See and drain the zones of a running node.", no_args_is_help=True)


@zone.command("list")
def list_zones(node: NodeOption = None, state_dir: StateDirOption = None, as_json: JsonOption = False) -> None:
    """Show the zones: state and why, share, last probe, calls."""
    zones = ask_node(node, state_dir, "status").get("zones", [])
    if as_json:
        typer.echo(json.dumps(zones, indent=1))
    else:
        paper().print(zone_table(zones))


@zone.command()
def history(node: NodeOption = None, state_dir: StateDirOption = None, as_json: JsonOption = False) -> None:
    """Show what happened to the zones, the oldest first."""
    events = ask_node(node, state_dir, "zone_history")
    if as_json:
        typer.echo(json.dumps(events, indent=1))
    else:
        paper().print(history_table(events))


@zone.command()
def drain(name: ZoneArgument, node: NodeOption = None, state_dir: StateDirOption = None) -> None:
    """Let a zone have no new calls; those in progress stay, and it is probed on."""
    answer = ask_node(node, state_dir, "zone_drain", {"zone": name})
    typer.echo(f"drained: {answer['zone']}")


@zone.command()
def undrain(name: ZoneArgument, node: NodeOption = None, state_dir: StateDirOption = None) -> None:
    """Let a zone have calls again, as its state allows."""
    answer = ask_node(node, state_dir, "zone_undrain", {"zone": name})
    typer.echo(f"undrained: {answer['zone']}")


def zone_table(zones: list[dict[str, Any]]) -> Table:
    """Return zones with what is thought of them, and why."""
    table = Table("Zone", "Region", "Address", "State", "Share", "Since", "Probe", "Calls", "Attempts", "Answered", "Failovers", "Cause",
                  title=counted(len(zones), "zone"))
    for each in zones:
        figures = [str(each[key]) for key in ("calls", "attempts", "answered", "failovers")]
        table.add_row(escape(each["name"]), escape(each["region"]), address_of(each), state_of(each), f"{each['share_percent']} %",
                      time_of(each["since"]), probe_of(each["probe"]), *figures, escape(each["cause"]))
    return table


def history_table(events: list[dict[str, Any]]) -> Table:
    """Return what happened, a line for each event."""
    table = Table("At", "Zone", "Before", "After", "Cause", title=counted(len(events), "event"))
    for event in events:
        table.add_row(time_of(event["at"]), escape(event["zone"]), coloured(event["before"]), coloured(event["after"]), escape(event["cause"]))
    return table


def state_of(each: dict[str, Any]) -> str:
    """Return a zone's condition in its colour."""
    return coloured(f"{each['state']}, drained" if each["is_drained"] else each["state"])


def coloured(condition: str) -> str:
    """Return a condition ("up", "down, drained") in the colour of its state."""
    colour = COLOURS.get(condition.split(",")[0], "default")
    return f"[{colour}]{escape(condition)}[/]"


def address_of(each: dict[str, Any]) -> str:
    """Return where a zone is, and by which interface."""
    return escape(f"{each['transport']}:{each['address']}" + (f" by {each['interface']}" if each["interface"] else ""))


def probe_of(probe: dict[str, Any]) -> str:
    """Return the last probe's result."""
    if probe["at"] is None:
        return "none yet"
    if probe["status"] is None:
        return "no answer"
    return str(probe["status"]) + ("" if probe["round_trip_ms"] is None else f" in {probe['round_trip_ms']:.1f} ms")


def time_of(at: float) -> str:
    """Return a moment as people read it; with the day, when it is not today."""
    then = time.localtime(at)
    return time.strftime("%H:%M:%S" if then[:3] == time.localtime()[:3] else "%Y-%m-%d %H:%M:%S", then)
