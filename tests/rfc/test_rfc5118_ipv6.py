"""The parser's share of RFC 5118: IPv6 references in all places."""
import pytest

from hasip._fastpath import SipSyntaxError, parse
from tests.rfc.torture import request


def test_4_1_a_valid_ipv6_reference():
    message = parse(request("REGISTER sip:[2001:db8::10] SIP/2.0", CSeq="CSeq: 98176 REGISTER",
                            Via="Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111", extra=["Contact: <sip:caller@[2001:db8::1]>"]))
    assert (message.request_uri_host, message.via_host, message.contact_host) == ("[2001:db8::10]", "[2001:db8::9:1]", "[2001:db8::1]")


def test_4_2_a_reference_without_brackets_is_no_host():
    with pytest.raises(SipSyntaxError) as refusal:
        parse(request("REGISTER sip:2001:db8::10 SIP/2.0", CSeq="CSeq: 98176 REGISTER"))
    assert refusal.value.header == "Request-URI"


def test_4_3_a_port_inside_the_brackets_is_part_of_the_address():
    message = parse(request("REGISTER sip:[2001:db8::10:5070] SIP/2.0", CSeq="CSeq: 98176 REGISTER"))
    assert (message.request_uri_host, message.request_uri_port) == ("[2001:db8::10:5070]", 0)


def test_4_4_a_port_behind_the_brackets():
    message = parse(request("REGISTER sip:[2001:db8::10]:5070 SIP/2.0", CSeq="CSeq: 98176 REGISTER",
                            Via="Via: SIP/2.0/UDP [2001:db8::9:1]:5072;branch=z9hG4bKas3-111", extra=["Contact: <sip:caller@[2001:db8::1]:5074>"]))
    assert (message.request_uri_port, message.via_port, message.contact_port) == (5070, 5072, 5074)


@pytest.mark.parametrize("received", ["[2001:db8::9:255]", "2001:db8::9:255"])
def test_4_5_received_with_and_without_brackets(received):
    message = parse(request(Via=f"Via: SIP/2.0/UDP [2001:db8::9:1];received={received};branch=z9hG4bKas3-111"))
    assert message.branch == "z9hG4bKas3-111"


def test_4_6_addresses_in_the_body_are_no_business_of_the_parser():
    body = "v=0\r\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\n"
    assert parse(request(extra=[f"Content-Length: {len(body)}"], body=body)).body == body.encode()


def test_4_7_ipv4_and_ipv6_in_one_message():
    message = parse(request(Via="Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKas3-1, SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111"))
    assert message.via_host == "192.0.2.1"


def test_4_8_several_addresses_of_both_families_in_one_list():
    message = parse(request(extra=["Contact: <sip:a@[::ffff:192.0.2.3]:6000>, <sip:a@192.0.2.3>"]))
    assert (message.contact_host, message.contact_port) == ("[::ffff:192.0.2.3]", 6000)


@pytest.mark.parametrize("host", ["[2001:db8::10", "[]", "[2001:db8::1g]", "[::1]x", "[::1];[", "[::1 ]"])
def test_ill_formed_references_are_refused(host):
    with pytest.raises(SipSyntaxError) as refusal:
        parse(request(Via=f"Via: SIP/2.0/UDP {host};branch=z9hG4bK1"))
    assert refusal.value.header == "Via"
