"""REGISTER of a user: bindings added, refreshed, removed and listed; all of a request is done, or nothing. (RFC 3261 §10.3, RFC 3327, RFC 5626, RFC 3581)"""
from dataclasses import replace
from itertools import permutations
from random import Random

import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import REGISTRAR, Device
from tests.packet.node import EDGE, Node, account, trunk
from tests.packet.sip import NUMBER, Message, place_text, tag_of, to_tag, via_of

HOME, NAT = ("203.0.113.50", 5060), ("203.0.113.99", 40000)
DESK, SOFT = "<sip:desk@203.0.113.50:5060>", "<sip:soft@203.0.113.50:5070>"
BINDINGS_MAX = 8
DEFAULT_S, MIN_S, MAX_S = 3600, 60, 7200


def digest_trunk(name: str = "acme", number: str = NUMBER):
    return trunk(name=name, number=number, primary=None, secondary=None)


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    return make_node(digest_trunk())


@pytest.fixture
def device(node: Node) -> Device:
    return Device(node.party(HOME))


def listed(contact: str, expires: int = DEFAULT_S, **parameters: str) -> str:
    return f"{contact};expires={expires}" + "".join(f";{name}={value}" for name, value in parameters.items())


def called(node: Node) -> str:
    """Let the core call; return the Request-URI and the place that is called, or "" when nobody is registered."""
    invite = Message(node.core.invite())
    node.core.sends(invite.raw)
    arrived = [packet for packet in node.wire if packet.getlayer(0).dst != node.core.place[0]]
    node.wire = []
    if not arrived:
        return ""
    request = Message(bytes(arrived[0].load))
    party = node.party((arrived[0].getlayer(0).dst, arrived[0].getlayer(1).dport))
    party.answers(request, 486)
    node.core.acknowledges(invite, node.core.gets(486))
    node.wire = []
    return f"{request.request_uri} at {place_text(party.place)}"


# ---------------------------------------------------------------------------------------- §10.3: what a REGISTER does

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


def test_the_parameter_goes_before_the_header(device: Device) -> None:
    answer = device.registers(f"{DESK};expires=600", SOFT, expires=1200)
    assert sorted(answer.all("Contact")) == [listed(DESK, 600), listed(SOFT, 1200)]


@pytest.mark.parametrize(("asked", "given"), [
    (MIN_S, MIN_S), (MAX_S, MAX_S), (MAX_S + 1, MAX_S), (4294967295, MAX_S), ("99999999999", DEFAULT_S), ("soon", DEFAULT_S)])
def test_the_time_asked_for_is_kept_within_bounds(device: Device, asked: int | str, given: int) -> None:
    assert device.registers(f"{DESK};expires={asked}").all("Contact") == [listed(DESK, given)]


@pytest.mark.parametrize(("asked", "given"), [(MIN_S, MIN_S), (MAX_S + 1, MAX_S), (2**31 - 1, MAX_S), (2**32 - 1, MAX_S)])
def test_the_header_is_kept_within_the_same_bounds(device: Device, asked: int, given: int) -> None:
    assert device.registers(DESK, expires=asked).all("Contact") == [listed(DESK, given)]


def test_without_any_expires_the_default_is_given(make_node: NodeMaker) -> None:
    device = Device(make_node(digest_trunk(), registrar={"default_expires_s": 300}).party(HOME))
    assert device.registers(DESK).all("Contact") == [listed(DESK, 300)]


@pytest.mark.parametrize("seconds", [1, MIN_S - 1])
@pytest.mark.parametrize("is_header", [True, False])
def test_rfc3261_21_4_17_too_brief_is_423_and_min_expires_says_what_would_do(device: Device, is_header: bool, seconds: int) -> None:
    refusal = device.is_refused(423, DESK if is_header else f"{DESK};expires={seconds}", expires=seconds if is_header else None)
    assert (refusal.header("Min-Expires"), refusal.all("Contact")) == (str(MIN_S), [])
    assert device.fetches() == []


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


# ---------------------------------------------------------------------------------------- order

@pytest.mark.parametrize("cseq", [9, 10])
def test_rfc3261_10_3_a_cseq_that_does_not_grow_is_refused(device: Device, cseq: int) -> None:
    device.cseq = 9
    device.registers(DESK)
    device.cseq = cseq - 1
    device.is_refused(500, f"{DESK};expires=0")
    device.cseq = 10
    assert device.fetches() == [listed(DESK)]


def test_an_older_request_may_still_add_another_contact(device: Device) -> None:
    device.cseq = 9
    device.registers(DESK)
    device.cseq = 4
    assert sorted(device.registers(SOFT).all("Contact")) == [listed(DESK), listed(SOFT)]


# ---------------------------------------------------------------------------------------- all or nothing

