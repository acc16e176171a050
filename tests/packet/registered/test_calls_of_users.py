"""Calls from accounts that register: challenged, then carried to the core, and their credentials go no further. (spec §4, RFC 3261 §22.3)"""
from typing import Any

import pytest

from hasip.domain.trunk import Target
from tests.packet import sip
from tests.packet.conftest import NodeMaker
from tests.packet.digest import HOME, NAT, Device, calls_with_credentials, digest_trunk
from tests.packet.node import CORE, HANDOFF, Call, Node, Party
from tests.packet.registered.devices import FLOW, OFFICE, PHONE, PRIVATE, registered
from tests.packet.sip import FAR, Message, place_text


def up(node: Node, device: Device, offered: Message, arrived: Message) -> Call:
    """Answer a call to the core and acknowledge it."""
    node.core.answers(arrived, 200)
    call = Call(node, node.core, offered, arrived, device.party.gets(200))
    device.party.sends(sip.in_dialog("ACK", call.caller, device.party.place, cseq=offered.cseq))
    node.core.gets("ACK")
    return call


def placed(node: Node, device: Device, **fields: Any) -> tuple[Message, Message]:
    """Place a call with credentials; return the INVITE as it was sent, and as the core got it."""
    offered, _ = calls_with_credentials(device, FAR, **fields)
    device.party.gets(100)
    return offered, node.core.gets("INVITE")


@pytest.mark.parametrize("username", ["acme-1", "acme-2"])
def test_a_call_of_a_user_goes_to_the_core_once_it_proves_who_it_is(node: Node, username: str) -> None:
    device = Device(node.party(HOME), username=username)
    offered, arrived = placed(node, device)
    assert arrived.request_uri == f"sip:{FAR}@{place_text(CORE)}"
    figures = node.router.trunk(0)["legs"][username == "acme-2"]
    assert (node.pool(), figures["calls"], figures["placed"]) == (1, 1, 1)
    call = up(node, device, offered, arrived)
    device.party.sends(sip.in_dialog("BYE", call.caller, HOME))
    node.core.answers(node.core.gets("BYE"), 200)
    device.party.gets(200)
    assert node.pool() == 0


def test_both_accounts_and_both_directions_share_one_pool(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(calls=2), core_targets=(Target(*CORE),))
    primary, secondary = registered(node), registered(node, OFFICE, "acme-2")
    _, arrived = placed(node, secondary)
    node.offer(primary.party)
    assert node.pool() == 2
    third = Device(node.party(HOME))
    third.ask()
    invite = third.party.invite(FAR, from_value="<sip:acme-1@x>;tag=1", headers=[("Proxy-Authorization", third.answer("INVITE"))])
    assert third.party.sends(invite) == ("REPLY", "REFUSED_POOL_FULL")
    third.party.gets(503)
    refused_call = Message(node.core.invite())
    node.core.sends(refused_call.raw)
    node.core.acknowledges(refused_call, node.core.gets(486))
    node.core.answers(arrived, 486)
    node.core.gets("ACK")
    secondary.party.gets(486)
    assert node.pool() == 1


def test_a_challenged_call_takes_no_slot_and_no_transaction(node: Node) -> None:
    party = node.party(HOME)
    for _ in range(9):
        party.sends(party.invite(FAR, from_value="<sip:acme-1@x>;tag=1"))
    assert (len(party.received()), node.pool(), node.transactions) == (9, 0, 0)


def test_a_retransmitted_call_uses_no_nonce_twice(node: Node) -> None:
    device = Device(node.party(HOME))
    offered, arrived = placed(node, device)
    assert device.party.sends(offered.raw) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    device.party.gets(100)
    assert node.pool() == 1
    device.party.cancels(offered)
    device.party.gets(200)
    node.core.answers(arrived, 487)
    node.core.gets("ACK")
    device.party.acknowledges(offered, device.party.gets(487))


@pytest.mark.parametrize("place", [NAT, PHONE], ids=["nat", "stream"])
def test_what_the_core_says_in_a_call_reaches_the_caller_behind_nat(make_node: NodeMaker, place: sip.Place) -> None:
    node = make_node(digest_trunk(), streams=True, core_targets=(Target(*CORE),))
    party: Party = node.stream(PHONE, FLOW) if place == PHONE else node.party(NAT)
    device = Device(party)
    device.ask()
    headers = [("Proxy-Authorization", device.answer("INVITE"))]
    via = sip.via_of(PRIVATE, transport="TCP" if place == PHONE else "UDP")
    contact = f"<sip:desk@{place_text(PRIVATE)}>"
    offered = Message(party.invite(FAR, via=via, contacts=[contact], from_value="<sip:acme-1@x>;tag=own", headers=headers), party.place)
    assert party.sends(offered.raw) == ("FORWARD", "NONE")
    party.gets(100)
    arrived = node.core.gets("INVITE")
    node.core.answers(arrived, 200)
    answer = party.gets(200)
    dialog = sip.callee_dialog(arrived, answer)
    assert dialog.target == contact[1:-1]
    party.sends(sip.in_dialog("ACK", sip.caller_dialog(offered, answer), party.place, cseq=1))
    node.core.gets("ACK")
    node.core.sends(sip.in_dialog("BYE", dialog, CORE))
    party.answers(party.gets("BYE"), 200)
    node.core.gets(200)
    assert node.pool() == 0


