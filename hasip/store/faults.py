"""Values in rows that no hasip writes: each is found with its field, so that only the core or trunk it belongs to can't be used."""
from collections.abc import Sequence
from types import NoneType
from typing import Any, NoReturn

from sqlalchemy import Table

from hasip.config.problems import shown
from hasip.config.values import is_host_name
from hasip.domain.trunk import address_in

KINDS = {int: "a whole number", str: "a text", bool: "true or false"}
FILE_KEYS = {"host": "address", "port": "address", "number": "numbers"}          # where the trunks file has another word than the column


class BadValue(Exception):
    """A column holds what can't be; `key` is its word in the trunks file."""

    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = FILE_KEYS.get(column, column)


class ColumnKinds:
    """The types that values of a table's rows have. A database may keep others: SQLite does not look, and people have editors."""

    def __init__(self, table: Table) -> None:
        self._allowed = [(column.name, (column.type.python_type, *((NoneType,) if column.nullable else ()))) for column in table.columns]
        self._good: set[tuple[type, ...]] = set()          # few different ones, for all rows

    def check(self, row: Sequence[Any]) -> None:
        """Errors: BadValue for the first that is of another type."""
        kinds = tuple(map(type, row))
        if kinds in self._good:
            return
        for (column, allowed), value in zip(self._allowed, row, strict=True):
            if type(value) not in allowed:
                raise BadValue(column, f"{shown(column, value)} is not {KINDS[allowed[0]]}")
        self._good.add(kinds)


def host_of(text: str) -> str:
    """Return a host: an address, a name, or nothing. Errors: ValueError."""
    if text and address_in(text) is None and not is_host_name(text):
        raise ValueError(f"{text!r} is neither an address nor a name: write 192.0.2.1, 2001:db8::1 or sip.example.com")
    return text


class Choices(dict[str | None, Any]):
    """What each of some words means; None may be one of them. Errors of a look-up: ValueError, which says what may be chosen."""

    def __missing__(self, word: object) -> NoReturn:
        raise ValueError(f"{word!r} is none of {', '.join(filter(None, self))}")
