"""Devices that are registered: at home, behind NAT, and by a connection."""
from typing import Any

from tests.packet import sip
from tests.packet.digest import HOME, INSTANCE, NAT, Device
from tests.packet.node import Node
from tests.packet.sip import Message, place_text

OFFICE = ("203.0.113.51", 5080)
PRIVATE = ("192.168.1.2", 5060)
PHONE, FLOW = ("10.1.1.1", 33333), 7
NOT_REGISTERED = '399 hasip "user not registered"'


def registered(node: Node, place: sip.Place = HOME, username: str = "acme-1", **fields: Any) -> Device:
    device = Device(node.party(place), username=username)
    device.registers(**fields)
    return device


def behind_nat(node: Node, username: str = "acme-1") -> Device:
    """Register a device with a private address from NAT."""
    device = Device(node.party(NAT), username=username)
    device.registers(f"<sip:{username}@{place_text(PRIVATE)}>", via=sip.via_of(PRIVATE))
    return device


def on_stream(node: Node, username: str = "acme-1", flow: int = FLOW) -> Device:
    """Register a device by its connection."""
    device = Device(node.stream(PHONE, flow), username=username)
    device.registers(f"<sip:{username}@{place_text(PRIVATE)};transport=tcp>;{INSTANCE};reg-id=1", headers=[("Supported", "outbound")])
    return device


def refused(node: Node, status: int, **fields: Any) -> Message:
    """Let the core call, and be refused; return the refusal."""
    invite = Message(node.core.invite(**fields))
    node.core.sends(invite.raw)
    answer = node.core.gets(100, status)
    node.core.acknowledges(invite, answer)
    return answer
