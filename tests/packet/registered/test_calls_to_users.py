"""Calls to accounts that register go to the binding, and there is nobody without one. (spec §3, RFC 3261 §16.5)"""
from typing import Any

import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import digest_trunk
from tests.packet.node import SECONDARY, Node
from tests.packet.registered.devices import NOT_REGISTERED, OFFICE, behind_nat, refused, registered
from tests.packet.sip import NUMBER

# ---------------------------------------------------------------------------------------- to the binding

@pytest.mark.parametrize("contact", ["sip:desk@203.0.113.50:5060;transport=udp;x=y", "sip:203.0.113.50", "sip:%41b@203.0.113.50:5060;user=phone"])
def test_rfc3261_16_5_the_request_uri_is_the_contact_to_the_letter(node: Node, contact: str) -> None:
    device = registered(node)
    device.registers(f"<{contact}>;q=1.0", f"{device.contact};expires=0")
    _, arrived = node.offer(device.party)
    assert arrived.request_uri == contact
    assert arrived.header("To") == f"<sip:{NUMBER}@198.51.100.1:5060>"
    device.party.answers(arrived, 200)
    node.core.gets(200)


def test_a_tel_uri_becomes_the_contact_too(node: Node) -> None:
    device = registered(node)
    _, arrived = node.offer(device.party, uri=f"tel:{NUMBER}")
    assert arrived.request_uri == device.contact[1:-1]


def test_other_requests_go_to_the_binding_as_well(node: Node) -> None:
    device = registered(node)
    node.core.sends(node.core.request("MESSAGE"))
    arrived = device.party.gets("MESSAGE")
    assert arrived.request_uri == device.contact[1:-1]
    device.party.answers(arrived, 200)
    node.core.gets(200)
    assert node.pool() == 0


def test_a_retransmission_goes_the_same_way(node: Node) -> None:
    device = behind_nat(node)
    _, arrived = node.offer(device.party)
    node.advance(500)
    assert device.party.gets("INVITE").raw == arrived.raw
    device.party.answers(arrived, 200)
    node.core.gets(200)


# ---------------------------------------------------------------------------------------- nobody registered (spec §3)

@pytest.mark.parametrize("mode", ["only_primary", "load_balancing", "auto_failover"])
@pytest.mark.parametrize("secondary", [None, SECONDARY], ids=["digest", "ip"])
def test_without_a_binding_the_call_is_480_and_does_not_fail_over(make_node: NodeMaker, secondary: Any, mode: str) -> None:
    node = make_node(digest_trunk(mode, secondary=secondary))
    registered(node, OFFICE, "acme-2") if secondary is None else None
    assert refused(node, 480).header("Warning") == NOT_REGISTERED
    assert (node.pool(), node.count("REFUSED_NOT_REGISTERED"), node.count("FORWARDED_FAILOVER")) == (0, 1, 0)
    assert [leg["attempts"] for leg in node.router.trunk(0)["legs"][:2]] == [0, 0]


def test_other_requests_without_a_binding_are_480_too(node: Node) -> None:
    node.core.sends(node.core.request("MESSAGE"))
    assert node.core.gets(480).header("Warning") == NOT_REGISTERED


def test_a_binding_that_ended_is_none(node: Node) -> None:
    device = registered(node, expires=60)
    node.advance(60_000)
    refused(node, 480)
    device.registers(expires=60)
    node.offer(device.party)


def test_a_binding_that_ends_while_it_rings_changes_nothing(node: Node) -> None:
    device = registered(node, expires=60)
    node.advance(55_000)
    offered, arrived = node.offer(device.party)
    device.party.answers(arrived, 180)
    node.core.gets(180)
    device.registers(f"{device.contact};expires=0")
    node.core.cancels(offered)
    node.core.gets(200)
    assert device.party.gets("CANCEL").request_uri == arrived.request_uri
    device.party.answers(arrived, 487)
    assert device.party.gets("ACK").request_uri == arrived.request_uri
    node.core.acknowledges(offered, node.core.gets(487))
