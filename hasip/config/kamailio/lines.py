"""The lines of Kamailio's list files: fields between blanks, # begins a comment, quotes hold blanks together.

Source: ds_load_list in Kamailio's modules/dispatcher/dispatch.c, reload_address_file_table in modules/permissions/address.c. Those stop at the first bad
line; here every line is told of.
"""
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hasip.config.values import read_text

FIELD = re.compile(r'(?:"[^"]*"|[^ \t\r#])+')
COMMENT_OR_FIELD = re.compile(rf"#|{FIELD.pattern}")
NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Remark:
    """What became of one line, where that is not all it said."""

    file: Path
    line: int
    sentence: str
    is_left_out: bool = True        # False: the line was taken, but not all that stands in it

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'' if self.is_left_out else 'note: '}{self.sentence}"


class LineError(ValueError):
    """A line that can't be turned, and why."""


def read_lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield number and fields of every line that holds something. Errors: OSError."""
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").split("\n"), 1):
        fields = fields_of(line)
        if fields:
            yield number, fields


def fields_of(line: str) -> list[str]:
    """Return a line's fields, up to its comment."""
    fields = []
    for match in COMMENT_OR_FIELD.finditer(line):
        if match[0] == "#":
            break
        fields.append(match[0])
    return fields


def check_characters(fields: Iterable[str]) -> None:
    """Errors: LineError for a character that a trunks file can't have."""
    for field in fields:
        try:
            read_text(field)
        except ValueError as error:
            raise LineError(str(error)) from None


def read_number(text: str, what: str) -> int:
    """Return a number as the files write it. Errors: LineError."""
    if not NUMBER.fullmatch(text):
        raise LineError(f'"{text}" is no {what}: a number of at most nine digits is wanted')
    return int(text)
