"""Fixtures: a router whose trunk's accounts register, and whose core can be called."""
import pytest

from hasip.domain.trunk import Target
from tests.packet.conftest import NodeMaker
from tests.packet.digest import digest_trunk
from tests.packet.node import CORE, Node


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    return make_node(digest_trunk(), core_targets=(Target(*CORE),))
