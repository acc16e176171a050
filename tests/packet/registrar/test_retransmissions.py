"""A REGISTER that comes again: answered, and done once."""
import pytest

from tests.packet.digest import Device
from tests.packet.node import Node
from tests.packet.registrar.bindings import DESK, SOFT, listed


def test_a_retransmitted_register_is_absorbed_and_told_of_the_bindings_as_they_are(node: Node, device: Device) -> None:
    device.ask()
    request = device.request([DESK])
    device.party.sends(request)
    first = device.party.gets(200)
    for passed_s in (5, 10):
        node.advance(5_000)
        assert device.party.sends(request) == ("ABSORB", "ABSORBED_RETRANSMISSION")
        again = device.party.gets(200)
        assert again.all("Contact") == [listed(DESK, 3600 - passed_s)]
        assert [again.header(name) for name in ("To", "Via", "CSeq")] == [first.header(name) for name in ("To", "Via", "CSeq")]
    assert node.count("ANSWERED_REGISTER") == 1


def test_a_retransmitted_removal_removes_nothing_that_came_after(node: Node, device: Device) -> None:
    device.registers(DESK)
    removal = device.request(["*"], expires=0)
    device.party.sends(removal)
    device.party.gets(200)
    Device(device.party).registers(SOFT)
    assert device.party.sends(removal) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    assert device.party.gets(200).all("Contact") == [listed(SOFT)]


def test_another_request_with_a_nonce_count_that_was_used_is_no_retransmission(device: Device) -> None:
    device.ask()
    request = device.request([DESK])
    device.party.sends(request)
    device.party.gets(200)
    assert device.party.sends(request.replace(b"z9hG4bK", b"z9hG4bKx")) == ("REPLY", "CHALLENGED_STALE")
    device.party.gets(401)


def test_once_the_nonce_was_used_again_a_retransmission_is_stale(device: Device) -> None:
    device.ask()
    request = device.request([DESK])
    device.party.sends(request)
    device.party.gets(200)
    device.registers(DESK)
    assert device.party.sends(request) == ("REPLY", "CHALLENGED_STALE")
    device.party.gets(401)


@pytest.mark.parametrize(("contact", "expires", "status"), [(DESK, 5, 423), ("<tel:100>", 60, 400)])
def test_a_retransmitted_refusal_is_the_same_refusal(device: Device, contact: str, expires: int, status: int) -> None:
    device.ask()
    request = device.request([contact], expires=expires)
    device.party.sends(request)
    first = device.party.gets(status)
    assert device.party.sends(request) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    assert device.party.gets(status).raw == first.raw


def test_a_refusal_by_order_stays_one_when_it_is_retransmitted(device: Device) -> None:
    device.registers(DESK)
    device.cseq -= 1
    late = device.request([DESK])
    assert device.party.sends(late) == ("REPLY", "REFUSED_REGISTER_ORDER")
    first = device.party.gets(500)
    assert device.party.sends(late) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    assert device.party.gets(500).raw == first.raw
