"""Path: the proxies on the way to a device. (RFC 3327)"""
import pytest

from tests.packet.digest import HOME, Device
from tests.packet.node import Node
from tests.packet.registrar.bindings import DESK, called
from tests.packet.sip import Message, place_text


def test_rfc3327_5_3_path_is_echoed_and_becomes_the_way_to_the_customer(node: Node, device: Device) -> None:
    proxy = ("203.0.113.70", 5062)
    path = [("Path", f"<sip:{place_text(proxy)};lr>"), ("Path", "<sip:inner.example;lr;x=y>, <sip:last.example;lr>")]
    answer = device.registers(DESK, headers=path)
    assert ",".join(answer.all("Path")) == ",".join(value for _, value in path)
    invite = Message(node.core.invite())
    node.core.sends(invite.raw)
    arrived = node.party(proxy).gets("INVITE")
    assert (arrived.request_uri, ",".join(arrived.all("Route"))) == (DESK[1:-1], ",".join(value for _, value in path))
    node.core.gets(100)
    node.party(proxy).answers(arrived, 180)
    node.core.gets(180)
    node.core.cancels(invite)
    node.core.gets(200)
    assert node.party(proxy).gets("CANCEL").all("Route") == arrived.all("Route")
    node.party(proxy).answers(arrived, 487)
    assert node.party(proxy).gets("ACK").all("Route") == arrived.all("Route")
    node.core.acknowledges(invite, node.core.gets(487))


def test_a_refresh_replaces_the_path(node: Node, device: Device) -> None:
    device.registers(DESK, headers=[("Path", "<sip:203.0.113.70;lr>")])
    assert device.registers(DESK).all("Path") == []
    assert called(node) == f"{DESK[1:-1]} at {place_text(HOME)}"


def test_a_folded_path_is_one_path(node: Node, device: Device) -> None:
    device.registers(DESK, headers=[("Path", "<sip:203.0.113.70;lr>,\r\n <sip:inner.example;lr>")])
    node.core.sends(node.core.invite())
    arrived = Message(node.party(("203.0.113.70", 5060)).gets("INVITE").raw.replace(b"\r\n ", b" "))
    assert arrived.header("Route").replace(" ", "") == "<sip:203.0.113.70;lr>,<sip:inner.example;lr>"
    node.core.gets(100)
    node.party(("203.0.113.70", 5060)).answers(arrived, 200)
    node.core.gets(200)


def test_a_path_whose_host_is_a_name_leads_to_where_it_came_from(node: Node, device: Device) -> None:
    device.registers("<sip:desk@10.0.0.1>", headers=[("Path", "<sip:proxy.example;lr>")])
    assert called(node) == f"sip:desk@10.0.0.1 at {place_text(HOME)}"


@pytest.mark.parametrize("length", [254, 255, 256, 1000])
def test_a_path_that_is_too_long_is_refused(device: Device, length: int) -> None:
    path = f"<sip:203.0.113.70;x={'y' * (length - 24)};lr>"
    if length <= 254:
        assert device.registers(DESK, headers=[("Path", path)]).header("Path") == path
    else:
        device.is_refused(400, DESK, headers=[("Path", path)])
        assert device.fetches() == []


@pytest.mark.parametrize("path", ["nonsense", "<sip:203.0.113.70;lr", "<sip:203.0.113.70;lr>, ", "<sip:203.0.113.70;lr> <sip:b>", "", ",", "<mailto:a@b>"])
def test_a_malformed_path_is_400(device: Device, path: str) -> None:
    device.is_refused(400, DESK, headers=[("Path", path)])
    assert device.fetches() == []
