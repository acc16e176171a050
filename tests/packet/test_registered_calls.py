"""Calls to and from accounts that register. (spec §3, §4, RFC 3261 §16.5, §22.3, RFC 5626)"""
from typing import Any

import pytest

from hasip.domain.trunk import Target
from tests.packet import sip
from tests.packet.conftest import NodeMaker
from tests.packet.digest import Device, calls_with_credentials
from tests.packet.node import CORE, PRIMARY, SECONDARY, Call, Node, Party, trunk
from tests.packet.sip import NUMBER, Message, place_text

HOME, OFFICE, NAT = ("203.0.113.50", 5060), ("203.0.113.51", 5080), ("203.0.113.99", 40000)
PRIVATE = ("192.168.1.2", 5060)
PHONE, FLOW = ("10.1.1.1", 33333), 7
FAR = "+4930123456"
INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>";reg-id=1'
NOT_REGISTERED = '399 hasip "user not registered"'


def digest_trunk(mode: str = "auto_failover", *, primary: Any = None, secondary: Any = None, **settings: Any) -> Any:
    return trunk(mode, primary=primary, secondary=secondary, **settings)


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    return make_node(digest_trunk(), core_targets=(Target(*CORE),))


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
    device.registers(f"<sip:{username}@{place_text(PRIVATE)};transport=tcp>;{INSTANCE}", headers=[("Supported", "outbound")])
    return device


def refused(node: Node, status: int, **fields: Any) -> Message:
    """Let the core call, and be refused; return the refusal."""
    invite = Message(node.core.invite(**fields))
    node.core.sends(invite.raw)
    answer = node.core.gets(100, status)
    node.core.acknowledges(invite, answer)
    return answer


# ---------------------------------------------------------------------------------------- to the binding

@pytest.mark.parametrize("contact", ["sip:desk@203.0.113.50:5060;transport=udp;x=y", "sip:203.0.113.50", "sip:%41b@203.0.113.50:5060;user=phone"])
def test_rfc3261_16_5_the_request_uri_is_the_contact_to_the_letter(node: Node, contact: str) -> None:
    device = registered(node)
    device.registers(f"<{contact}>;q=1.0", f"{device.contact};expires=0")
    _, arrived = node.offer(device.party)
    assert arrived.request_uri == contact
    assert arrived.header("To") == f"<sip:{NUMBER}@198.51.100.1:5060>"
    device.party.answers(arrived, 200)
    node.core.gets(200)


def test_a_tel_uri_becomes_the_contact_too(node: Node) -> None:
    device = registered(node)
    _, arrived = node.offer(device.party, uri=f"tel:{NUMBER}")
    assert arrived.request_uri == device.contact[1:-1]


def test_other_requests_go_to_the_binding_as_well(node: Node) -> None:
    device = registered(node)
    node.core.sends(node.core.request("MESSAGE"))
    arrived = device.party.gets("MESSAGE")
    assert arrived.request_uri == device.contact[1:-1]
    device.party.answers(arrived, 200)
    node.core.gets(200)
    assert node.pool() == 0


def test_a_retransmission_goes_the_same_way(node: Node) -> None:
    device = behind_nat(node)
    _, arrived = node.offer(device.party)
    node.advance(500)
    assert device.party.gets("INVITE").raw == arrived.raw
    device.party.answers(arrived, 200)
    node.core.gets(200)


# ---------------------------------------------------------------------------------------- nobody registered (spec §3)

@pytest.mark.parametrize("mode", ["only_primary", "load_balancing", "auto_failover"])
@pytest.mark.parametrize("secondary", [None, SECONDARY], ids=["digest", "ip"])
def test_without_a_binding_the_call_is_480_and_does_not_fail_over(make_node: NodeMaker, secondary: Any, mode: str) -> None:
    node = make_node(digest_trunk(mode, secondary=secondary))
    registered(node, OFFICE, "acme-2") if secondary is None else None
    assert refused(node, 480).header("Warning") == NOT_REGISTERED
    assert (node.pool(), node.count("REFUSED_NOT_REGISTERED"), node.count("FORWARDED_FAILOVER")) == (0, 1, 0)
    assert [leg["attempts"] for leg in node.router.trunk(0)["legs"][:2]] == [0, 0]


def test_other_requests_without_a_binding_are_480_too(node: Node) -> None:
    node.core.sends(node.core.request("MESSAGE"))
    assert node.core.gets(480).header("Warning") == NOT_REGISTERED


def test_a_binding_that_ended_is_none(node: Node) -> None:
    device = registered(node, expires=60)
    node.advance(60_000)
    refused(node, 480)
    device.registers(expires=60)
    node.offer(device.party)


def test_a_binding_that_ends_while_it_rings_changes_nothing(node: Node) -> None:
    device = registered(node, expires=60)
    node.advance(55_000)
    offered, arrived = node.offer(device.party)
    device.party.answers(arrived, 180)
    node.core.gets(180)
    device.registers(f"{device.contact};expires=0")
    node.core.cancels(offered)
    node.core.gets(200)
    assert device.party.gets("CANCEL").request_uri == arrived.request_uri
    device.party.answers(arrived, 487)
    assert device.party.gets("ACK").request_uri == arrived.request_uri
    node.core.acknowledges(offered, node.core.gets(487))


# ---------------------------------------------------------------------------------------- failover

