"""`hasip run`."""
from pathlib import Path

import typer


def run_node(node_file: Path, trunks_file: Path | None) -> None:
    """Run a node; what keeps it from starting is said in one line each."""
    from hasip.app import run
    from hasip.config import ConfigError
    from hasip.control.server import AlreadyRunning
    from hasip.domain.node import Log
    from hasip.logs import set_up_logs
    from hasip.store import StoreError
    from hasip.transport import CredentialsError

    set_up_logs(Log())                  # until the node file says how
    try:
        run(node_file, trunks_file)
    except (ConfigError, CredentialsError, StoreError, OSError, ValueError, KeyError, AlreadyRunning) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