@pytest.mark.parametrize(("bad", "status"), [
    ("<sip:other@203.0.113.50>;expires=5", 423), ("<mailto:ann@example.com>", 400), ("<sip:>", 400), ("<sip:a@b>;q=2", 400), ("<sip:a@b", 400),
    ("<sip:" + "a" * 260 + "@203.0.113.50>", 400)])
@pytest.mark.parametrize("is_first", [True, False])
def test_rfc3261_10_3_all_of_a_request_is_done_or_nothing(device: Device, is_first: bool, bad: str, status: int) -> None:
    device.registers(DESK)
    wanted = [f"{DESK};expires=0", SOFT]
    device.is_refused(status, *([bad, *wanted] if is_first else [*wanted, bad]))
    assert device.fetches() == [listed(DESK)]


def test_an_outdated_contact_spoils_the_whole_request(device: Device) -> None:
    device.cseq = 9
    device.registers(DESK)
    device.cseq = 4
    device.is_refused(500, SOFT, DESK)
    assert device.fetches() == [listed(DESK)]


@pytest.mark.parametrize("order", list(permutations(["", ";expires=0", ";expires=600"], 2)), ids=str)
@pytest.mark.parametrize("is_known", [True, False])
def test_rfc3261_10_3_of_a_contact_that_is_there_twice_the_last_counts(node: Node, device: Device, is_known: bool, order: tuple[str, str]) -> None:
    """Each is done in turn."""
    device.registers(SOFT, *([DESK] if is_known else []))
    device.registers(*(f"{DESK}{each}" for each in order))
    times = {"": [listed(DESK)], ";expires=0": [], ";expires=600": [listed(DESK, 600)]}
    assert sorted(device.fetches()) == sorted([*times[order[1]], listed(SOFT)])


def test_a_binding_that_is_removed_twice_is_freed_once(make_node: NodeMaker) -> None:
    """Or two accounts would get the same record."""
    node = make_node(digest_trunk(), digest_trunk("other", "+651"), binding_capacity=8)
    device, other = Device(node.party(HOME)), Device(node.party(HOME), username="other-1")
    device.registers(DESK)
    device.registers(f"{DESK};expires=0", f"{DESK};expires=0")
    device.registers(DESK)
    other.registers(SOFT)
    assert (device.fetches(), other.fetches()) == ([listed(DESK)], [listed(SOFT)])


# ---------------------------------------------------------------------------------------- how many

def test_an_account_has_so_many_contacts_and_no_more(device: Device) -> None:
    contacts = [f"<sip:{place}@203.0.113.50>" for place in range(BINDINGS_MAX)]
    assert len(device.registers(*contacts).all("Contact")) == BINDINGS_MAX
    device.is_refused(403, DESK)
    assert len(device.registers(contacts[0], expires=600).all("Contact")) == BINDINGS_MAX
    assert len(device.registers(f"{contacts[0]};expires=0", DESK).all("Contact")) == BINDINGS_MAX


def test_too_many_contacts_at_once_are_refused_at_once(device: Device) -> None:
    device.is_refused(403, *(f"<sip:{place}@203.0.113.50>" for place in range(BINDINGS_MAX + 1)))
    assert device.fetches() == []


def test_the_last_place_may_be_asked_for_twice(device: Device) -> None:
    device.registers(*(f"<sip:{place}@203.0.113.50>" for place in range(BINDINGS_MAX - 1)))
    assert len(device.registers(DESK, DESK).all("Contact")) == BINDINGS_MAX


def test_a_full_table_is_503_and_changes_nothing(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), digest_trunk("other", "+651"), binding_capacity=4)
    device, other = Device(node.party(HOME)), Device(node.party(HOME), username="other-1")
    device.registers(DESK, SOFT, "<sip:3@203.0.113.50>")
    other.is_refused(503, "<sip:1@203.0.113.50>", "<sip:2@203.0.113.50>")
    assert other.fetches() == []
    other.registers("<sip:1@203.0.113.50>")
    other.is_refused(503, "<sip:2@203.0.113.50>")
    other.registers("<sip:2@203.0.113.50>", "<sip:1@203.0.113.50>;expires=0")
    device.registers(f"{DESK};expires=0")
    assert len(other.registers("<sip:1@203.0.113.50>").all("Contact")) == 2


def test_places_are_given_back_however_a_binding_ends(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), binding_capacity=2)
    device = Device(node.party(HOME))
    for turn in range(6):
        device.registers(DESK, SOFT, expires=60)
        if turn % 3 == 0:
            node.advance(60_000)
        elif turn % 3 == 1:
            device.registers("*", expires=0)
        else:
            device.registers(f"{DESK};expires=0", f"{SOFT};expires=0")
        assert device.fetches() == []


