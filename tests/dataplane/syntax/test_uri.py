"""SIP URIs (RFC 3261 §19.1)."""
import pytest

from tests import _syntax


def parts(text):
    found = _syntax.uri(text.encode())
    return found and (found["user"].decode(), found["host"].decode(), found["port"], found["parameters"].decode())


@pytest.mark.parametrize(("text", "expected"), [
    ("sip:alice@atlanta.com", ("alice", "atlanta.com", 0, "")),
    ("sip:atlanta.com", ("", "atlanta.com", 0, "")),
    ("sip:alice:secretword@atlanta.com;transport=tcp", ("alice", "atlanta.com", 0, ";transport=tcp")),
    ("sips:alice@atlanta.com?subject=project%20x&priority=urgent", ("alice", "atlanta.com", 0, "")),
    ("sip:+1-212-555-1212:1234@gateway.com;user=phone", ("+1-212-555-1212", "gateway.com", 0, ";user=phone")),
    ("sip:alice@192.0.2.4:5070", ("alice", "192.0.2.4", 5070, "")),
    ("sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", ("", "atlanta.com", 0, ";method=REGISTER")),
    ("sip:alice;day=tuesday@atlanta.com", ("alice;day=tuesday", "atlanta.com", 0, "")),
    ("sip:user?x=1@h", ("user?x=1", "h", 0, "")),
    ("SIP:a@[2001:db8::10]:5070;lr", ("a", "[2001:db8::10]", 5070, ";lr")),
    ("sip:[2001:db8::10:5070]", ("", "[2001:db8::10:5070]", 0, "")),
    ("sip:a@h:0005060", ("a", "h", 5060, "")),
    ("tel:+49891234", ("", "", 0, "")),
    ("nobodyKnowsThisScheme:totallyopaquecontent", ("", "", 0, "")),
])
def test_a_uri_is_taken_apart(text, expected):
    assert parts(text) == expected


@pytest.mark.parametrize(("text", "is_sip"), [("sip:h", 1), ("sips:h", 2), ("SIPS:h", 2), ("sipx:h", 0), ("tel:1", 0), ("soap.beep://h", 0)])
def test_only_sip_and_sips_are_sip(text, is_sip):
    assert _syntax.uri(text.encode())["is_sip"] == is_sip


@pytest.mark.parametrize("text", [
    "", "sip", "sip:", ":h", "1sip:h", "sip:@h", "sip:a@", "sip:a@:5060", "sip:a@h:", "sip:a@h:x", "sip:a@h:65536", "sip:a@h:5060x",
    "sip:a@[::1", "sip:a@[]", "sip:a@[::1]x", "sip:a@[::g]", "sip:a@b@c", "sip:a b@h", "sip:a@h>", "<sip:a@h>", 'sip:"a"@h', "sip:a@h\r\n"])
def test_what_is_no_uri_is_refused(text):
    assert _syntax.uri(text.encode()) is None


def test_host_port_is_what_a_proxy_replaces():
    assert _syntax.uri(b"sip:a@[::1]:5;lr")["host_port"] == b"[::1]:5"
    assert _syntax.uri(b"sip:a@h;lr")["host_port"] == b"h"
