"""What tells two provisionings apart: per core and trunk, field by field, in the words of the trunks file. Secrets are hidden."""
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from hasip.config.problems import SECRETS
from hasip.config.trunks_writer import FileTable, core_table, trunk_table
from hasip.domain.trunk import Core, Provisioning, Trunk

Peer = TypeVar("Peer", Core, Trunk)
TableName = Literal["core", "trunk"]

NONE, HIDDEN, UNREADABLE, ANEW = "(none)", "(hidden)", "(unreadable)", "(written anew)"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that is another now, as text."""

    place: str              # primary.address
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """One core or trunk that came, went, or is another now."""

    kind: Literal["added", "changed", "removed"]
    table: TableName
    name: str
    fields: tuple[FieldChange, ...] = ()        # of what was changed


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes: cores before trunks, by name."""

    changes: tuple[Change, ...]

    def names(self, table: TableName, kind: Literal["added", "changed", "removed"]) -> list[str]:
        """Return the names of what was added, changed or removed."""
        return [change.name for change in self.changes if change.table == table and change.kind == kind]

    def count(self, kind: Literal["added", "changed", "removed"]) -> int:
        """Return how many were added, changed or removed."""
        return sum(change.kind == kind for change in self.changes)


def difference(old: Provisioning, new: Provisioning) -> Difference:
    """Return what makes `old` into `new`. The order of cores and trunks is no difference; what can't be read is written anew, or removed."""
    return Difference((*changes("core", old, old.cores, new.cores, core_table), *changes("trunk", old, old.trunks, new.trunks, trunk_table)))


def changes(table: TableName, whole: Provisioning, old: Sequence[Peer], new: Sequence[Peer], table_of: Callable[[Peer], FileTable]) -> Iterator[Change]:
    """Yield what changed among cores, or among trunks."""
    before, after = {peer.name: peer for peer in old}, {peer.name: peer for peer in new}
    unreadable = {fault.name: fault.place for fault in whole.unreadable if fault.table == table}
    for name in sorted(before.keys() | after.keys() | unreadable.keys()):
        if name in unreadable and name in after:
            yield Change("changed", table, name, (FieldChange(unreadable[name], UNREADABLE, ANEW),))
        elif name not in before and name not in unreadable:
            yield Change("added", table, name)
        elif name not in after:
            yield Change("removed", table, name)
        elif before[name] != after[name]:
            yield Change("changed", table, name, tuple(field_changes("", table_of(before[name]), table_of(after[name]))))


def field_changes(place: str, old: Any, new: Any) -> Iterator[FieldChange]:
    """Yield the values that differ, however deep. Of a list of values only those that went and those that came."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            yield from field_changes(f"{place}.{key}" if place else key, old[key], new[key])
    elif is_list_of_tables(old) and is_list_of_tables(new) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from field_changes(f"{place}[{index}]", one, other)
    elif is_list_of_values(old) and is_list_of_values(new) and set(old) != set(new):
        before, after = set(old), set(new)
        yield FieldChange(place, shown([value for value in old if value not in after]), shown([value for value in new if value not in before]))
    else:
        secret = place.rpartition(".")[2] in SECRETS
        yield FieldChange(place, *((HIDDEN if value else NONE) if secret else shown(value) for value in (old, new)))


def is_list_of_tables(value: Any) -> bool:
    """True for what TOML calls an array of tables."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def is_list_of_values(value: Any) -> bool:
    """True for a list of texts or numbers, also for one of nothing."""
    return isinstance(value, list) and not is_list_of_tables(value)


def shown(value: Any) -> str:
    """Return a value as text, its secrets hidden."""
    return NONE if value is None or value == [] else json.dumps(without_secrets(value), ensure_ascii=False)


def without_secrets(value: Any) -> Any:
    """Return a value with what is secret in it hidden, however deep."""
    if isinstance(value, dict):
        return {key: (HIDDEN if each else "") if key in SECRETS else without_secrets(each) for key, each in value.items()}
    return [without_secrets(each) for each in value] if isinstance(value, list) else value
