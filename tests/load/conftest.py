"""Fixtures: `hasip bench run` in this process, and a node with the trunks it calls."""
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hasip.cli.bench import bench
from tests.load.node import LoadEdge
from tests.load.other_side import Other
from tests.scenario.conftest import node  # noqa: F401  (a fixture)
from tests.scenario.edge import Edge, Trunk, free_network
from tests.scenario.message import host_text

BenchRun = Callable[..., Result]
LoadNode = Callable[..., LoadEdge]


@pytest.fixture
def bench_run() -> BenchRun:
    """Run `hasip bench run` with these options: target="…" is --target …."""
    return lambda **options: invoke(["run", "--no-progress"], {"caller": "from", "as_json": "json"}, options)


@pytest.fixture
def bench_streams() -> BenchRun:
    """Run `hasip bench streams` with these options."""
    return lambda **options: invoke(["streams"], {"calls_from": "from", "calls_to": "to", "as_json": "json"}, options)


def invoke(words: list[str], names: dict[str, str], options: dict[str, Any]) -> Result:
    """Run `hasip bench` with these words and options, some of which have other names there."""
    for name, value in options.items():
        option = "--" + names.get(name, name).replace("_", "-")
        words += [option] if value is True else [option, str(value)]
    return CliRunner().invoke(bench, words)


@pytest.fixture(scope="module")
def load_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadNode]:
    """Start a hasip for load with these trunks; at the module's end each is stopped, with exit code 0 and no traceback."""
    edges: list[LoadEdge] = []

    def start(*trunks: Trunk, **options: Any) -> LoadEdge:
        edges.append(LoadEdge(tmp_path_factory.mktemp("edge"), list(trunks), **options))
        edges[-1].start()
        return edges[-1]

    yield start
    for edge in edges:
        edge.stop()


@pytest.fixture
def network() -> str:
    return free_network()


@pytest.fixture
def other(network: str) -> Iterator[Other]:
    opened = Other(network)
    yield opened
    opened.socket.close()


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
