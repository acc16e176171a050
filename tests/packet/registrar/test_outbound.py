"""Outbound: bindings of an instance and its flows. (RFC 5626)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import INSTANCE, Device, digest_trunk
from tests.packet.registrar.bindings import listed

OUTBOUND = [("Supported", "path, outbound")]


def test_rfc5626_6_a_flow_of_the_same_instance_is_replaced(device: Device) -> None:
    answer = device.registers(f"<sip:desk@10.0.0.1:1111>;{INSTANCE};reg-id=1", headers=OUTBOUND)
    assert answer.header("Require") == "outbound"
    device.registers(f"<sip:desk@10.0.0.1:2222>;{INSTANCE};reg-id=1", headers=OUTBOUND)
    assert device.fetches() == [listed("<sip:desk@10.0.0.1:2222>")]


def test_rfc5626_6_another_flow_of_the_instance_is_another_binding(device: Device) -> None:
    device.registers(f"<sip:desk@10.0.0.1:1111>;{INSTANCE};reg-id=1", headers=OUTBOUND)
    device.registers(f"<sip:desk@10.0.0.1:1111>;{INSTANCE};reg-id=2", headers=OUTBOUND)
    assert device.fetches() == [listed("<sip:desk@10.0.0.1:1111>")] * 2
    device.registers(f"<sip:desk@10.0.0.1:1111>;{INSTANCE};reg-id=2;expires=0", headers=OUTBOUND)
    assert len(device.fetches()) == 1


def test_rfc5626_6_another_instance_is_another_binding(device: Device) -> None:
    device.registers(f"<sip:desk@10.0.0.1:1111>;{INSTANCE};reg-id=1", headers=OUTBOUND)
    device.registers(f"<sip:desk@10.0.0.1:1111>;{INSTANCE.replace('FF', '00')};reg-id=1", headers=OUTBOUND)
    assert len(device.fetches()) == 2


@pytest.mark.parametrize("parameters", [INSTANCE, "reg-id=1", f"{INSTANCE};reg-id=0", f"{INSTANCE};reg-id=x"])
def test_rfc5626_6_without_both_the_uri_counts(device: Device, parameters: str) -> None:
    assert device.registers(f"<sip:desk@10.0.0.1:1111>;{parameters}", headers=OUTBOUND).header("Require") == ""
    device.registers(f"<sip:desk@10.0.0.1:2222>;{parameters}", headers=OUTBOUND)
    assert len(device.fetches()) == 2


def test_rfc3261_8_2_4_outbound_is_required_of_none_who_does_not_support_it(device: Device) -> None:
    assert device.registers(f"<sip:desk@10.0.0.1:1111>;{INSTANCE};reg-id=1").header("Require") == ""


def test_a_connection_is_the_way_back(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), streams=True)
    phone = node.stream(("10.1.1.1", 33333), 7)
    Device(phone).registers(f"<sip:desk@192.168.1.2:5060;transport=tcp>;{INSTANCE};reg-id=1", headers=OUTBOUND)
    node.core.sends(node.core.invite())
    arrived = phone.gets("INVITE")
    assert arrived.header("Via").startswith("SIP/2.0/TCP ")
    node.core.gets(100)
    phone.answers(arrived, 200)
    node.core.gets(200)
