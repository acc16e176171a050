"""Records of callers who write what a terminal obeys, a spreadsheet computes, or a reader takes for another line."""
import csv
import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from hasip.cli.records import record_table
from hasip.domain.record import CallRecord
from hasip.records.explain import explain
from hasip.records.export import csv_line, json_line
from tests.records.samples import PRIMARY, moved

HOSTILE = ["\x1b]0;owned\x07", "\x9b2J", "7\r\nAt 00:00 the caller paid", "\x00", "\u202e7654321", "[bold]", "[/]", "\\", "=HYPERLINK(1)", "\u2028", "\ufffd"]


def record_with(text: str) -> CallRecord:
    return moved(call_id=f"{text}@cases", caller=text, number=text, attempts=(replace(PRIMARY, leg=f"leg{text}"),))


def is_harmless(shown: str) -> bool:
    return all(line.isprintable() for line in shown.split("\n"))


@pytest.mark.parametrize("text", HOSTILE)
def test_the_story_is_one_printable_line_a_sentence(text: str) -> None:
    plain = explain(record_with("7"))
    told = explain(record_with(text))
    assert len(told) == len(plain) and all(sentence.isprintable() for sentence in told)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_of_csv_is_one_printable_line(text: str) -> None:
    line = csv_line(record_with(text))
    (row,) = csv.reader(io.StringIO(line))
    assert line.count("\n") == 1 and is_harmless(line) and not any(field.startswith(("=", "@")) for field in row)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_of_json_is_printable_and_says_what_was_sent(text: str) -> None:
    line = json_line(record_with(text))
    assert line.count("\n") == 1 and is_harmless(line) and json.loads(line)["number"] == text


@pytest.mark.parametrize("text", HOSTILE)
def test_the_table_is_printable(text: str) -> None:
    console = Console(file=io.StringIO(), width=400, force_terminal=False)
    console.print(record_table((record_with(text),)))
    shown = console.file.getvalue()                 # type: ignore[attr-defined]
    assert is_harmless(shown) and shown.count("\n") == 5
