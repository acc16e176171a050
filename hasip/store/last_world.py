"""The last world a node knew, in a file of its state_dir: what it starts from while the store is away.

One JSON value a line: a head, then each core and each trunk as the rows it has in the store. Replaced whole; mode 0600, as it has hashes.
"""
import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Table

from hasip.store.assembly import Assembly
from hasip.store.migrations import REVISION
from hasip.store.read import World
from hasip.store.rows import Values, rows_of_core, rows_of_trunk

FILE_NAME = "last-world"


def write_last_world(state_dir: Path, world: World) -> None:
    """Keep a world. A node that is killed meanwhile leaves the one before. Errors: OSError."""
    new = state_dir / f"{FILE_NAME}.new"
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        for line in lines_of(world):
            file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(state_dir / FILE_NAME)


def lines_of(world: World) -> Iterator[str]:
    """Yield the file's lines."""
    yield json.dumps({"revision": REVISION, "generation": world.generation, "realm": world.realm,
                      "changed_at": world.changed_at and world.changed_at.isoformat()})
    for core in world.provisioning.cores:
        yield line_of(rows_of_core(core))
    for trunk in world.provisioning.trunks:
        yield line_of(rows_of_trunk(trunk))


def line_of(rows: Iterable[tuple[Table, Values]]) -> str:
    """Return the rows of a core or a trunk by table."""
    by_table: dict[str, list[Values]] = {}
    for table, values in rows:
        by_table.setdefault(table.name, []).append(values)
    return json.dumps(by_table)


def read_last_world(state_dir: Path) -> World | None:
    """Return the world that was kept; None where there is none, or none that this version understands. Errors: OSError."""
    try:
        with (state_dir / FILE_NAME).open(encoding="utf-8") as file:
            head = json.loads(file.readline())
            if head["revision"] != REVISION:
                return None
            assembly = Assembly()
            for line in file:
                rows = json.loads(line)
                for table in Assembly.READ_ORDER:
                    assembly.take(table.name, rows.get(table.name, ()))
            changed_at = head["changed_at"] and datetime.fromisoformat(head["changed_at"])
            return World(head["generation"], head["realm"], assembly.provisioning(), changed_at)
    except (FileNotFoundError, ValueError, KeyError, TypeError, IndexError):
        return None
