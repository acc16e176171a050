"""Where tables are printed: a terminal has a width, a file or a pipe has none."""
import os
import sys

from rich.console import Console

WIDE = 1000                     # characters: more than any table of ours needs


def paper() -> Console:
    """Return what to print to: as wide as the terminal, or as COLUMNS says; elsewhere no column is cut."""
    return Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE)
