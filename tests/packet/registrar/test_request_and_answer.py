"""A REGISTER as any other request: extensions, hops, Request-URI, and what its answer repeats. (RFC 3261 §8.2)"""
import pytest

from tests.packet.digest import REGISTRAR, Device
from tests.packet.node import EDGE, Node
from tests.packet.registrar.bindings import DESK
from tests.packet.sip import Message, tag_of


@pytest.mark.parametrize("asked", ["foo", "path, foo", "foo, outbound"])
def test_rfc3261_8_2_2_3_an_extension_we_do_not_have_is_420(device: Device, asked: str) -> None:
    refusal = device.is_refused(420, DESK, headers=[("Require", asked)])
    assert refusal.header("Unsupported") == "foo"
    assert device.fetches() == []


@pytest.mark.parametrize("asked", ["path", "outbound", "Path , outbound", "path,\r\n outbound"])
def test_rfc3261_8_2_2_3_an_extension_we_have_may_be_required(device: Device, asked: str) -> None:
    device.registers(DESK, headers=[("Require", asked)])


def test_a_register_that_may_go_no_further_has_arrived(device: Device) -> None:
    device.registers(DESK, max_forwards=0)


@pytest.mark.parametrize("uri", ["sip:edge.test", "sip:198.51.100.1:5060", "sip:someone@edge.test"])
def test_the_request_uri_is_not_looked_at(device: Device, uri: str) -> None:
    device.ask()
    request = device.request([DESK]).replace(f"REGISTER {REGISTRAR} ".encode(), f"REGISTER {uri} ".encode())
    assert device.party.sends(request) == ("REPLY", "ANSWERED_REGISTER")
    device.party.gets(200)


def test_the_answer_repeats_what_an_answer_repeats(node: Node, device: Device) -> None:
    device.ask()
    request = Message(device.request([DESK]))
    device.party.sends(request.raw)
    answer = device.party.gets(200)
    assert [answer.header(name) for name in ("From", "Call-ID", "CSeq")] == [request.header(name) for name in ("From", "Call-ID", "CSeq")]
    assert answer.header("To").startswith(request.header("To"))
    assert tag_of(answer.header("To"))
    assert answer.source == EDGE
