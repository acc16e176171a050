"""Via values (RFC 3261 §20.42, RFC 3581 §3)."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _syntax


def only(text):
    (found,) = _syntax.vias(text)
    return found


def test_a_via_is_taken_apart():
    assert only(b"SIP/2.0/UDP pc33.atlanta.com:5066;branch=z9hG4bK776;received=192.0.2.1;rport=5067") == {
        "whole": b"SIP/2.0/UDP pc33.atlanta.com:5066;branch=z9hG4bK776;received=192.0.2.1;rport=5067", "transport": b"UDP",
        "sent_by": b"pc33.atlanta.com:5066", "host": b"pc33.atlanta.com", "port": 5066, "branch": b"z9hG4bK776", "received": b"192.0.2.1",
        "rport": 5067, "rport_parameter": b"rport=5067"}


def test_white_space_may_stand_around_every_separator():
    found = only(b"  SIP  / 2.0\r\n /\tUDP \r\n 192.0.2.1 : 5060 ;\r\n branch  =  z9hG4bK1 ; RPORT ;ttl = 16 ")
    assert (found["transport"], found["host"], found["port"], found["branch"], found["rport"]) == (b"UDP", b"192.0.2.1", 5060, b"z9hG4bK1", 0)
    assert found["rport_parameter"] == b"RPORT" and found["whole"].endswith(b"ttl = 16") and found["sent_by"] == b"192.0.2.1 : 5060"


def test_a_list_is_walked_value_by_value():
    found = _syntax.vias(b"SIP/2.0/UDP a;branch=1 , SIP/2.0/TCP b:5;x=\"q,r\",SIP/2.0/TLS [2001:db8::9:255]:5061")
    assert [(each["host"], each["port"]) for each in found] == [(b"a", 0), (b"b", 5), (b"[2001:db8::9:255]", 5061)]


@pytest.mark.parametrize(("parameter", "rport", "span"), [
    (b"", -1, b""), (b";rport", 0, b"rport"), (b";rport=", 0, b"rport="), (b";rport=65535", 65535, b"rport=65535"), (b";Rport = 1", 1, b"Rport = 1")])
def test_rport_is_absent_empty_or_a_port_rfc3581_3(parameter, rport, span):
    found = only(b"SIP/2.0/UDP a" + parameter)
    assert (found["rport"], found["rport_parameter"]) == (rport, span)


def test_received_may_be_an_ipv6_address_without_brackets_rfc5118_4_5():
    assert only(b"SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3-111")["received"] == b"2001:db8::9:255"
    assert only(b"SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111")["received"] == b"[2001:db8::9:255]"


@pytest.mark.parametrize("text", [
    b"", b"SIP/2.0/UDP", b"SIP/2.0/UDP ", b"SIP/2.0 UDP a", b"SIP/1.0/UDP a", b"HTTP/2.0/UDP a", b"SIP/2.0/UDP :5060", b"SIP/2.0/UDP a:", b"SIP/2.0/UDP a:x",
    b"SIP/2.0/UDP a:65536", b"SIP/2.0/UDP a b", b"SIP/2.0/UDP [::1", b"SIP/2.0/UDP [::1]x", b"SIP/2.0/UDP [;]", b"SIP/2.0/UDP a;", b"SIP/2.0/UDP a;;b",
    b"SIP/2.0/UDP a;=b", b"SIP/2.0/UDP a;branch=", b"SIP/2.0/UDP a;branch", b"SIP/2.0/UDP a;branch=\"b\"", b"SIP/2.0/UDP a;rport=x",
    b"SIP/2.0/UDP a;rport=65536", b"SIP/2.0/UDP a;received=", b"SIP/2.0/UDP a;x=\"", b"SIP/2.0/UDP a;b c", b"SIP/2.0/UDP a,", b"SIP/2.0/UDP a;x,"])
def test_an_ill_formed_via_is_refused(text):
    assert _syntax.vias(text) == [None]
    assert _syntax.plain_via(text) is None


PIECES = st.sampled_from([
    ";branch=z9hG4bK1", ";rport", ";rport=", ";rport=5060", ";rport=99999", ";received=192.0.2.1", ";received=", ";branch=", ";RPORT=1", ";Branch=x",
    ";branch=a=b", ";x", ";rportx", ";branchy=1", ";receivedly=1", ":5060", ":", ":123456789", "[::1]", "host", ".example.com", ";", " ", ",", "\"", "x" * 60, "x" * 13, "\xe4"])


@given(st.sampled_from(["SIP/2.0/UDP ", "SIP/2.0/TCP ", "SIP/2.0/TLS ", "SIP/2.0/SCTP ", "sip/2.0/UDP "]), st.lists(PIECES, max_size=8).map("".join))
def test_the_quick_reading_agrees_with_the_grammar(protocol, rest):
    text = (protocol + rest).encode()
    quick = _syntax.plain_via(text)
    if quick is not None:
        assert _syntax.vias(text) == [quick]
