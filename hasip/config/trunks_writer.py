"""From domain data back to the trunks file: what load_provisioning reads, this writes."""
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Any

import tomli_w
from pydantic import BaseModel

from hasip.config.trunks_file import AccountTable, CoreTable, RegionTable, TargetTable, TrunkTable, ZoneTable
from hasip.domain.trunk import FAILOVER_CODES, Account, Core, Network, Provisioning, Region, Target, Trunk, Zone

FileTable = dict[str, Any]

INNER_TABLES: dict[str, type[BaseModel]] = {
    "target": TargetTable, "region": RegionTable, "zone": ZoneTable, "primary": AccountTable, "secondary": AccountTable}


def trunks_file_lines(provisioning: Provisioning) -> Iterator[str]:
    """Yield a trunks file in pieces, a table each; defaults are left out."""
    for core in provisioning.cores:
        yield table_text("[[core]]", "core", without_defaults(core_table(core), CoreTable))
    for trunk in provisioning.trunks:
        yield table_text("[[trunk]]", "trunk", without_defaults(trunk_table(trunk), TrunkTable))


def table_text(head: str, path: str, table: FileTable) -> str:
    """Return a table's text, and below it those of the tables in it. Every key is a bare one."""
    inner = {key: value for key, value in table.items() if is_table(value)}
    text = f"{head}\n{tomli_w.dumps({key: value for key, value in table.items() if key not in inner})}\n"
    for key, value in inner.items():
        if isinstance(value, dict):
            text += table_text(f"[{path}.{key}]", f"{path}.{key}", value)
        else:
            text += "".join(table_text(f"[[{path}.{key}]]", f"{path}.{key}", each) for each in value)
    return text


def is_table(value: Any) -> bool:
    """True for a table, and for a list of tables."""
    return isinstance(value, dict) or isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def without_defaults(table: FileTable, model: type[BaseModel]) -> FileTable:
    """Return a table without what the loader would put there by itself."""
    defaults = defaults_of(model)
    kept = {name: value for name, value in table.items() if name not in defaults or value != defaults[name]}
    return {name: inner_without_defaults(value, INNER_TABLES[name]) if name in INNER_TABLES else value for name, value in kept.items()}


@cache
def defaults_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return what the loader puts where a key is left out."""
    return {name: field.get_default() for name, field in model.model_fields.items() if not field.is_required()}


def inner_without_defaults(value: Any, model: type[BaseModel]) -> Any:
    """Return a table, or a list of them, without defaults."""
    return [without_defaults(table, model) for table in value] if isinstance(value, list) else without_defaults(value, model)


def core_table(core: Core) -> FileTable:
    """Return [[core]] with every key."""
    return table_of(core, CoreTable, target=[target_table(target) for target in core.targets], region=[region_table(region) for region in core.regions])


def trunk_table(trunk: Trunk) -> FileTable:
    """Return [[trunk]] with every key."""
    return table_of(
        trunk, TrunkTable, primary=trunk.primary and account_table(trunk.primary), secondary=trunk.secondary and account_table(trunk.secondary),
        region=[region_table(region) for region in trunk.regions],
        failover_codes=None if trunk.failover_codes == FAILOVER_CODES else sorted(trunk.failover_codes))


def account_table(account: Account) -> FileTable:
    """Return [trunk.primary] or [trunk.secondary] with every key. The password is gone; its hashes stand for it."""
    target = account.target
    return table_of(account, AccountTable, password="", address=target and target.text, large_by_tcp=target is not None and target.large_by_tcp)


def region_table(region: Region) -> FileTable:
    """Return a region of a trunk or core with every key."""
    return table_of(region, RegionTable, zone=[zone_table(zone) for zone in region.zones])


def zone_table(zone: Zone) -> FileTable:
    """Return one zone of a region with every key."""
    return table_of(zone, ZoneTable, address=zone.target.text, transport=zone.target.transport, source=None if zone.source is None else str(zone.source))


def target_table(target: Target) -> FileTable:
    """Return one target of a core with every key."""
    return table_of(target, TargetTable, address=target.text)


def table_of(part: Any, model: type[BaseModel], **others: Any) -> FileTable:
    """Return the keys of the model, from `others`, or from the part's field of that name."""
    return {name: others[name] if name in others else plain(getattr(part, name)) for name in keys_of(model)}


@cache
def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return a table's keys."""
    return tuple(model.model_fields)


def plain(value: Any) -> Any:
    """Return a field as TOML has it."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(value)
    return [str(each) if isinstance(each, Network) else each for each in value] if isinstance(value, tuple) else value
