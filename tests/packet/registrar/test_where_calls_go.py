"""Where calls and answers go: which contact, and whether to it or back through NAT. (RFC 3261 §10.3, RFC 3581)"""
import pytest

from tests.packet.digest import HOME, NAT, Device
from tests.packet.node import Node
from tests.packet.registrar.bindings import DESK, SOFT, called, listed
from tests.packet.sip import place_text, via_of


@pytest.mark.parametrize(("via", "source", "contact", "place"), [
    (via_of(HOME), HOME, "sip:desk@203.0.113.60:5077", ("203.0.113.60", 5077)),                         # no NAT: where the Contact says
    (via_of(HOME), HOME, "sip:desk@203.0.113.60", ("203.0.113.60", 5060)),
    (via_of(HOME, rport=False), HOME, "sip:desk@203.0.113.60:5077", ("203.0.113.60", 5077)),
    (via_of(("203.0.113.99", 5060)), NAT, "sip:desk@203.0.113.60:5077", NAT),                          # another port than the Via's
    (via_of(("203.0.113.99", 5060), rport=False), NAT, "sip:desk@203.0.113.60:5077", ("203.0.113.60", 5077)),
    (via_of(("192.168.1.2", 5060)), NAT, "sip:desk@192.168.1.2:5060", NAT),
    (via_of(("192.168.1.2", 5060), rport=False), NAT, "sip:desk@192.168.1.2:5060", NAT),
    ("SIP/2.0/UDP phone.example;branch=z9hG4bKname;rport", NAT, "sip:desk@203.0.113.60", NAT),          # a name proves nothing
    (via_of(HOME), HOME, "sip:desk@pbx.example", HOME),                                                 # a Contact by name
    (via_of(HOME), HOME, "sip:desk@[2001:db8::5]", HOME),                                               # nothing of ours reaches that
    (via_of(HOME), HOME, "sip:desk@203.0.113.60;transport=tcp", HOME)])
def test_calls_go_to_the_contact_or_behind_nat_to_where_it_registered_from(
        node: Node, via: str, source: tuple[str, int], contact: str, place: tuple[str, int]) -> None:
    device = Device(node.party(source))
    device.ask()
    node.party(source).sends(device.request([f"<{contact}>"], via=via))
    node.wire = []
    assert called(node) == f"{contact} at {place_text(place)}"


@pytest.mark.parametrize("is_challenge", [True, False])
@pytest.mark.parametrize(("rport", "port"), [(True, NAT[1]), (False, 5081)])
def test_rfc3581_4_answers_go_to_the_source_port_only_if_asked_for(node: Node, rport: bool, port: int, is_challenge: bool) -> None:
    device = Device(node.party(NAT))
    device.ask()
    via = via_of((NAT[0], 5081), rport=rport)
    node.party(NAT).sends(device.request([DESK], via=via, with_credentials=not is_challenge))
    answer = node.party((NAT[0], port)).gets(401 if is_challenge else 200)
    if rport:
        assert f"received={NAT[0]}" in answer.header("Via")
        assert f"rport={NAT[1]}" in answer.header("Via")


def test_the_contact_with_the_highest_q_is_called_and_of_equals_the_latest(node: Node, device: Device) -> None:
    device.registers(f"{DESK};q=0.5", f"{SOFT};q=0.9")
    assert called(node).startswith(SOFT[1:-1])
    node.advance(1000)
    device.registers(f"{DESK};q=0.9")
    assert called(node).startswith(DESK[1:-1])
    node.advance(1000)
    device.registers(f"{DESK};q=0.1")
    assert called(node).startswith(SOFT[1:-1])


@pytest.mark.parametrize(("contact", "uri"), [
    ("sip:desk@203.0.113.50;a=b;transport=udp", "sip:desk@203.0.113.50;a=b;transport=udp"), ("sip:203.0.113.50", "sip:203.0.113.50"),
    ("sip:a%20b:secret@203.0.113.50:5060;x", "sip:a%20b:secret@203.0.113.50:5060;x"), ("sip:what?ever@203.0.113.50;a=b", "sip:what?ever@203.0.113.50;a=b"),
    ("sip:desk@203.0.113.50;a=b?Subject=x&To=y", "sip:desk@203.0.113.50;a=b"), ("sip:desk@203.0.113.50?Subject=x", "sip:desk@203.0.113.50")])
def test_rfc3261_16_6_the_request_uri_is_the_contact_without_headers(node: Node, device: Device, contact: str, uri: str) -> None:
    assert device.registers(f"<{contact}>").all("Contact") == [listed(f"<{contact}>")]
    assert called(node) == f"{uri} at {place_text(HOME)}"
