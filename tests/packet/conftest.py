"""Fixtures: a router with a trunk; at the end of every test it has explained all it sent and forgotten all it held."""
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.register_assert_rewrite("tests.packet.node")

from .node import Node

NodeMaker = Callable[..., Node]


@pytest.fixture
def make_node() -> Iterator[NodeMaker]:
    """Make a router with these trunks."""
    nodes: list[Node] = []

    def make(*trunks: Any, **options: Any) -> Node:
        nodes.append(Node(*trunks, **options))
        return nodes[-1]

    yield make
    for node in nodes:
        node.finish()


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    """A router with one trunk that fails over from the primary to the secondary."""
    return make_node()