def test_a_call_between_two_users_goes_by_the_core(make_node: NodeMaker) -> None:
    """It is no business of ours to shortcut it: the core bills it."""
    node = make_node(digest_trunk(), digest_trunk(name="other", number="+651"), core_targets=(Target(*CORE),))
    callee = registered(node, OFFICE, "other-1")
    device = Device(node.party(HOME))
    offered, _ = calls_with_credentials(device, "+651")
    device.party.gets(100)
    out = node.core.gets("INVITE")
    back = node.core.invite("+651", call_id=out.call_id + "-b2b")
    node.core.sends(back)
    node.core.gets(100)
    callee.party.gets("INVITE")
    assert (node.pool(0), node.pool(1)) == (1, 1)
    assert offered.call_id == out.call_id


# ---------------------------------------------------------------------------------------- credentials

def test_rfc3261_22_3_our_credentials_go_no_further_and_others_do(node: Node) -> None:
    device = Device(node.party(HOME))
    foreign = 'Digest username="x", realm="core.test", nonce="n", uri="sip:x", response="r"'
    _, arrived = placed(node, device, headers=[("Proxy-Authorization", foreign), ("Authorization", "Basic eDp5")])
    assert (arrived.all("Proxy-Authorization"), arrived.all("Authorization")) == ([foreign], ["Basic eDp5"])
    node.core.answers(arrived, 486)
    node.core.gets("ACK")
    device.party.gets(486)


def test_our_credentials_go_no_further_inside_a_call_either(node: Node) -> None:
    device = Device(node.party(HOME))
    offered, arrived = placed(node, device)
    call = up(node, device, offered, arrived)
    device.party.sends(sip.in_dialog("BYE", call.caller, HOME, headers=[("Proxy-Authorization", device.answer("BYE"))]))
    bye = node.core.gets("BYE")
    assert bye.all("Proxy-Authorization") == []
    node.core.answers(bye, 200)
    device.party.gets(200)


def test_the_challenge_of_the_far_side_is_answered_beside_ours(node: Node) -> None:
    """The core challenges too: the caller answers both, by a new CSeq, and gets through."""
    device = Device(node.party(HOME))
    offered, arrived = placed(node, device)
    node.core.answers(arrived, 407, headers=[("Proxy-Authenticate", 'Digest realm="core.test", nonce="n"')])
    node.core.gets("ACK")
    refusal = device.party.gets(407)
    device.party.acknowledges(offered, refusal)
    foreign = ("Proxy-Authorization", 'Digest username="x", realm="core.test", nonce="n", uri="sip:x", response="r"')
    again = device.party.invite(FAR, cseq=3, call_id=offered.call_id, from_value=offered.header("From"),
                                headers=[foreign, ("Proxy-Authorization", device.answer("INVITE"))])
    assert device.party.sends(again) == ("FORWARD", "NONE")
    device.party.gets(100)
    assert node.core.gets("INVITE").all("Proxy-Authorization") == [foreign[1]]
    assert node.pool() == 1


# ---------------------------------------------------------------------------------------- two workers

@pytest.mark.parametrize("hears", [0, 1])
@pytest.mark.parametrize("username", ["acme-1", "acme-2"])
def test_a_call_of_a_user_is_its_accounts_owners(make_node: NodeMaker, username: str, hears: int) -> None:
    node = make_node(digest_trunk(), workers=2, core_targets=(Target(*CORE),))
    owner = int(username[-1]) - 1
    device = Device(node.party(HOME), username=username)
    device.ask(hears)
    offered = Message(device.party.invite(FAR, from_value=f"<sip:{username}@x>;tag=1", headers=[("Proxy-Authorization", device.answer("INVITE"))]), HOME)

    def heard(payload: bytes) -> tuple[str, str]:
        outcome = device.party.sends(payload, hears)
        return node.take_handed_off(1 - hears) if outcome == HANDOFF else outcome

    assert heard(offered.raw) == ("FORWARD", "NONE")
    assert heard(offered.raw) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    device.party.gets(100, 100)
    arrived = node.core.gets("INVITE")
    node.core.answers(arrived, 180, owner)
    device.party.gets(180)
    assert heard(sip.hop_request("CANCEL", offered)) == ("REPLY", "ANSWERED_CANCEL")
    device.party.gets(200)
    node.core.gets("CANCEL")
    node.core.answers(arrived, 487, owner)
    node.core.gets("ACK")
    final = device.party.gets(487)
    assert heard(sip.hop_request("ACK", offered, final.header("To"))) == ("ABSORB", "ABSORBED_ACK")
    assert node.pool() == 0
