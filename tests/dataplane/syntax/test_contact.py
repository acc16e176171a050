"""Contacts of a REGISTER (RFC 3261 §10.2, §10.3, §20.10, RFC 5626 §4.1): all values of all headers, in their order."""
import pytest
from hypothesis import given, settings

from tests import _syntax
from tests.dataplane.syntax.messages import damaged_messages, messages

PLAIN = {"user": b"", "host": b"h", "port": 0, "is_sip": 1, "instance": b"", "expires": -1, "reg_id": 0, "q": 1000}


def register(*lines):
    """Return a REGISTER with these lines among its headers."""
    return "\r\n".join([
        "REGISTER sip:example.com SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "From: <sip:a@example.com>;tag=1",
        "To: <sip:a@example.com>", "Call-ID: c", "CSeq: 1 REGISTER", *lines, "", ""]).encode()


def contact(uri, **fields):
    return PLAIN | {"uri": uri} | fields


def walk(*lines):
    steps = _syntax.contacts(register(*lines))
    assert steps.pop() == "none"
    return steps


def only_contact(line):
    steps = walk("Contact: " + line)
    assert len(steps) == 1
    return steps[0]


def test_a_register_without_contacts_asks_for_bindings_and_has_none_to_walk_rfc3261_10_2_3():
    assert walk() == []


def test_several_headers_and_several_values_are_walked_in_order():
    assert walk("Contact: <sip:1@h>, sip:2@h;q=0.5", "Max-Forwards: 70", 'm : "3, <sip:no@h>" <sip:3@h>;expires=0\r\n ,\t<sip:4@h>', "CONTACT:sip:5@h") == [
        contact(b"sip:1@h", user=b"1"), contact(b"sip:2@h", user=b"2", q=500), contact(b"sip:3@h", user=b"3", expires=0), contact(b"sip:4@h", user=b"4"),
        contact(b"sip:5@h", user=b"5")]


def test_all_parameters_of_an_outbound_contact_are_read_rfc5626_9_1():
    line = '"A" <sips:a:pw@192.0.2.9:5071;transport=tcp;ob>;reg-id=1;q=0.7;+sip.instance="<urn:uuid:0000-AC4>";x="\\"";expires=600'
    assert only_contact(line) == {
        "uri": b"sips:a:pw@192.0.2.9:5071;transport=tcp;ob", "user": b"a", "host": b"192.0.2.9", "port": 5071, "is_sip": 2,
        "instance": b"<urn:uuid:0000-AC4>", "expires": 600, "reg_id": 1, "q": 700}


def test_parameters_behind_a_uri_without_brackets_are_the_headers_rfc3261_20():
    assert only_contact("sip:a@h;expires=60;transport=udp") == contact(b"sip:a@h", user=b"a", expires=60)


def test_names_of_parameters_have_any_case_and_white_space_around_them():
    assert only_contact('<sip:h> ; EXPIRES = 60 ;\r\n Reg-ID\t=2; Q=0;+SIP.Instance = "i"') == contact(
        b"sip:h", expires=60, reg_id=2, q=0, instance=b"i")


@pytest.mark.parametrize("uri", ["sip:h;expires=1;q=0", "sip:h?expires=1"])
def test_parameters_of_the_uri_are_none_of_the_contacts(uri):
    assert only_contact(f"<{uri}>") == contact(uri.encode())


@pytest.mark.parametrize("uri", ["tel:+49891234", "mailto:a@b", "urn:service:sos"])
def test_a_contact_of_another_scheme_is_the_callers_to_judge(uri):
    assert only_contact(f"<{uri}>") == contact(uri.encode(), host=b"", is_sip=0)


@pytest.mark.parametrize(("value", "expires"), [
    ("0", 0), ("3600", 3600), ("0000000060", 60), ("4294967295", 2**32 - 1), ("4294967296", 3600), ("9" * 30, 3600), ("soon", 3600), ("-1", 3600),
    ("1.5", 3600), ('"60"', 3600), ("", 3600)])
def test_expires_that_is_no_number_counts_as_an_hour_rfc3261_20_10(value, expires):
    assert only_contact(f"<sip:h>;expires={value}")["expires"] == expires