@pytest.mark.parametrize("status", [408, 480, 503])
def test_from_an_address_to_a_registered_secondary(make_node: NodeMaker, status: int) -> None:
    node = make_node(digest_trunk(primary=PRIMARY))
    device = registered(node, OFFICE, "acme-2")
    _, first = node.offer()
    node.primary.answers(first, status)
    node.primary.gets("ACK")
    second = device.party.gets("INVITE")
    assert second.request_uri == device.contact[1:-1]
    device.party.answers(second, 200)
    node.core.gets(200)
    assert node.router.calls()[0]["leg"] == 1


@pytest.mark.parametrize("status", [408, 480, 503])
def test_from_a_registered_primary_to_an_address(make_node: NodeMaker, status: int) -> None:
    """A 480 that the far end sends moves the call on: only ours does not."""
    node = make_node(digest_trunk(secondary=SECONDARY))
    device = registered(node)
    _, first = node.offer(device.party)
    device.party.answers(first, status)
    device.party.gets("ACK")
    second = node.secondary.gets("INVITE")
    assert second.request_uri == f"sip:{NUMBER}@{place_text(SECONDARY)}"
    node.secondary.answers(second, 200)
    node.core.gets(200)


def test_a_failing_primary_and_a_secondary_that_is_not_registered_is_480(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(primary=PRIMARY))
    offered, first = node.offer()
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    refusal = node.core.gets(480)
    assert refusal.header("Warning") == NOT_REGISTERED
    node.core.acknowledges(offered, refusal)
    assert node.pool() == 0


def test_a_silent_device_fails_over(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk())
    primary, secondary = registered(node), registered(node, OFFICE, "acme-2")
    _, first = node.offer(primary.party)
    node.advance(2000)
    assert [each.raw for each in primary.party.received()] == [first.raw] * 2
    second = secondary.party.gets("INVITE")
    secondary.party.answers(second, 200)
    node.core.gets(200)
    primary.party.answers(first, 200)
    primary.party.answers(primary.party.gets("ACK", "BYE"), 200)


def test_a_late_answer_behind_nat_is_ended_behind_nat(make_node: NodeMaker) -> None:
    """ACK and BYE go where the device is, whatever its Contact says."""
    node = make_node(digest_trunk(secondary=SECONDARY))
    device = behind_nat(node)
    _, first = node.offer(device.party)
    node.advance(2000)
    device.party.received()
    node.secondary.answers(node.secondary.gets("INVITE"), 200)
    node.core.gets(200)
    device.party.answers(first, 200, contact=f"<sip:desk@{place_text(PRIVATE)}>")
    bye = device.party.gets("ACK", "BYE")
    assert bye.request_uri == f"sip:desk@{place_text(PRIVATE)}"
    device.party.answers(bye, 200)


def test_load_balancing_alternates_between_registered_accounts_registered_or_not(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk("load_balancing", calls=9))
    primary = registered(node)
    for _ in range(3):
        node.core.sends(node.core.invite())
        node.core.gets(100)
        primary.party.answers(primary.party.gets("INVITE"), 486)
        primary.party.gets("ACK")
        node.core.gets(486)
        refused(node, 480)
    secondary = registered(node, OFFICE, "acme-2")
    for device in (primary, secondary, primary, secondary):
        node.core.sends(node.core.invite())
        node.core.gets(100)
        device.party.answers(device.party.gets("INVITE"), 503)
        device.party.gets("ACK")
        node.core.gets(500)


# ---------------------------------------------------------------------------------------- connections (RFC 5626)

def test_a_dead_connection_fails_over_at_once(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(secondary=SECONDARY), streams=True)
    device = on_stream(node)
    _, first = node.offer(device.party)
    node.break_flow(first)
    assert node.count("FAR_END_ERROR_STREAM") == 1
    node.secondary.answers(node.secondary.gets("INVITE"), 200)
    node.core.gets(200)


@pytest.mark.parametrize("mode", ["only_primary", "load_balancing"])
def test_a_dead_connection_is_500_where_nothing_fails_over(make_node: NodeMaker, mode: str) -> None:
    node = make_node(digest_trunk(mode, secondary=SECONDARY), streams=True)
    device = on_stream(node)
    offered, first = node.offer(device.party)
    node.break_flow(first)
    refusal = node.core.gets(500)
    assert "all targets failed" in refusal.header("Warning")
    node.core.acknowledges(offered, refusal)
    assert node.pool() == 0


def test_two_dead_connections_are_500(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), streams=True)
    one, other = on_stream(node), on_stream(node, "acme-2", FLOW + 1)
    offered, first = node.offer(one.party)
    node.break_flow(first)
    node.break_flow(other.party.gets("INVITE"))
    node.core.acknowledges(offered, node.core.gets(500))


def test_a_new_connection_takes_the_place_of_the_old(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), streams=True)
    on_stream(node)
    again = on_stream(node, flow=FLOW + 1)
    assert len(again.fetches()) == 1
    _, arrived = node.offer(again.party)
    again.party.answers(arrived, 200)
    node.core.gets(200)


def test_over_a_connection_nothing_is_sent_twice(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk("only_primary"), streams=True)
    device = on_stream(node)
    _, arrived = node.offer(device.party)
    node.advance(9_000)
    device.party.gets_nothing()
    device.party.answers(arrived, 486)
    device.party.gets("ACK")
    node.core.gets(486)


# ---------------------------------------------------------------------------------------- inside the call

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


# ---------------------------------------------------------------------------------------- from the account

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
        return node.take_handed_off(1 - hears) if outcome == ("HANDOFF", "HANDED_OFF") else outcome

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
