"""`hasip import`: another router's tables become a trunks file."""
from pathlib import Path
from typing import Annotated

import typer

from hasip.cli.wording import counted
from hasip.domain.trunk import Network

importing = typer.Typer(help="Turn another router's tables into a trunks file.", no_args_is_help=True)


@importing.callback()
def group() -> None:
    """Turn another router's tables into a trunks file."""


@importing.command()
def kamailio(
    dispatcher: Annotated[Path, typer.Argument(metavar="DISPATCHER.list", help="The dispatcher module's list_file.")],
    address: Annotated[Path | None, typer.Argument(metavar="ADDRESS.list", help="The permissions module's address_file.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="TRUNKS.toml", help="Where to write; it must not be there yet. Else: standard output.")] = None,
    calls: Annotated[int | None, typer.Option(min=0, max=4_000_000, help="The call limit of trunks whose destinations have no maxload.")] = None,
    core_allow: Annotated[list[str] | None, typer.Option(metavar="NETWORK", help="Where calls of the core come from; may be repeated.")] = None,
    core_set: Annotated[int | None, typer.Option(metavar="SET", help="This set is the carrier's: it becomes the core.")] = None,
    group: Annotated[list[str] | None, typer.Option(metavar="GROUP=SET", help="Whose an address group is, if not that of the set with its number.")] = None,
) -> None:
    """Turn dispatcher sets into trunks, and allowed addresses into whitelists. Lines that were left out are named; then the exit code is 1."""
    from hasip.config.kamailio import LineError, Wishes, import_tables

    wishes = Wishes(calls, networks(core_allow or []), core_set, group_sets(group or []))
    try:
        imported = import_tables(dispatcher, address, wishes)
        if output is None:
            typer.echo(imported.text, nl=False)
        else:
            with output.open("x", encoding="utf-8") as file:
                file.write(imported.text)
    except FileExistsError:
        typer.echo(f"{output} is there already: name another file, or remove it", err=True)
        raise typer.Exit(1) from None
    except (LineError, OSError) as error:
        typer.echo(f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error), err=True)
        raise typer.Exit(1) from None
    for remark in imported.remarks:
        typer.echo(str(remark), err=True)
    left_out = sum(remark.is_left_out for remark in imported.remarks)
    typer.echo(f"{counted(imported.trunks_count, 'trunk')}, {counted(left_out, 'line')} left out", err=True)
    raise typer.Exit(1 if left_out else 0)


def networks(texts: list[str]) -> tuple[Network, ...]:
    """Return networks of an option. Errors: BadParameter."""
    from hasip.config.values import read_network

    try:
        return tuple(map(read_network, texts))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--core-allow") from None


def group_sets(texts: list[str]) -> dict[int, int]:
    """Return address groups with their sets. Errors: BadParameter."""
    try:
        return {int(group): int(set_id) for group, set_id in (text.split("=") for text in texts)}
    except ValueError:
        raise typer.BadParameter("write 7=1 for: group 7 is that of set 1", param_hint="--group") from None
