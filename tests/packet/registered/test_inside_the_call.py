"""What belongs to a call to a device goes the way the call went, whatever is registered meanwhile."""
from typing import Any

import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import Device, digest_trunk
from tests.packet.node import Node
from tests.packet.registered.devices import OFFICE, PRIVATE, behind_nat, on_stream, registered
from tests.packet.sip import place_text


@pytest.mark.parametrize("register", [behind_nat, on_stream], ids=["nat", "stream"])
def test_requests_of_a_call_follow_the_way_that_was_registered(make_node: NodeMaker, register: Any) -> None:
    """Both ways; the device's Contact is an address that nobody can reach."""
    node = make_node(digest_trunk(), streams=True)
    device = register(node)
    call = node.established(device.party, contact=f"<sip:desk@{place_text(PRIVATE)}>")
    for method in ("INFO", "INVITE"):
        assert node.core.sends(call.from_caller(method)) == ("FORWARD", "FORWARDED_IN_DIALOG")
        arrived = device.party.gets(method)
        assert arrived.request_uri == f"sip:desk@{place_text(PRIVATE)}"
        device.party.answers(arrived, 200)
        node.core.received()
    node.core.sends(call.from_caller("ACK"))
    device.party.gets("ACK")
    assert device.party.sends(call.from_callee("BYE")) == ("FORWARD", "FORWARDED_IN_DIALOG")
    node.core.answers(node.core.gets("BYE"), 200)
    device.party.gets(200)
    assert node.pool() == 0


def test_without_nat_requests_of_a_call_go_to_its_contact(node: Node) -> None:
    device = registered(node)
    other = node.party(("203.0.113.70", 5099))
    call = node.call(device.party, contact=f"<sip:media@{place_text(other.place)}>")
    node.core.sends(call.from_caller("ACK", cseq=1))
    other.gets("ACK")
    node.core.sends(call.from_caller("BYE"))
    other.answers(other.gets("BYE"), 200)
    node.core.gets(200)


def test_a_registration_during_ringing_moves_no_cancel(node: Node) -> None:
    device = behind_nat(node)
    offered, arrived = node.offer(device.party)
    device.party.answers(arrived, 180)
    node.core.gets(180)
    moved = Device(node.party(OFFICE))
    moved.registers("*", expires=0)
    moved.registers()
    node.core.cancels(offered)
    node.core.gets(200)
    assert device.party.gets("CANCEL").request_uri == arrived.request_uri
    device.party.answers(arrived, 487)
    ack = device.party.gets("ACK")
    assert (ack.request_uri, ack.branch) == (arrived.request_uri, arrived.branch)
    node.core.acknowledges(offered, node.core.gets(487))
    node.offer(moved.party)
    moved.party.gets_nothing()


def test_a_registration_during_a_call_moves_no_bye(node: Node) -> None:
    device = behind_nat(node)
    call = node.established(device.party)
    registered(node, OFFICE)
    call.hang_up()
