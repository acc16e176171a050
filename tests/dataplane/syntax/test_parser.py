"""parse_message (RFC 3261 §7, §25): against a slow reference, at a guard page, in every SIMD variant."""
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import _syntax
from tests.dataplane.syntax import reference
from tests.dataplane.syntax.messages import damaged_messages, messages

VARIANTS = [name for name in ("scalar", "avx2", "avx512") if _syntax.choose_simd(name)]
MESSAGE = (
    b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport\r\nMax-Forwards: 70\r\n"
    b"From: \"Alice\" <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1@192.0.2.1\r\nCSeq: 1 INVITE\r\n"
    b"Contact: <sip:alice@192.0.2.1:5062>\r\nContent-Length: 0\r\n\r\n")
THOROUGH = settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.fixture(autouse=True)
def restore_variant():
    yield
    _syntax.choose_simd("")


def parse_in_every_variant(datagram: bytes, filler: int = 0):
    outcomes = []
    for variant in VARIANTS:
        assert _syntax.choose_simd(variant) and _syntax.simd() == variant
        outcomes.append(_syntax.parse_fields(datagram, filler))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    return outcomes[0]


def assert_agrees_with_reference(datagram: bytes, filler: int) -> None:
    wrong, fields = parse_in_every_variant(datagram, filler)
    try:
        expected = reference.parse(datagram)
    except reference.Malformed:
        assert wrong, datagram
        return
    assert not wrong, (wrong, datagram)
    found = {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in fields.items()}
    found["header_count"] = len(found["headers"])
    assert {name: found[name] for name in expected} == expected


@THOROUGH
@given(messages(), st.sampled_from([0, ord("\n"), ord(":"), ord(" "), ord("1")]))
def test_a_lawful_message_has_the_fields_the_reference_finds(text, filler):
    reference.parse(text.encode("latin-1"))
    assert_agrees_with_reference(text.encode("latin-1"), filler)


@THOROUGH
@given(damaged_messages(), st.sampled_from([0, ord("\n"), ord(":"), ord(" "), ord("1")]))
def test_a_damaged_message_is_refused_when_the_reference_refuses_it(text, filler):
    assert_agrees_with_reference(text.encode("latin-1"), filler)


@THOROUGH
@given(st.binary(max_size=300) | st.lists(st.sampled_from([b"\r\n", b":", b"Via", b" ", b"a", b"SIP/2.0", b"<", b"\""]), max_size=200).map(b"".join))
def test_any_bytes_are_parsed_or_refused_without_a_read_too_far(datagram):
    parse_in_every_variant(datagram, 10)


def test_every_cut_of_a_message_is_refused_without_a_read_too_far():
    for length in range(len(MESSAGE)):
        assert parse_in_every_variant(MESSAGE[:length], ord("\n"))[0], length
    assert not parse_in_every_variant(MESSAGE)[0]


def test_headers_are_found_at_every_place_in_a_block_of_64_octets():
    for shift in range(130):
        wrong, fields = parse_in_every_variant(MESSAGE.replace(b"bob@", b"b" * (shift + 1) + b"@", 1))
        assert not wrong and fields["branch"] == b"z9hG4bK1" and fields["from_tag"] == b"a1" and fields["contact_port"] == 5062


@pytest.mark.parametrize("datagram", [b"", b"\r\n", b"\r\n\r\n", b"\n\r\n"])
def test_nothing_but_line_ends_is_a_keep_alive(datagram):
    wrong, fields = parse_in_every_variant(datagram)
    assert wrong == "message" and fields["kind"] == 0


def refused(datagram: bytes) -> str:
    return parse_in_every_variant(datagram)[0]


