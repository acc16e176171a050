"""Fixtures: a hasip per module, agents per test, SIPp."""
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .edge import Edge, Trunk
from .sipp import Sipp

Node = Callable[..., Edge]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Start a hasip with these trunks; at the module's end each is stopped, with exit code 0 and no traceback."""
    edges: list[Edge] = []

    def start(*trunks: Trunk, **options: Any) -> Edge:
        edges.append(Edge(tmp_path_factory.mktemp("edge"), list(trunks), **options))
        edges[-1].start()
        return edges[-1]

    yield start
    errors = []
    for edge in edges:
        try:
            edge.stop()
        except AssertionError as error:
            errors.append(str(error))
    assert not errors, "\n".join(errors)


@pytest.fixture(autouse=True)
def agents_closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test the sockets of its agents are closed."""
    yield
    for edge in request.node.funcargs.values():
        if isinstance(edge, Edge):
            for agent in edge.agents:
                agent.close()
            edge.agents.clear()


@pytest.fixture
def sipp(tmp_path: Any) -> Iterator[Sipp]:
    """Run SIPp; what still runs at the end of the test is ended."""
    runner = Sipp(tmp_path)
    yield runner
    runner.stop()
