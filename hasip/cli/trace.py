"""`hasip trace`: the messages of calls, as they come."""
import json
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from hasip.cli.ladder import Ladder
from hasip.cli.status import errors_in_one_line, state_dir_of
from hasip.cli.wording import counted
from hasip.control.client import follow
from hasip.printable import printable


def show_trace(node: Path | None, state_dir: Path | None, wish: dict[str, Any], as_json: bool) -> None:
    """Draw what a node sees until its time is over, or Ctrl-C."""
    console = Console(highlight=False, soft_wrap=True)
    ladder = Ladder()
    with errors_in_one_line():
        try:
            for item in follow(state_dir_of(node, state_dir), "trace", wish):
                show(console, ladder, item, as_json, wish["is_full"])
        except KeyboardInterrupt:
            pass


def show(console: Console, ladder: Ladder, item: dict[str, Any], as_json: bool, is_full: bool) -> None:
    """Print one item: a message, that the node looks now, or what it left out."""
    if as_json:
        typer.echo(json.dumps(item))
    elif "call_id" in item:
        for line in ladder.lines(item):
            console.print(line)
        if is_full:
            console.print(message_text(item["message"]), style="dim", markup=False)
    elif item.get("left_out"):
        typer.echo(f"{counted(item['left_out'], 'message')} came too fast and were left out: name a trunk, a number or a Call-ID", err=True)
    elif item.get("is_ready"):
        typer.echo("looking; Ctrl-C ends it", err=True)


def message_text(message: str) -> str:
    """Return a message line by line, as a terminal may print it, to the right of all ladders."""
    return "\n".join(f"    {printable(line)}" for line in message.replace("\r\n", "\n").removesuffix("\n").split("\n"))
