"""What callers write into a Call-ID, a number or a From that no caller should: it is recorded, copied, listed and told, and harms nobody."""
from hypothesis import given, settings
from hypothesis import strategies as st

from hasip.bridge.records import key_of_call_id
from hasip.bridge.tap import Capture
from hasip.hep.packing import pack
from hasip.records.explain import explain
from hasip.records.export import csv_line, json_line
from hasip.tapped import numbers_in, packet_of, step_of
from hasip.trace.step import step_fields
from tests.packet.node import Node
from tests.packet.records import record, records

# An octet that ends no line; those that end a value or a URI come up less often than others.
octets = st.one_of(st.integers(0x21, 0xFF), st.sampled_from(b"\0\x01\x07\x08\t\x0b\x1b\x1f %;@<>\"\\[]")).map(lambda octet: bytes([octet]))
escapes = st.one_of(st.integers(0, 255).map(lambda octet: f"%{octet:02X}".encode()), st.sampled_from([b"%", b"%0", b"%zz", b"%1b[2J", b"%0d%0a", b"%00"]))
words = st.lists(octets, min_size=1, max_size=200).map(b"".join)
users = st.lists(st.one_of(octets, escapes, st.just(b"+6561234567")), min_size=1, max_size=60).map(b"".join)
senders = st.sampled_from(["core", "stranger", "primary"])


def invite(node: Node, sender: str, call_id: bytes, number: bytes, caller: bytes) -> bytes:
    """Return an INVITE with these octets in it."""
    plain: bytes = getattr(node, sender).invite("THE-NUMBER", call_id="THE-CALL", from_value="<sip:THE-CALLER@192.0.2.10>;tag=1")
    return plain.replace(b"THE-CALL\r", call_id + b"\r").replace(b"THE-NUMBER", number).replace(b"THE-CALLER", caller)


@settings(max_examples=300)
@given(sender=senders, call_id=words, number=users, caller=users)
def test_whatever_a_caller_writes_is_recorded_copied_and_told_in_printable_lines(sender: str, call_id: bytes, number: bytes, caller: bytes) -> None:
    node = Node()
    node.router.tap(everything=True, slots=(), numbers=(), call_ids=())
    getattr(node, sender).sends(invite(node, sender, call_id, number, caller))
    assert all(isinstance(each["number"], str) for each in node.router.calls())
    node.advance(100_000)
    for told in records(node):
        lines = [*explain(told), *csv_line(told).splitlines(), *json_line(told).splitlines()]
        assert all(line.isprintable() for line in lines)
        assert told.call_id.encode()[:20] == call_id.strip(b" \t")[:127].decode(errors="replace").encode()[:20]
    for each in node.router.take_tapped():
        capture = Capture(*each)
        message = capture.parsed()
        assert len(pack(packet_of(capture, message), 1, b"edge-1")) > len(capture.message)
        if message is not None:
            assert step_fields(step_of(capture, message, ""), is_full=False)["message"]
            numbers_in(message)


def test_a_call_id_of_more_than_127_octets_is_found_by_its_first(node: Node) -> None:
    call_id = "x" * 126 + "é" + "y" * 300
    node.stranger.sends(node.stranger.invite(call_id=call_id))
    node.stranger.gets(403)
    told = record(node)
    assert told.call_id == "x" * 126 + "\ufffd"                         # cut within a character
    assert key_of_call_id(call_id.encode()) == key_of_call_id(call_id.encode()[:127])


def test_a_tel_uri_is_recorded_with_its_number(node: Node) -> None:
    _, arrived = node.offer(uri="tel:+6561234567;phone-context=x")
    node.primary.answers(arrived, 486)
    node.primary.gets("ACK")
    node.core.gets(486)
    assert record(node).number == "+6561234567"


def test_a_number_is_recorded_alike_whether_its_call_was_admitted_or_refused(node: Node) -> None:
    escaped = "%2B65612%334567"
    _, arrived = node.offer(number=escaped)
    node.primary.answers(arrived, 486)
    node.primary.gets("ACK")
    node.core.gets(486)
    node.stranger.sends(node.stranger.invite(escaped))
    node.stranger.gets(403)
    assert [each.number for each in records(node)] == ["+6561234567"] * 2
