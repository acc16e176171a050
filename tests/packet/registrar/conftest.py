"""Fixtures: a router with a trunk whose accounts register, and a device of the first."""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import HOME, Device, digest_trunk
from tests.packet.node import Node


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    return make_node(digest_trunk())


@pytest.fixture
def device(node: Node) -> Device:
    return Device(node.party(HOME))
