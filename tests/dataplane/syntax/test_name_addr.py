"""name-addr, addr-spec, lists and parameters (RFC 3261 §20.10, §25.1)."""
import pytest

from tests import _syntax


@pytest.mark.parametrize(("text", "expected"), [
    (b"<sip:a@h>", [(b"sip:a@h", b"")]),
    (b"sip:a@h", [(b"sip:a@h", b"")]),
    (b"sip:a@h;tag=1", [(b"sip:a@h", b";tag=1")]),
    (b"<sip:a@h;lr>;tag=1", [(b"sip:a@h;lr", b";tag=1")]),
    (b'"A. G. Bell" <sip:a@h> ; tag = 1 ', [(b"sip:a@h", b"; tag = 1")]),
    (b'"comma, <x@y>;tag=fake" <sip:a@h>;tag=1', [(b"sip:a@h", b";tag=1")]),
    (b'"quote \\" comma," <sip:a@h>', [(b"sip:a@h", b"")]),
    (b"caller<sip:a@h>;tag=323", [(b"sip:a@h", b";tag=323")]),
    (b"Two Tokens <sip:a@h>", [(b"sip:a@h", b"")]),
    (b"<sip:a@h,x>,<sip:b@h>", [(b"sip:a@h,x", b""), (b"sip:b@h", b"")]),
    (b'<sip:a@h>;q="a,b" , "x" <sip:b@h> ,\r\n sip:c@h', [(b"sip:a@h", b';q="a,b"'), (b"sip:b@h", b""), (b"sip:c@h", b"")]),
    (b"<sip:a?x=y>;expires=60", [(b"sip:a?x=y", b";expires=60")]),
])
def test_elements_of_a_list_are_found(text, expected):
    assert _syntax.name_addrs(text) == expected


@pytest.mark.parametrize("text", [
    b"", b"<>", b"<sip:a@h", b"sip:a@h>", b'"Unclosed <sip:a@h>', b"< sip:a@h>", b"<sip:a@h >", b"<sip:a b@h>", b"<<sip:a@h>>", b"<sip:a@h>x", b"<sip:a@h>;",
    b"<sip:a@h>;;tag=1", b"<sip:a@h>;tag=\"x", b"<sip:a@h>;a b", b"sip:a b", b"a@h", b"Bell, Alexander <sip:a@h>", b'sip:"a"@h'])
def test_an_ill_formed_element_is_refused(text):
    assert _syntax.name_addrs(text) == [None]


def test_comma_separated_values_are_walked_outside_quotes_and_brackets():
    assert _syntax.list_values(b'a , "b,\\",c" ,<d,e>;f,,g') == [b"a", b'"b,\\",c"', b"<d,e>;f", b"", b"g"]
    assert _syntax.list_values(b"100rel") == [b"100rel"]
    assert _syntax.list_values(b"") == []
    assert _syntax.list_values(b'a,"b') == [b"a", b'"b']


def test_a_parameter_is_found_by_its_name_in_any_case():
    parameters = b';lr;Transport=udp ; X = "a;tag=no" ;tag=yes;tag=later'
    assert _syntax.parameter(parameters, b"tag") == b"yes"
    assert _syntax.parameter(parameters, b"transport") == b"udp"
    assert _syntax.parameter(parameters, b"lr") == b""
    assert _syntax.parameter(parameters, b"x") == b'"a;tag=no"'
    assert _syntax.parameter(parameters, b"ta") is None
    assert _syntax.parameter(b";;tag=1", b"tag") is None


@pytest.mark.parametrize(("text", "seconds"), [
    (b"1800;refresher=uac", 1800), (b"1800", 1800), (b"90 ;x", 90), (b"18 (busy until noon)", 18), (b"4294967295", 4294967295),
    (b"4294967296", None), (b"", None), (b"x", None), (b"18x", None), (b"-1", None)])
def test_delta_seconds_are_the_number_a_value_begins_with(text, seconds):
    assert _syntax.delta_seconds(text) == seconds


@pytest.mark.parametrize(("value", "inside"), [(b'"a"', b"a"), (b'"a\\"b"', b'a\\"b'), (b'""', b""), (b"a", b"a"), (b"", b""), (b"a\"", b'a"')])
def test_a_quoted_string_loses_its_quotes_and_keeps_its_escapes(value, inside):
    assert _syntax.inside_of_quotes(value) == inside
