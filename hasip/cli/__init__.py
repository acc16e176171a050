"""The hasip command. Heavy modules are imported by the commands that need them, so that --help is quick."""
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="hasip", help="High-availability SIP router for carrier edges.", no_args_is_help=True, add_completion=False,
                  pretty_exceptions_enable=False)

NodeOption = Annotated[Path | None, typer.Option("--node", help="The node file: tells where the node's state_dir is.")]
StoreNodeOption = Annotated[Path, typer.Option("--node", "-n", metavar="NODE.toml", help="The node file: tells where the store is.")]
StateDirOption = Annotated[Path | None, typer.Option("--state-dir", help="The node's state_dir.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def run(
    node_file: Annotated[Path, typer.Argument(metavar="NODE.toml", help="What this machine is.")],
    apply: Annotated[Path | None, typer.Option("--apply", metavar="TRUNKS.toml", help="Apply this file to the store first, and at every reload.")] = None,
) -> None:
    """Run a node by what its store has. SIGHUP reloads, SIGTERM drains and stops."""
    from hasip.cli.run import run_node

    run_node(node_file, apply)


@app.command()
def apply(
    trunks_file: Annotated[Path, typer.Argument(metavar="TRUNKS.toml", help="Who calls, who is called.")],
    node: StoreNodeOption,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Make the store look like a trunks file, after showing the difference. Running nodes follow at once."""
    from hasip.cli.apply import apply_file

    apply_file(trunks_file, node, yes)


@app.command()
def export(node: StoreNodeOption) -> None:
    """Print what the store has as a trunks file, with hashes for passwords."""
    from hasip.cli.export import export_store

    export_store(node)


@app.command()
def check(files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Node and trunks files.")]) -> None:
    """Check node and trunks files, and print every error."""
    from hasip.cli.check import check as check_files

    check_files(files)


@app.command()
def status(node: NodeOption = None, state_dir: StateDirOption = None, as_json: JsonOption = False) -> None:
    """Show trunks, legs, workers and reasons of a running node."""
    from hasip.cli.status import show_status

    show_status(node, state_dir, as_json)


@app.command()
def calls(node: NodeOption = None, state_dir: StateDirOption = None, as_json: JsonOption = False) -> None:
    """Show who holds each slot, since when, on which leg."""
    from hasip.cli.status import show_calls

    show_calls(node, state_dir, as_json)


@app.command()
def records(
    node: StoreNodeOption,
    trunk: Annotated[list[str] | None, typer.Option("--trunk", help="Of this trunk; may be said again.")] = None,
    since: Annotated[str, typer.Option("--since", help="A moment (2026-01-31T12:00), or so long ago (15m, 2h, 7d).")] = "",
    until: Annotated[str, typer.Option("--until", help="The same.")] = "",
    number: Annotated[str, typer.Option("--number", help="Dialled, or calling.")] = "",
    failovers: Annotated[bool, typer.Option("--failovers", help="Only calls that went on to another target.")] = False,
    output: Annotated[str, typer.Option("--format", help="table, csv or jsonl.")] = "table",
    limit: Annotated[int, typer.Option("--limit", min=0, help="So many at the most; 0: 50 in a table, else all.")] = 0,
    retry_refused: Annotated[bool, typer.Option("--retry-refused", help="Show none: write those that the store refused once more.")] = False,
) -> None:
    """Show calls that have ended, the newest first."""
    from datetime import UTC, datetime

    from hasip.cli.records import Form, moment_ms, retry, show_records
    from hasip.domain.record import RecordQuery

    if retry_refused:
        retry(node)
        return
    if output not in list(Form):
        raise typer.BadParameter(f"{output!r} is none of {', '.join(Form)}", param_hint="--format")
    now = datetime.now(UTC)
    query = RecordQuery(trunks=tuple(trunk) if trunk else None, since_ms=moment_ms(since, now), until_ms=moment_ms(until, now),
                        number=number, moved_only=failovers)
    show_records(node, query, Form(output), limit)


@app.command()
def explain(call_id: Annotated[str, typer.Argument(metavar="CALL-ID")], node: StoreNodeOption, as_json: JsonOption = False) -> None:
    """Tell in sentences why a call went where it went."""
    from hasip.cli.records import show_story

    show_story(node, call_id, as_json)


@app.command()
def trace(
    node: NodeOption = None,
    state_dir: StateDirOption = None,
    trunk: Annotated[str, typer.Option("--trunk", metavar="NAME", help="Of this trunk.")] = "",
    number: Annotated[str, typer.Option("--number", metavar="N", help="To or from this number.")] = "",
    call_id: Annotated[str, typer.Option("--call-id", metavar="ID", help="Of this call.")] = "",
    full: Annotated[bool, typer.Option("--full", help="Show whole messages, and whole numbers.")] = False,
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=3600, help="How long.")] = 60,
    as_json: JsonOption = False,
) -> None:
    """Draw the calls of a running node as ladders, message by message."""
    from hasip.cli.trace import show_trace

    show_trace(node, state_dir, {"trunk": trunk, "number": number, "call_id": call_id, "is_full": full, "seconds": seconds}, as_json)


@app.command()
def top(
    node: NodeOption = None,
    state_dir: StateDirOption = None,
    once: Annotated[bool, typer.Option("--once", help="Print one frame, with the means since the node's start.")] = False,
) -> None:
    """Watch a running node: trunks, zones and workers, each second. Ctrl-C ends it."""
    from hasip.cli.top import show_top

    show_top(node, state_dir, once)


@app.command()
def reload(node: NodeOption = None, state_dir: StateDirOption = None) -> None:
    """Let a running node read its files, certificates and the store again."""
    from hasip.cli.status import ask_node
    from hasip.cli.wording import counted

    answer = ask_node(node, state_dir, "reload")
    typer.echo(f"reloaded: {counted(answer['trunks'], 'trunk')}")
    for field in answer["needs_restart"]:
        typer.echo(f"needs a restart: {field}")


@app.command()
def drain(node: NodeOption = None, state_dir: StateDirOption = None) -> None:
    """Let a running node take no new calls and stop after its last; asked again, it stops at once."""
    from hasip.cli.status import ask_node
    from hasip.cli.wording import counted

    typer.echo(f"draining: {counted(ask_node(node, state_dir, 'drain')['calls'], 'call')} left")


def main() -> None:
    """Run the command line."""
    from hasip.cli.bench import bench
    from hasip.cli.importing import importing
    from hasip.cli.user import user
    from hasip.cli.zone import zone

    app.add_typer(bench, name="bench")
    app.add_typer(importing, name="import")
    app.add_typer(user, name="user")
    app.add_typer(zone, name="zone")
    app()