def test_expires_without_a_value_counts_as_an_hour_rfc3261_20_10():
    assert only_contact("<sip:h>;expires")["expires"] == 3600


@pytest.mark.parametrize(("value", "q"), [
    ("0", 0), ("0.", 0), ("0.1", 100), ("0.01", 10), ("0.001", 1), ("0.999", 999), ("1", 1000), ("1.", 1000), ("1.0", 1000), ("1.000", 1000)])
def test_q_is_read_as_thousandths(value, q):
    assert only_contact(f"<sip:h>;q={value}")["q"] == q


@pytest.mark.parametrize("value", ["1.1", "1.001", "2", "2.0", ".5", "0.0001", "0.1234", "00", "10", "0,5", "x", "0.x", "-1", '"0.5"', "", "0.5.", "0x5", "/"])
def test_any_other_q_is_malformed_rfc3261_25_1(value):
    assert walk(f"Contact: <sip:h>;q={value}")[-1] == "malformed"


def test_q_without_a_value_is_malformed():
    assert only_contact("<sip:h>;q") == "malformed"


@pytest.mark.parametrize(("value", "reg_id"), [("1", 1), ("2147483647", 2**31 - 1), ("2147483648", 0), ("0", 0), ("x", 0), ("", 0)])
def test_reg_id_that_is_none_counts_as_absent(value, reg_id):
    assert only_contact(f"<sip:h>;reg-id={value}")["reg_id"] == reg_id


@pytest.mark.parametrize(("value", "instance"), [('"<urn:x>"', b"<urn:x>"), ("<urn:x>", b"<urn:x>"), ('""', b""), ('"a;b,c"', b"a;b,c"), ("", b"")])
def test_an_instance_loses_its_quotes(value, instance):
    assert only_contact(f"<sip:h>;+sip.instance={value}")["instance"] == instance


@pytest.mark.parametrize("line", ["Contact: *", "m:*", "Contact:  \r\n * "])
def test_a_lone_star_is_told_apart_rfc3261_10_2_2(line):
    assert walk(line) == ["star"]


@pytest.mark.parametrize("lines", [
    ["Contact: *, <sip:h>"], ["Contact: *", "Contact: *"], ["Contact: *", "Contact: <sip:h>"], ["Contact: *;expires=0"], ["Contact: <*>"], ["Contact: **"]])
def test_a_star_beside_anything_else_is_malformed_rfc3261_10_3(lines):
    assert walk(*lines) == ["malformed"]


@pytest.mark.parametrize("line", ["<sip:h>,*", "<sip:h>, *"])
def test_a_star_behind_a_contact_is_malformed_rfc3261_10_3(line):
    assert walk("Contact: " + line) == [contact(b"sip:h"), "malformed"]


@pytest.mark.parametrize("line", ["", "<>", "h", "<sip:>", "<sip:@h>", "<sip:h", "sip:h>", '"A <sip:h>', "<sip:h>x", "<sip:h>;", "<sip:h:x>", "<sip:a b@h>"])
def test_an_ill_formed_contact_is_malformed_and_ends_the_walk(line):
    assert walk("Contact: " + line, "Contact: <sip:behind@h>") == ["malformed"]
    assert walk("Contact: <sip:h>", "Contact: " + line, "Contact: <sip:behind@h>") == [contact(b"sip:h"), "malformed"]


@pytest.mark.parametrize("line", ["<sip:h>,", "<sip:h>,,<sip:h>", "<sip:h>, \t"])
def test_an_empty_contact_is_malformed(line):
    assert walk("Contact: " + line) == [contact(b"sip:h"), "malformed"]


@settings(max_examples=200)
@given(messages() | damaged_messages())
def test_the_walk_ends_whatever_message_it_is_for(text):
    datagram = text.encode("latin-1")
    steps = _syntax.contacts(datagram)
    assert steps[-1] == "none" and not {"none", "star", "malformed"} & {step for step in steps[:-2] if isinstance(step, str)}
    wrong, fields = _syntax.parse_fields(datagram)
    if not wrong and fields["contact_uri"]:
        assert steps[0] == "malformed" or (steps[0]["uri"], steps[0]["host"]) == (fields["contact_uri"], fields["contact_host"])