def test_a_register_takes_no_room_from_transactions(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), transaction_capacity=1)
    device = Device(node.party(HOME))
    device.registers(DESK)
    device.registers(SOFT)
    assert node.transactions == 0


# ---------------------------------------------------------------------------------------- whose

@pytest.mark.parametrize("to", ["<sip:acme-1@anywhere>", f"<sip:{NUMBER}@edge.test>", f"<tel:{NUMBER}>", f'"A" <sip:%2B{NUMBER[1:]}@edge.test;user=phone>'])
def test_to_names_the_user_or_a_number_of_the_trunk(node: Node, to: str) -> None:
    device = Device(node.party(HOME), to=to)
    device.registers(DESK)
    assert Device(node.party(HOME)).fetches() == [listed(DESK)]


@pytest.mark.parametrize("to", ["<sip:acme-2@edge.test>", "<sip:nobody@edge.test>", "<sip:edge.test>", "<tel:+651>", "<sip:+651@edge.test>", "<sip:ACME-1@edge.test>",
                                "<mailto:acme-1@edge.test>", "<a:b>", f"<smtp:{NUMBER}>", f"<xyz:{NUMBER}>"])
def test_rfc3261_10_3_to_of_somebody_else_is_403(make_node: NodeMaker, to: str) -> None:
    node = make_node(digest_trunk(), digest_trunk("other", "+651"))
    Device(node.party(HOME), to=to).is_refused(403, DESK)
    for username in ("acme-1", "acme-2", "other-1", "other-2"):
        assert Device(node.party(HOME), username=username).fetches() == []


def test_the_accounts_of_a_trunk_have_bindings_of_their_own(node: Node) -> None:
    primary, secondary = (Device(node.party(HOME), username=name) for name in ("acme-1", "acme-2"))
    primary.registers(DESK)
    secondary.registers(SOFT)
    assert (primary.fetches(), secondary.fetches()) == ([listed(DESK)], [listed(SOFT)])


# ---------------------------------------------------------------------------------------- extensions, hops

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


# ---------------------------------------------------------------------------------------- Path (RFC 3327)

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


# ---------------------------------------------------------------------------------------- outbound (RFC 5626)

INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
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


# ---------------------------------------------------------------------------------------- where calls go (RFC 3581, §10.3)

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


# ---------------------------------------------------------------------------------------- time

def test_a_binding_ends_with_its_time(node: Node, device: Device) -> None:
    device.registers(DESK, expires=120)
    device.registers(SOFT, expires=60)
    node.advance(59_000)
    assert sorted(device.fetches()) == [listed(DESK, 61), listed(SOFT, 1)]
    node.advance(1_000)
    assert device.fetches() == [listed(DESK, 61 - 1)]
    assert node.count("BINDING_EXPIRED") == 1
    node.advance(60_000)
    assert (called(node), node.count("BINDING_EXPIRED")) == ("", 2)


def test_a_refreshed_binding_does_not_end_with_its_first_time(node: Node, device: Device) -> None:
    device.registers(DESK, expires=60)
    node.advance(50_000)
    device.registers(DESK, expires=60)
    node.advance(50_000)
    assert device.fetches() == [listed(DESK, 10)]
    device.registers(DESK, expires=3600)
    device.registers(DESK, expires=60)
    node.advance(60_000)
    assert device.fetches() == []


# ---------------------------------------------------------------------------------------- retransmission

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


# ---------------------------------------------------------------------------------------- two workers

HANDOFF = ("HANDOFF", "HANDED_OFF")


@pytest.mark.parametrize("username", ["acme-1", "acme-2"])
def test_the_accounts_owner_does_it_whoever_hears_it(make_node: NodeMaker, username: str) -> None:
    node = make_node(digest_trunk(), workers=2)
    owner = int(username[-1]) - 1
    device = Device(node.party(HOME), username=username)
    device.ask(1 - owner)
    request = device.request([DESK])
    for _ in range(2):
        assert device.party.sends(request, 1 - owner) == HANDOFF
        outcome = node.take_handed_off(owner)
        device.party.gets(200)
    assert outcome == ("ABSORB", "ABSORBED_RETRANSMISSION")
    assert device.party.sends(device.request([]), owner) == ("REPLY", "ANSWERED_REGISTER")
    assert device.party.gets(200).all("Contact") == [listed(DESK)]


@pytest.mark.parametrize("worker", [0, 1])
def test_every_worker_finds_the_binding(make_node: NodeMaker, worker: int) -> None:
    node = make_node(digest_trunk(), workers=2)
    Device(node.party(HOME)).registers(DESK)
    node.core.sends(node.core.invite(), worker)
    node.core.gets(100)
    arrived = node.party(HOME).gets("INVITE")
    node.party(HOME).answers(arrived, 200, worker)
    node.core.gets(200)


