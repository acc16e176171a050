"""Whose bindings they are, and what becomes of them in another world."""
from dataclasses import replace

import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import HOME, Device, digest_trunk
from tests.packet.node import Node, account, trunk
from tests.packet.registrar.bindings import BINDINGS_MAX, DESK, SOFT, called, listed
from tests.packet.sip import NUMBER, place_text


@pytest.mark.parametrize("to", ["<sip:acme-1@anywhere>", f"<sip:{NUMBER}@edge.test>", f"<tel:{NUMBER}>", f'"A" <sip:%2B{NUMBER[1:]}@edge.test;user=phone>'])
def test_to_names_the_user_or_a_number_of_the_trunk(node: Node, to: str) -> None:
    device = Device(node.party(HOME), to=to)
    device.registers(DESK)
    assert Device(node.party(HOME)).fetches() == [listed(DESK)]


@pytest.mark.parametrize("to", ["<sip:acme-2@edge.test>", "<sip:nobody@edge.test>", "<sip:edge.test>", "<tel:+651>", "<sip:+651@edge.test>", "<sip:ACME-1@edge.test>",
                                "<mailto:acme-1@edge.test>", "<a:b>", f"<smtp:{NUMBER}>", f"<xyz:{NUMBER}>"])
def test_rfc3261_10_3_to_of_somebody_else_is_403(make_node: NodeMaker, to: str) -> None:
    node = make_node(digest_trunk(), digest_trunk(name="other", number="+651"))
    Device(node.party(HOME), to=to).is_refused(403, DESK)
    for username in ("acme-1", "acme-2", "other-1", "other-2"):
        assert Device(node.party(HOME), username=username).fetches() == []


def test_the_accounts_of_a_trunk_have_bindings_of_their_own(node: Node) -> None:
    primary, secondary = (Device(node.party(HOME), username=name) for name in ("acme-1", "acme-2"))
    primary.registers(DESK)
    secondary.registers(SOFT)
    assert (primary.fetches(), secondary.fetches()) == ([listed(DESK)], [listed(SOFT)])


# ---------------------------------------------------------------------------------------- another world

def test_a_user_that_is_gone_has_no_bindings(node: Node, device: Device) -> None:
    device.registers(DESK)
    node.publish(trunk(primary=None, secondary=None), digest_trunk(name="other", number="+651"))
    assert called(node).startswith(DESK[1:-1])
    node.publish(replace(digest_trunk(), primary=account("primary", None, "renamed")))
    assert called(node) == ""
    assert Device(node.party(HOME), username="renamed").fetches() == []


def test_another_user_of_the_account_has_room_for_all_its_contacts(node: Node, device: Device) -> None:
    device.registers(*(f"<sip:{place}@203.0.113.50>" for place in range(BINDINGS_MAX)))
    node.publish(replace(digest_trunk(), primary=account("primary", None, "renamed")))
    renamed = Device(node.party(HOME), username="renamed")
    assert len(renamed.registers(*(f"<sip:{place}@203.0.113.51>" for place in range(BINDINGS_MAX))).all("Contact")) == BINDINGS_MAX


def test_a_user_that_comes_back_is_where_it_was_until_somebody_took_its_place(node: Node, device: Device) -> None:
    """A mistake in a file that is mended at once costs nobody a registration."""
    device.registers(DESK)
    renamed = replace(digest_trunk(), primary=account("primary", None, "renamed"))
    node.publish(renamed)
    node.publish(digest_trunk())
    assert called(node).startswith(DESK[1:-1])
    node.publish(renamed)
    Device(node.party(HOME), username="renamed").registers(SOFT)
    node.publish(digest_trunk())
    assert (called(node), device.fetches()) == ("", [])
    device.registers(DESK)
    assert called(node).startswith(DESK[1:-1])


def test_an_account_that_is_known_by_its_address_now_is_called_there(node: Node, device: Device) -> None:
    device.registers(DESK)
    node.publish(trunk())
    assert called(node) == f"sip:{NUMBER}@{place_text(node.primary.place)} at {place_text(node.primary.place)}"


def test_a_changed_password_leaves_the_binding_but_not_the_user_in(node: Node, device: Device) -> None:
    device.registers(DESK)
    node.publish(replace(digest_trunk(), primary=replace(account("primary", None, "acme-1"), ha1_md5="0" * 32, ha1_sha256="0" * 64)))
    assert device.sends(SOFT) == ("REPLY", "CHALLENGED_AGAIN")
    device.party.gets(401)
    assert called(node).startswith(DESK[1:-1])