@pytest.mark.parametrize(("old", "new", "wrong"), [
    (b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia", "version"),
    (b"INVITE sip", b"INVITE  sip", "Request-URI"),
    (b"SIP/2.0\r\nVia", b"SIP/2.0 \r\nVia", "start line"),
    (b"INVITE sip:bob@example.com SIP/2.0", b"garbage", "start line"),
    (b"INVITE sip", b"INV(ITE sip", "start line"),
    (b"sip:bob@example.com SIP", b"<sip:bob@example.com> SIP", "Request-URI"),
    (b"sip:bob@example.com SIP", b"sip:bob@example.com; lr SIP", "Request-URI"),
    (b"Max-Forwards: 70", b"Max-Forwards 70", "header line"),
    (b"Max-Forwards: 70", b": 70", "header line"),
    (b"Max-Forwards: 70", b"Max Forwards: 70", "header line"),
    (b"\r\nVia:", b"\r\n Via:", "header line"),
    (b"Max-Forwards: 70", b"Max-Forwards: 256", "Max-Forwards"),
    (b"Max-Forwards: 70", b"Max-Forwards: -1", "Max-Forwards"),
    (b"Via: SIP/2.0/UDP 192", b"Via: SIP/2.0/UDP192", "Via"),
    (b"192.0.2.1:5062;branch", b"192.0.2.1:65536;branch", "Via"),
    (b"branch=z9hG4bK1", b"branch=", "Via"),
    (b";rport\r\n", b";rport=x\r\n", "Via"),
    (b";rport\r\n", b";;,;,,\r\n", "Via"),
    (b";rport\r\n", b",\r\n", "Via"),
    (b"Via:", b"X-Via:", "Via"),
    (b"From:", b"X-From:", "From"),
    (b"To:", b"X-To:", "To"),
    (b"Call-ID:", b"X-Call-ID:", "Call-ID"),
    (b"CSeq:", b"X-CSeq:", "CSeq"),
    (b"\"Alice\" ", b"\"Alice ", "From"),
    (b";tag=a1", b";tag=", "From"),
    (b";tag=a1", b";tag=a1, <sip:second@example.com>", "From"),
    (b"To: <sip:bob@example.com>", b"To: <sip:bob@example.com", "To"),
    (b"c1@192.0.2.1", b"", "Call-ID"),
    (b"CSeq: 1 INVITE", b"CSeq: 2147483648 INVITE", "CSeq"),
    (b"CSeq: 1 INVITE", b"CSeq: 36893488147419103232 INVITE", "CSeq"),
    (b"CSeq: 1 INVITE", b"CSeq: 1 OPTIONS", "CSeq"),
    (b"CSeq: 1 INVITE", b"CSeq: INVITE", "CSeq"),
    (b"CSeq: 1 INVITE", b"CSeq: 1", "CSeq"),
    (b"Content-Length: 0", b"Content-Length: 1", "Content-Length"),
    (b"Content-Length: 0", b"Content-Length: -0", "Content-Length"),
    (b"Content-Length: 0", b"Content-Length: 99999999999", "Content-Length"),
    (b"Contact: <sip:alice@192.0.2.1:5062>", b"Contact: <sip:alice@192.0.2.1:5062>;;;;", "Contact"),
    (b"Contact: <sip:alice@192.0.2.1:5062>", b"Contact: <sip:alice@:5062>", "Contact"),
    (b"Max-Forwards: 70", b"Route: <sip:a b>", "Route"),
    (b"Max-Forwards: 70", b"Expires: soon", "Expires"),
])
def test_what_is_wrong_is_named(old, new, wrong):
    assert refused(MESSAGE.replace(old, new, 1)) == wrong


@pytest.mark.parametrize("name", [b"From", b"To", b"Call-ID", b"CSeq", b"Max-Forwards", b"Content-Length"])
def test_a_single_header_given_twice_is_refused_unless_it_says_the_same(name):
    line = next(line for line in MESSAGE.split(b"\r\n") if line.startswith(name + b":"))
    assert refused(MESSAGE.replace(line, line + b"\r\n" + line)) == ""
    other = line.replace(b"a1", b"a2").replace(b"bob", b"rob").replace(b"c1", b"c2").replace(b": 1", b": 2").replace(b"70", b"71").replace(b": 0", b": 00")
    assert refused(MESSAGE.replace(line, line + b"\r\n" + other)) == name.decode()


def test_a_refused_message_still_has_what_a_400_is_made_from():
    wrong, fields = parse_in_every_variant(MESSAGE.replace(b"Content-Length: 0", b"Content-Length: 9999").replace(b"Max-Forwards: 70", b"Max-Forwards 70"))
    assert wrong == "header line"
    assert fields["kind"] == 1 and fields["method_name"] == b"INVITE" and fields["branch"] == b"z9hG4bK1" and fields["via_port"] == 5062
    assert len(fields["headers"]) == 8 and fields["call_id"] == b"c1@192.0.2.1" and fields["from_tag"] == b"a1"


def test_the_body_ends_where_content_length_says():
    _, fields = parse_in_every_variant(MESSAGE.replace(b"Content-Length: 0", b"Content-Length: 3") + b"abcdef")
    assert fields["length"] - fields["body_start"] == 3
    _, fields = parse_in_every_variant(MESSAGE.replace(b"Content-Length: 0\r\n", b"") + b"abcdef")
    assert fields["length"] - fields["body_start"] == 6 and fields["content_length"] == -1


def test_128_headers_are_parsed_and_one_more_is_refused():
    lines = MESSAGE.split(b"\r\n\r\n")[0]
    for count in range(_syntax.HEADERS_MAX - 8 - 70, _syntax.HEADERS_MAX - 8 + 5):
        for filler in (b"\r\nX: y", b"\r\nA:", b"\r\nX-Long-Name: " + b"v" * 70):
            wrong, fields = parse_in_every_variant(lines + filler * count + b"\r\n\r\n")
            if count + 8 <= _syntax.HEADERS_MAX:
                assert not wrong and len(fields["headers"]) == count + 8
            else:
                assert wrong == "headers" and len(fields["headers"]) == _syntax.HEADERS_MAX and fields["branch"] == b"z9hG4bK1"


def test_a_datagram_longer_than_the_spans_reach_is_refused():
    wrong, fields = parse_in_every_variant(MESSAGE.ljust(_syntax.MESSAGE_BYTES_MAX + 1, b"x"))
    assert wrong == "message" and fields["kind"] == 0
    assert not refused(MESSAGE.ljust(_syntax.MESSAGE_BYTES_MAX, b"x"))


def test_first_header_and_headers_named_index_the_table():
    _, fields = parse_in_every_variant(MESSAGE.replace(b"Max-Forwards: 70", b"v: SIP/2.0/UDP second.example.com"))
    names = [name for name, _ in fields["headers"]]
    for name in range(1, len(fields["first_header"])):
        assert fields["headers_named"][name] == names.count(name)
        assert fields["first_header"][name] == (names.index(name) + 1 if name in names else 0)


def test_every_parse_result_has_a_sentence():
    rows = _syntax.sentences()
    assert rows[0] == ("", "Well-formed") and rows[-1][1] == "Not a parse result"
    assert all(sentence for _, sentence in rows) and all(header for header, _ in rows[1:])
    assert len({sentence for _, sentence in rows}) == len(rows)


@pytest.mark.parametrize("length", [1, 2, 30, 31, 32, 33, 63, 64, 65, 200])
@pytest.mark.parametrize("white", [b"", b" ", b"\t "])
def test_a_name_of_any_length_ends_at_its_colon(length, white):
    line = b"N" * length + white + b": v:w"
    wrong, fields = parse_in_every_variant(MESSAGE.replace(b"Max-Forwards: 70", line), ord(":"))
    assert not wrong and fields["headers"][1] == (0, b"v:w") and fields["branch"] == b"z9hG4bK1" and fields["call_id"] == b"c1@192.0.2.1"
    assert refused(MESSAGE.replace(b"Max-Forwards: 70", line.replace(b":", b"."))) == "header line"


@pytest.mark.parametrize("filler", b":\n \r1")
def test_a_last_line_cut_short_ends_with_the_message(filler):
    wrong, fields = parse_in_every_variant(b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nTo", filler)
    assert wrong == "headers" and fields["headers"] == [(1, b"SIP/2.0/UDP a"), (0, b"")] and fields["body_start"] == fields["length"]


def test_an_unknown_simd_variant_is_not_chosen():
    assert not _syntax.choose_simd("altivec")
