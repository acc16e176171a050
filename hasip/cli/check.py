"""`hasip check`: every error of every file."""
from pathlib import Path

import typer

from hasip.cli.wording import counted
from hasip.config import ConfigError, load_node, load_provisioning
from hasip.config.document import read_document
from hasip.config.trunks_file import is_trunks_document


def check(files: list[Path]) -> None:
    """Check files, print what is wrong on stderr and what is well on stdout; exit code 1 if anything is wrong."""
    results = [check_file(file) for file in files]      # all of them, also behind a bad one
    raise typer.Exit(0 if all(results) else 1)


def check_file(file: Path) -> bool:
    """Check one file; a node file and a trunks file are told apart by what is in them."""
    try:
        if is_trunks_document(read_document(file)):
            check_trunks(file)
        else:
            check_node(file)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        return False
    return True


def check_node(file: Path) -> None:
    """Say what a good node file holds. Errors: ConfigError."""
    node = load_node(file)
    typer.echo(f"{file}: ok: node {node.name}, {counted(len(node.listeners), 'listener')}, {counted(node.workers, 'worker')}")
    tell_not_served(node.not_served)


def check_trunks(file: Path) -> None:
    """Say what a good trunks file holds. Errors: ConfigError."""
    provisioning = load_provisioning(file)
    numbers = sum(len(trunk.numbers) for trunk in provisioning.trunks)
    typer.echo(f"{file}: ok: {counted(len(provisioning.trunks), 'trunk')}, {counted(len(provisioning.cores), 'core')}, {counted(numbers, 'number')}")
    for line in provisioning.warnings:
        typer.echo(f"warning: {line}")


def tell_not_served(lines: tuple[str, ...]) -> None:
    """Name what this version does not do yet."""
    for line in lines:
        typer.echo(f"not served yet: {line}")
