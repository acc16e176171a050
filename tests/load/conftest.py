"""Fixtures: `hasip bench run` in this process, and a node with the trunks it calls."""
import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hasip.cli.bench import bench
from tests.scenario.conftest import node  # noqa: F401  (a fixture)
from tests.scenario.edge import Edge
from tests.scenario.message import host_text

BenchRun = Callable[..., Result]


@pytest.fixture
def bench_run() -> BenchRun:
    """Run `hasip bench run` with these options: target="…" is --target …."""

    def invoke(**options: Any) -> Result:
        words = ["run", "--no-progress"]
        for name, value in options.items():
            option = "--" + {"caller": "from", "as_json": "json"}.get(name, name).replace("_", "-")
            words += [option] if value is True else [option, str(value)]
        return CliRunner().invoke(bench, words)

    return invoke


def options_for(edge: Edge, trunk: str) -> dict[str, Any]:
    """Return the addresses and the number of a trunk as options."""
    primary, secondary = edge[trunk].legs
    return {"target": text_of(edge.address), "caller": text_of((edge.core_address, 5060)), "primary": text_of(primary),
            "secondary": text_of(secondary), "number": edge[trunk].number}


def text_of(place: tuple[str, int]) -> str:
    return f"{host_text(place[0])}:{place[1]}"


def figures_of(result: Result) -> dict[str, Any]:
    """Return the JSON that was printed."""
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


def words_of(result: Result) -> str:
    """Return all that was printed, on one line and without boxes."""
    return " ".join(result.output.replace("│", " ").split())
