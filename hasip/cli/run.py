"""`hasip run`."""
import logging
import sys
from pathlib import Path

import structlog
import typer

from hasip.cli.log_writer import LogWriter


def run_node(node_file: Path, trunks_file: Path | None) -> None:
    """Run a node; what keeps it from starting is said in one line each."""
    from hasip.app import run
    from hasip.config import ConfigError
    from hasip.control.server import AlreadyRunning
    from hasip.store import StoreError
    from hasip.transport import CredentialsError

    try:
        with LogWriter(sys.stderr) as log:
            set_up_logs(log)
            run(node_file, trunks_file)
    except (ConfigError, CredentialsError, StoreError, OSError, ValueError, KeyError, AlreadyRunning) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def set_up_logs(log: LogWriter) -> None:
    """Log to stderr: for people on a terminal, one JSON object a line elsewhere."""
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=log))      # type: ignore[arg-type]      # which writes and flushes, and no more
