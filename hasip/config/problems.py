"""What is wrong with a file: every error at once, each with its place and what would be right."""
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

SECRETS = frozenset({"password", "old_password", "ha1_md5", "ha1_sha256", "nonce_secret"})      # keys whose values are never shown


@dataclass(frozen=True, slots=True)
class Problem:
    """One error in one file."""

    file: Path
    place: str          # 'trunk "acme": primary.address', or empty for the file as a whole
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.sentence}" if self.place else f"{self.file}: {self.sentence}"


class ConfigError(Exception):
    """A file can't be used. Its text has one line for each problem."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def problems_of(error: ValidationError, file: Path, document: dict[str, Any], known_keys: dict[str, list[str]]) -> list[Problem]:
    """Return pydantic's errors as ours. Values are shown, but for secrets."""
    return [Problem(file, place_of(entry["loc"], document), sentence_of(entry, known_keys)) for entry in error.errors(include_url=False)]


def place_of(location: tuple[int | str, ...], document: dict[str, Any]) -> str:
    """Return where an error is, with the names of tables instead of their numbers."""
    parts: list[str] = []
    heads: list[str] = []
    node: Any = document
    for step in location:
        node = child_of(node, step)
        if isinstance(step, int):
            name = node.get("name") if isinstance(node, dict) else None
            table = ".".join(parts)
            heads.append(f'{table} "{name}"' if isinstance(name, str) else f"{table}[{step}]")
            parts = []
        else:
            parts.append(step)
    return ": ".join([*heads, ".".join(parts)]) if parts else ": ".join(heads)


def child_of(node: Any, step: int | str) -> Any:
    """Return the value at one step of a location, or None."""
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return None


def sentence_of(entry: ErrorDetails, known_keys: dict[str, list[str]]) -> str:
    """Return what is wrong and what would be right."""
    kind, key = entry["type"], str(entry["loc"][-1]) if entry["loc"] else ""
    if is_placeholder(entry["input"]):
        return f"still to be filled in: {entry['input'][1:-1]}"
    if kind == "extra_forbidden":
        return unknown_key(key, known_keys)
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return str(entry["ctx"]["error"])
    if kind in ("literal_error", "enum"):
        return f"{entry['input']!r} is none of {entry['ctx']['expected']}"
    return f"{shown(key, entry['input'])}: {entry['msg'][0].lower()}{entry['msg'][1:]}"


def is_placeholder(value: Any) -> bool:
    """True for a text in <>: it stands where somebody has to write what is meant."""
    return isinstance(value, str) and value.startswith("<") and value.endswith(">")


def unknown_key(key: str, known_keys: dict[str, list[str]]) -> str:
    """Say that a key is unknown, and which was perhaps meant."""
    everything = sorted({name for names in known_keys.values() for name in names})
    close = get_close_matches(key, everything, n=1)
    return f"unknown key{f': did you mean {close[0]}?' if close else ''}"


def shown(key: str, value: Any) -> str:
    """Return a value for an error's text; secrets stay out."""
    if key in SECRETS:
        return "(hidden)"
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"       # there may be secrets in it
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