def test_a_nonce_is_used_once_whichever_worker_hears_it(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), workers=2)
    device = Device(node.party(HOME))
    device.ask(1)
    value = device.answer("REGISTER")
    outcomes = []
    for worker in (0, 1):
        device.party.sends(device.request([DESK], with_credentials=False, headers=[("Authorization", value)]), worker)
        outcomes.append(node.take_handed_off(0))
    assert outcomes == [("CONTINUE", "NONE"), ("REPLY", "CHALLENGED_STALE")]
    device.party.gets(200, 401)


# ---------------------------------------------------------------------------------------- new worlds

def test_a_user_that_is_gone_has_no_bindings(node: Node, device: Device) -> None:
    device.registers(DESK)
    node.publish(trunk(primary=None, secondary=None), digest_trunk("other", "+651"))
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


# ---------------------------------------------------------------------------------------- malformed

@pytest.mark.parametrize("contact", [
    "<>", "nonsense", "<sip:a@b>;q=", "<sip:a@b>;q=1.001", "<sip:a@b>;q=-1", "<sip:a@b> garbage", ",", "<sip:a@b>,", "<sip:a@b>,,<sip:c@d>", '"open <sip:a@b>',
    "<sip:a@b:99999>", "<tel:+123>", "<sip:a\0b@203.0.113.50>"])
def test_a_malformed_contact_is_400(device: Device, contact: str) -> None:
    device.is_refused(400, contact)
    assert device.fetches() == []


@pytest.mark.parametrize("expires", ["-1", "x", "1 2", "4294967296", ""])
def test_a_malformed_expires_header_harms_nobody(device: Device, expires: str) -> None:
    """400, or the default (§20.19): what it never does is to bind for another time than is told."""
    outcome = device.sends(DESK, expires=expires)
    answer = device.party.received()[0]
    assert (outcome[1], answer.status, answer.all("Contact")) in [
        ("REFUSED_MALFORMED", 400, []), ("ANSWERED_REGISTER", 200, [listed(DESK)]), ("ANSWERED_REGISTER", 200, [listed(DESK, MAX_S)])]


def test_the_answer_repeats_what_an_answer_repeats(node: Node, device: Device) -> None:
    device.ask()
    request = Message(device.request([DESK]))
    device.party.sends(request.raw)
    answer = device.party.gets(200)
    assert [answer.header(name) for name in ("From", "Call-ID", "CSeq")] == [request.header(name) for name in ("From", "Call-ID", "CSeq")]
    assert answer.header("To").startswith(request.header("To"))
    assert tag_of(answer.header("To"))
    assert answer.source == EDGE


def test_whatever_is_asked_for_the_table_holds_what_the_answers_say(make_node: NodeMaker) -> None:
    """Against a model, three thousand times: nothing leaks, nothing is freed twice."""
    chance = Random(5626)
    node = make_node(digest_trunk(), digest_trunk("other", "+651"), binding_capacity=11, workers=1)
    devices = [Device(node.party(HOME), username=name) for name in ("acme-1", "acme-2", "other-1")]
    uris = [f"<sip:{place}@203.0.113.50>" for place in range(10)]
    expected: dict[str, dict[str, int]] = {device.username: {} for device in devices}
    now = 0
    for _ in range(3000):
        device = chance.choice(devices)
        bindings = expected[device.username]
        asked = [(chance.choice(uris), chance.choice([0, 0, 60, 100, 3600])) for _ in range(chance.randint(1, 4))]
        wanted = {**{uri: at for uri, at in bindings.items() if at > now}, **{uri: now + seconds for uri, seconds in asked}}
        wanted = {uri: at for uri, at in wanted.items() if at > now}
        others = sum(len([at for at in each.values() if at > now]) for name, each in expected.items() if name != device.username)
        outcome = device.sends(*(f"{uri};expires={seconds}" for uri, seconds in asked))[1]
        answer = device.party.received()[0]
        if answer.status == 401:
            device.take(answer)
            continue
        assert outcome == ("REFUSED_TOO_MANY_CONTACTS" if len(wanted) > BINDINGS_MAX else "REFUSED_OVERLOAD" if others + len(wanted) > 11 else "ANSWERED_REGISTER")
        if outcome == "ANSWERED_REGISTER":
            expected[device.username] = wanted
            assert sorted(answer.all("Contact")) == sorted(listed(uri, at - now) for uri, at in wanted.items())
        step = chance.choice([0, 0, 1, 1, 20, 45])
        now += step
        node.advance(1000 * step + (33_000 if node.transactions > 100 else 0))
        now += 33 if node.transactions > 100 else 0
