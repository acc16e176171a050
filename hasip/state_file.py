"""Small files of the state directory, as JSON: written whole or not at all; one that can't be read is put aside, for a node has to start."""
import json
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger("hasip", area="node")


def read_state(file: Path) -> list[Any]:
    """Return the list a file holds; an empty one without a file, or when it holds something else."""
    try:
        content = json.loads(file.read_text())
        if isinstance(content, list):
            return content
    except FileNotFoundError:
        return []
    except ValueError:
        pass
    aside = file.with_suffix(".bad")
    file.replace(aside)
    log.error("not readable, and put aside: begun anew", file=str(file), aside=str(aside))
    return []


def write_state(file: Path, content: list[Any]) -> None:
    """Write a list. Errors: OSError; the file is as it was then."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(content, indent=1) + "\n")
    fresh.replace(file)
