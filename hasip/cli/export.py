"""`hasip export`: what the store has, as a trunks file."""
from pathlib import Path

import typer

from hasip.cli.store import with_store
from hasip.config.trunks_writer import trunks_file_lines
from hasip.domain.node import Node
from hasip.store import Store, World, all_readable


def export_store(node_file: Path) -> None:
    """Print the trunks file whose apply changes nothing."""
    async def work(_node: Node, store: Store) -> World:
        world = await store.load()
        all_readable(world.provisioning)            # a file without one, applied, would remove it
        return world

    for piece in trunks_file_lines(with_store(node_file, work).provisioning):
        typer.echo(piece, nl=False)
