"""REGISTER of a user: bindings are added, refreshed, removed and listed. (RFC 3261 §10.2, §10.3)"""
import pytest

from tests.packet.digest import Device
from tests.packet.node import Node
from tests.packet.registrar.bindings import DESK, SOFT, called, listed
from tests.packet.sip import to_tag


def test_rfc3261_10_3_a_new_contact_is_added_and_listed(device: Device) -> None:
    answer = device.registers(DESK)
    assert answer.all("Contact") == [listed(DESK)]
    assert "path" in answer.header("Supported")
    assert to_tag(answer)
    assert device.fetches() == [listed(DESK)]


def test_rfc3261_10_2_3_without_a_contact_the_bindings_are_told_and_stay(device: Device) -> None:
    assert device.fetches() == []
    device.registers(DESK)
    assert device.fetches() == device.fetches() == [listed(DESK)]


def test_a_fetch_with_expires_0_removes_nothing(device: Device) -> None:
    device.registers(DESK)
    device.party.sends(device.request([], expires=0))
    assert device.party.gets(200).all("Contact") == [listed(DESK)]


def test_a_binding_is_refreshed(node: Node, device: Device) -> None:
    device.registers(DESK, expires=600)
    node.advance(60_000)
    assert device.fetches() == [listed(DESK, 540)]
    assert device.registers(DESK, expires=600).all("Contact") == [listed(DESK, 600)]


def test_a_binding_of_another_call_id_is_refreshed_whatever_its_cseq(node: Node, device: Device) -> None:
    """A device that was switched off and on begins anew."""
    device.cseq = 1000
    device.registers(DESK)
    again = Device(device.party)
    assert again.registers(DESK, expires=900).all("Contact") == [listed(DESK, 900)]


def test_expires_0_removes_one_binding(device: Device) -> None:
    device.registers(DESK, SOFT)
    assert device.registers(f"{DESK};expires=0").all("Contact") == [listed(SOFT)]
    assert device.registers(SOFT, expires=0).all("Contact") == []


def test_removing_what_is_not_there_is_no_mistake(device: Device) -> None:
    assert device.registers(f"{DESK};expires=0").all("Contact") == []


# ---------------------------------------------------------------------------------------- how they are written

def test_contacts_with_q_are_listed_with_it(device: Device) -> None:
    answer = device.registers(f"{DESK};q=0.5", f"{SOFT};q=1.0", "<sip:x@203.0.113.50>;q=0.05", "<sip:y@203.0.113.50>;q=0")
    assert sorted(answer.all("Contact")) == sorted([
        listed(DESK, q="0.500"), listed(SOFT), listed("<sip:x@203.0.113.50>", q="0.050"), listed("<sip:y@203.0.113.50>", q="0.000")])


def test_several_contacts_stand_in_one_line_or_many(device: Device) -> None:
    answer = device.registers(f"{DESK};q=0.7, {SOFT};expires=600", '"Third, with a comma" <sip:third@203.0.113.50>', "sip:fourth@203.0.113.50;q=0.2")
    assert sorted(answer.all("Contact")) == sorted([
        listed(DESK, q="0.700"), listed(SOFT, 600), listed("<sip:third@203.0.113.50>"), listed("<sip:fourth@203.0.113.50>", q="0.200")])


@pytest.mark.parametrize(("one", "other"), [
    ("<sip:desk@203.0.113.50>", "<SIP:desk@203.0.113.50>"), ("<sip:desk@pbx.example>", "<sip:desk@PBX.Example>"),
    ("<sip:desk@203.0.113.50;a=b>", "<sip:desk@203.0.113.50;c=d>")])
def test_rfc3261_19_1_4_equal_uris_are_one_contact_as_written_last(device: Device, one: str, other: str) -> None:
    device.registers(one)
    assert device.registers(other).all("Contact") == [listed(other)]


@pytest.mark.parametrize(("one", "other"), [
    ("<sip:desk@203.0.113.50>", "<sips:desk@203.0.113.50>"), ("<sip:desk@203.0.113.50>", "<sip:Desk@203.0.113.50>"),
    ("<sip:desk@203.0.113.50>", "<sip:desk@203.0.113.50:5060>"), ("<sip:desk@203.0.113.50>", "<sip:203.0.113.50>"),
    ("<sip:desk@203.0.113.50>", "<sip:desk@203.0.113.50;transport=tcp>"), ("<sip:desk@203.0.113.50;transport=udp>", "<sip:desk@203.0.113.50;transport=tcp>"),
    ("<sip:desk@203.0.113.50;user=phone>", "<sip:desk@203.0.113.50>")])
def test_rfc3261_19_1_4_other_uris_are_other_contacts(device: Device, one: str, other: str) -> None:
    device.registers(one)
    assert sorted(device.registers(other).all("Contact")) == sorted([listed(one), listed(other)])


@pytest.mark.parametrize("contact", [
    "<>", "nonsense", "<sip:a@b>;q=", "<sip:a@b>;q=1.001", "<sip:a@b>;q=-1", "<sip:a@b> garbage", ",", "<sip:a@b>,", "<sip:a@b>,,<sip:c@d>", '"open <sip:a@b>',
    "<sip:a@b:99999>", "<tel:+123>", "<sip:a\0b@203.0.113.50>"])
def test_a_malformed_contact_is_400(device: Device, contact: str) -> None:
    device.is_refused(400, contact)
    assert device.fetches() == []


# ---------------------------------------------------------------------------------------- Contact: *

def test_rfc3261_10_2_2_a_star_with_expires_0_removes_all(node: Node, device: Device) -> None:
    device.registers(DESK, SOFT)
    assert device.registers("*", expires=0).all("Contact") == []
    assert called(node) == ""


@pytest.mark.parametrize(("contacts", "expires"), [
    (("*",), None), (("*",), 60), (("*;expires=0",), None), (("*", DESK), 0), ((DESK, "*"), 0), (("*", "*"), 0), ((f"*, {DESK}",), 0), (("<*>",), 0)])
def test_a_star_is_nothing_else(device: Device, contacts: tuple[str, ...], expires: int | None) -> None:
    device.registers(DESK)
    device.is_refused(400, *contacts, expires=expires)
    assert device.fetches() == [listed(DESK)]


def test_rfc3261_10_3_a_star_that_is_older_than_a_binding_removes_nothing(device: Device) -> None:
    device.registers(DESK, SOFT)
    device.cseq -= 1
    device.is_refused(500, "*", expires=0)
    assert sorted(device.fetches()) == [listed(DESK), listed(SOFT)]


def test_a_star_of_another_call_id_removes_all(device: Device) -> None:
    device.cseq = 100
    device.registers(DESK)
    assert Device(device.party).registers("*", expires=0).all("Contact") == []
