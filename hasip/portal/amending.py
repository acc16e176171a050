"""A trunk or core made another by what somebody sends: merged, parsed, and with the secrets it had."""
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hasip.config.problems import SECRETS, place_of, sentence_of
from hasip.config.trunks_file import KNOWN_KEYS
from hasip.config.trunks_writer import trunk_table
from hasip.domain.trunk import Account, Trunk
from hasip.portal.refusals import NotFit

Model = TypeVar("Model", bound=BaseModel)
Problem = tuple[str, str]


def merged(trunk: Trunk, change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trunk's table, without secrets, with a change merged in. (RFC 7396) Errors: NotFit for what no stack is deep enough for."""
    try:
        table: dict[str, Any] = merge(without_secrets(trunk_table(trunk)), change)
    except RecursionError:
        raise NotFit([("", "is nested too deep")]) from None
    return table


def merge(target: Any, patch: Any) -> Any:
    """Return `target` as a merge patch makes it: null removes, objects are merged, all else replaces. (RFC 7396 §2)"""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def parsed(model: type[Model], table: Mapping[str, Any]) -> Model:
    """Return a table that was sent as its model. Errors: NotFit, with every place."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise NotFit([(place_of(entry["loc"], dict(table)), sentence_of(entry, KNOWN_KEYS)) for entry in error.errors(include_url=False)]) from None


def without_secrets(value: Any) -> Any:
    """Return a table whose secrets are empty, however deep."""
    if isinstance(value, dict):
        return {key: "" if key in SECRETS else without_secrets(each) for key, each in value.items()}
    return [without_secrets(each) for each in value] if isinstance(value, list) else value


def kept_secrets(old: Trunk | None, new: Trunk) -> tuple[Trunk, list[Problem]]:
    """Return the new trunk with the hashes the old one had, where nothing else was sent; and what does not go so."""
    problems: list[Problem] = []
    primary = kept(old.primary if old else None, new.primary, problems)
    secondary = kept(old.secondary if old else None, new.secondary, problems)
    return replace(new, primary=primary, secondary=secondary), problems


def kept(old: Account | None, new: Account | None, problems: list[Problem]) -> Account | None:
    """Return an account with the hashes it had. They were made with the username, so another one needs its password."""
    if new is None or old is None or new.authentication != "digest" or new.password or new.ha1_md5 or new.ha1_sha256:
        return new
    if old.authentication != "digest":
        return new                              # the rules say what is missing
    if old.username != new.username:
        problems.append((f"{new.name}.password", "is missing: the one there is was hashed with the old username"))
        return new
    return replace(new, ha1_md5=old.ha1_md5, ha1_sha256=old.ha1_sha256)
