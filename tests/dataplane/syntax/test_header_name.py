"""Header names (RFC 3261 §7.3.1, §7.3.3): any case, long or compact, and nothing but the names known."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import _syntax

NAMES = [
    "Via", "From", "To", "Call-ID", "CSeq", "Contact", "Route", "Record-Route", "Max-Forwards", "Content-Length", "Content-Type", "Expires",
    "Proxy-Require", "Require", "Supported", "Session-Expires", "Min-SE", "Retry-After", "Reason", "Warning", "Authorization",
    "Proxy-Authorization", "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Privacy", "Path", "Event", "User-Agent",
    "Server", "P-Charging-Vector", "P-Charging-Function-Addresses"]
COMPACT = {"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "l": "Content-Length", "c": "Content-Type",
           "k": "Supported", "x": "Session-Expires", "o": "Event"}
NUMBERS = {name.lower(): number for number, name in enumerate(NAMES, start=1)} | {
    compact: NAMES.index(long) + 1 for compact, long in COMPACT.items()}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_name_is_known_in_any_case(name):
    for written in (name, name.upper(), name.title(), name.swapcase()):
        assert _syntax.header_name(written.encode()) == NUMBERS[name]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_name_with_an_octet_more_or_less_or_other_is_another(name):
    octets = name.encode()
    others = [octets + b"x", b"x" + octets, octets[:-1], octets[1:], *(octets[:i] + b"_" + octets[i + 1:] for i in range(len(octets)))]
    for other in others:
        if other.decode() not in NUMBERS:
            assert _syntax.header_name(other) == 0


@pytest.mark.parametrize("compact", "srebuajdyn")
def test_compact_forms_of_headers_no_router_reads_are_other(compact):
    assert _syntax.header_name(compact.encode()) == 0


@given(st.text("abcdefghijklmnopqrstuvwxyzCFTV-", max_size=40))
def test_any_name_is_classified_like_a_dictionary_would(name):
    assert _syntax.header_name(name.encode()) == NUMBERS.get(name.lower(), 0)


@pytest.mark.parametrize(("name", "is_one"), [
    ("P-Charging-Vector", True), ("p-charging-function-addresses", True), ("P-CHARGING-X", True), ("P-Charging-", False), ("P-Charging", False),
    ("P-Charged-Vector", False), ("X-P-Charging-Vector", False), ("P\rCharging-Vector", False), ("", False)])
def test_charging_headers_are_known_by_how_their_name_begins_rfc7315_4_5_and_4_6(name, is_one):
    assert _syntax.is_charging_name(name.encode()) == is_one


METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "UPDATE", "INFO", "MESSAGE", "SUBSCRIBE", "NOTIFY", "REFER", "PUBLISH"]


@given(st.sampled_from(METHODS) | st.text("ABEINVTSUCRX", min_size=1, max_size=12))
def test_methods_are_known_by_their_exact_letters(name):
    assert _syntax.method(name.encode()) == (METHODS.index(name) + 1 if name in METHODS else 0)


@pytest.mark.parametrize("name", ["invite", "Invite", "INVITES", "INVIT", "SUBSCRIBX", "SUBSCRIBED", ""])
def test_a_method_in_other_letters_is_another_method_rfc3261_7_1(name):
    assert _syntax.method(name.encode()) == 0
