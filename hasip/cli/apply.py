"""`hasip apply`: the store becomes what a trunks file says."""
import os
import pwd
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from hasip.cli.store import with_store
from hasip.config import load_provisioning
from hasip.domain.node import Node
from hasip.domain.trunk import Provisioning
from hasip.registrar.credentials import hash_passwords
from hasip.store import Difference, Store, StoreError, difference


def apply_file(trunks_file: Path, node_file: Path, is_sure: bool) -> None:
    """Show the difference, ask, and apply. Exit code 0: the store is as the file says; 1: it is not."""
    async def work(node: Node, store: Store) -> None:
        wanted = hash_passwords(load_provisioning(trunks_file), node.registrar)
        if len(wanted.trunks) >= node.trunk_capacity:
            raise StoreError(f"{trunks_file}: {len(wanted.trunks)} trunks: trunk_capacity in {node_file} has room for {node.trunk_capacity - 1}")
        shown_generation = None if is_sure else await ask(store, wanted)
        applied = await store.apply(wanted, realm=node.registrar.realm, who=f"{user_name()} (hasip apply)", shown_generation=shown_generation)
        if is_sure:
            tell(applied.difference, wanted)
        if applied.difference.changes:
            typer.echo(f"applied: generation {applied.generation}")

    with_store(node_file, work)


async def ask(store: Store, wanted: Provisioning) -> int:
    """Show what is going to change; return the generation of the store that it is seen from. Errors: StoreError for a no, and where nobody can be asked."""
    world = await store.load()
    found = difference(world.provisioning, wanted)
    tell(found, wanted)
    if found.changes:
        confirm()
    return world.generation


def tell(found: Difference, wanted: Provisioning) -> None:
    """Print what changes, and what is allowed but perhaps not meant."""
    for line in difference_lines(found):
        typer.echo(line)
    for line in wanted.warnings:
        typer.echo(f"warning: {line}")
    typer.echo("nothing to change" if not found.changes else ", ".join(f"{found.count(kind)} {kind}" for kind in ("added", "changed", "removed")))


def difference_lines(found: Difference) -> Iterator[str]:
    """Yield a line for each core and trunk, and below it one for each of its fields that changes."""
    for change in found.changes:
        yield f'{change.kind:8} {change.table} "{change.name}"'
        for field in change.fields:
            yield f"           {field.place}: {field.old} → {field.new}"


def confirm() -> None:
    """Ask. Errors: StoreError for a no, and where nobody can be asked."""
    if not sys.stdin.isatty():
        raise StoreError("not applied: nobody is there to be asked: say --yes")
    if not typer.confirm("apply?"):
        raise StoreError("not applied")


def user_name() -> str:
    """Return who types: behind sudo, who called it."""
    if name := os.environ.get("SUDO_USER"):
        return name
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:                # a container's user may have no name
        return str(os.getuid())
