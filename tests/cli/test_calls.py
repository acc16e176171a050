"""`hasip calls`: a line for each call, whatever its caller wrote."""
import io

import pytest
from rich.console import Console

from hasip.cli.status import call_table

CALL = {"trunk": "acme", "leg_name": "primary", "direction": "to trunk", "number": "7", "state": "established", "since": 1_700_000_000, "duration_s": 9, "call_id": "c"}


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b31m", "a\r\nb", "\x00", "[/]", "[bold red]", "\\"])
def test_what_a_caller_wrote_steers_no_terminal_and_is_no_markup(text: str) -> None:
    console = Console(file=io.StringIO(), width=300)
    console.print(call_table([{**CALL, "number": text, "call_id": f"{text}@here"}]))
    lines = console.file.getvalue().split("\n")                 # type: ignore[attr-defined]
    assert len(lines) == 7 and all(line.isprintable() for line in lines)
    assert text not in ("[/]", "[bold red]", "\\") or f"{text}@here" in lines[4]
