"""Requests above the path MTU go by TCP where the target takes them so. (§18.1.1)"""
from dataclasses import replace

import pytest

from hasip.domain.trunk import Target
from tests.packet.conftest import NodeMaker
from tests.packet.node import PRIMARY, Node, trunk

LARGE, SMALL = b"a" * 1200, b"a" * 200


def node_with(make_node: NodeMaker, takes_large: bool) -> Node:
    each = trunk()
    assert each.primary
    return make_node(replace(each, primary=replace(each.primary, target=Target(*PRIMARY, large_by_tcp=takes_large))), streams=True)


@pytest.mark.parametrize(("takes_large", "body", "transport"), [(True, LARGE, "TCP"), (True, SMALL, "UDP"), (False, LARGE, "UDP")])
def test_rfc3261_18_1_1_a_large_invite_goes_by_tcp_where_the_target_takes_it(make_node: NodeMaker, takes_large: bool, body: bytes, transport: str) -> None:
    node = node_with(make_node, takes_large)
    node.core.sends(node.core.invite(body=body))
    far_end = node.stream(PRIMARY, 0) if transport == "TCP" else node.primary
    arrived = far_end.gets("INVITE")
    assert arrived.header("Via").startswith(f"SIP/2.0/{transport} ")
    assert (";transport=tcp" in arrived.request_uri) == (transport == "TCP")
    assert len(arrived.all("Record-Route")) == (2 if transport == "TCP" else 1)
    node.core.gets(100)
    node.advance(1000)
    assert len(far_end.received()) == (0 if transport == "TCP" else 1)         # timer A, over UDP alone
    far_end.answers(arrived, 486)
    far_end.gets("ACK")
    node.core.gets(486)
