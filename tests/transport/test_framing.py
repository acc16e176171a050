"""Messages cut out of a byte stream. RFC 3261 §7.5, §18.3, §20.14; RFC 5626 §3.5.1, §4.4.1."""
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip.transport.framing import HEADER_MAX_BYTES, MESSAGE_MAX_BYTES, Framer, FramingError, KeepAlive, MessageTooLarge
from tests.transport.sip import request, response

PING = KeepAlive.PING


def framed(*pieces: bytes) -> list[bytes | KeepAlive | str]:
    """Return what a framer makes of pieces, and the text of the error that ended it, if one did."""
    framer = Framer()
    items: list[bytes | KeepAlive | str] = []
    try:
        for piece in pieces:
            items.extend(framer.feed(piece))
    except FramingError as error:
        items.append(str(error))
    return items


def one_by_one(stream: bytes) -> list[bytes]:
    return [stream[offset:offset + 1] for offset in range(len(stream))]


def with_length(*lines: str, body: bytes = b"") -> bytes:
    """Return a message with these lines for a Content-Length."""
    return ("OPTIONS sip:a SIP/2.0\r\n" + "".join(f"{line}\r\n" for line in lines) + "CSeq: 1 OPTIONS\r\n\r\n").encode() + body


def test_a_message_comes_out_whole() -> None:
    assert framed(request(body=b"v=0\r\n\r\nx")) == [request(body=b"v=0\r\n\r\nx")]


def test_several_messages_in_one_read_come_out_in_order() -> None:
    assert framed(request("a", body=b"x") + response("b") + request("c")) == [request("a", body=b"x"), response("b"), request("c")]


def test_a_message_comes_out_when_its_last_byte_has_come_and_not_before() -> None:
    framer = Framer()
    assert list(framer.feed(request(body=b"12345")[:-1])) == []
    assert framer.is_inside_message
    assert list(framer.feed(b"5")) == [request(body=b"12345")]
    assert not framer.is_inside_message


def test_a_body_of_nothing_but_line_ends_and_nul_is_a_body() -> None:
    assert framed(request(body=b"\r\n\r\n\0\r\n\r\n") + request()) == [request(body=b"\r\n\r\n\0\r\n\r\n"), request()]


@pytest.mark.parametrize("line", [
    "Content-Length: 3", "content-length:3", "CONTENT-LENGTH \t:  3 ", "l: 3", "L:3", "l :3", "Content-Length:\r\n 3", "Content-Length\t: \r\n\t\r\n 3",
    "Content-Length: 0000000000000000000003"])
def test_content_length_may_be_written_in_many_ways(line: str) -> None:
    assert framed(with_length(line, body=b"abc") + request()) == [with_length(line, body=b"abc"), request()]


@pytest.mark.parametrize("line", ["Content-Length: 3", "l: 3"])
def test_content_length_may_be_the_first_or_the_last_header(line: str) -> None:
    first = f"OPTIONS sip:a SIP/2.0\r\n{line}\r\nTo: a\r\n\r\nabc".encode()
    last = f"OPTIONS sip:a SIP/2.0\r\nTo: a\r\n{line}\r\n\r\nabc".encode()
    assert framed(first + last) == [first, last]


def test_headers_that_only_resemble_content_length_are_none() -> None:
    lines = "X-Content-Length: 1", "Content-Length-X: 2", "Subject: \r\n Content-Length: 9", "Call-ID: l: 8", "ll: 7", "Content-Length: 3"
    assert framed(with_length(*lines, body=b"abc")) == [with_length(*lines, body=b"abc")]


def test_equal_content_lengths_are_one() -> None:
    message = with_length("Content-Length: 3", "l: 03", body=b"abc")
    assert framed(message + request()) == [message, request()]


@pytest.mark.parametrize(("lines", "text"), [
    ((), "a message has no Content-Length, which a stream demands"),
    (("Content-Length: 3", "l: 4"), "a message has 2 different Content-Lengths"),
    (("Content-Length: -1",), "Content-Length '-1' is negative"),
    (("Content-Length: 3, 3",), "Content-Length '3, 3' is not a number"),
    (("Content-Length: +3",), "Content-Length '+3' is not a number"),
    (("Content-Length: 1\r\n 2",), "Content-Length '1\\r\\n 2' is not a number"),
    (("Content-Length:",), "Content-Length '' is not a number"),
    (("Content-Length: \u0663",), "Content-Length 'Ù£' is not a number"),
    (("Content-Length: 65471",), "a message of 65536 bytes is longer than 65471"),
    (("Content-Length: " + "9" * 5000,), "Content-Length 99999999999999999999 is more than 65471")])
def test_content_length_that_leaves_a_doubt_ends_the_stream(lines: tuple[str, ...], text: str) -> None:
    assert framed(request() + with_length(*lines)) == [request(), text]


def test_a_message_of_the_largest_size_passes_and_one_byte_more_does_not() -> None:
    body = b"x" * (MESSAGE_MAX_BYTES - len(request(body=b"x" * 60_000)) + 60_000)
    assert framed(request(body=body)) == [request(body=body)]
    with pytest.raises(MessageTooLarge):
        list(Framer().feed(request(body=body + b"x")))


def test_a_header_section_of_the_largest_size_passes_and_one_byte_more_does_not() -> None:
    subject = "Subject: " + "x" * (HEADER_MAX_BYTES - len(with_length("Subject: ", "l: 0")))
    assert framed(with_length(subject, "l: 0")) == [with_length(subject, "l: 0")]
    for message in (with_length(subject + "x", "l: 0"), b"x" * (HEADER_MAX_BYTES + 1)):
        assert framed(message) == framed(*one_by_one(message)) == [f"a header section is longer than {HEADER_MAX_BYTES} bytes"]


@pytest.mark.parametrize("stream", [b"\x16\x03\x01\x02\x00", b"\0", b"\n", b" OPTIONS", b"\x80"])
def test_what_cannot_begin_a_message_is_refused_at_its_first_byte(stream: bytes) -> None:
    assert framed(stream[:1]) == framed(stream) == [f"a message begins with octet 0x{stream[0]:02x}: this is not SIP"]


def test_a_lone_cr_between_messages_is_refused() -> None:
    assert framed(request() + b"\rO") == framed(*one_by_one(request() + b"\rO")) == [request(), "a CR without LF stands where a message should begin"]


def test_rfc5626_double_crlf_is_a_ping_and_single_crlf_nothing() -> None:
    assert framed(b"\r\n\r\n") == framed(*one_by_one(b"\r\n\r\n")) == [PING]
    assert framed(b"\r\n" + request()) == [request()]
    assert framed(b"\r\n\r\n\r\n\r\n\r\n" + request() + b"\r\n\r\n") == [PING, PING, request(), PING]


def test_a_line_end_begins_no_message() -> None:
    framer = Framer()
    for piece in (b"\r", b"\n", b"\r"):
        assert list(framer.feed(piece)) == [] and not framer.is_inside_message


def test_a_forgotten_line_end_is_no_half_of_a_ping() -> None:
    framer = Framer()
    assert list(framer.feed(b"\r\n")) == []
    framer.forget_line_end()
    assert list(framer.feed(b"\r\n")) == []
    framer.forget_line_end()
    assert list(framer.feed(request())) == [request()]


def test_forgetting_a_line_end_leaves_a_message_that_has_begun() -> None:
    framer = Framer()
    assert list(framer.feed(request()[:40])) == []
    framer.forget_line_end()
    assert list(framer.feed(request()[40:])) == [request()]


class CountedBuffer(bytearray):
    """A buffer that counts the bytes it searches."""

    searched_bytes = 0

    def find(self, wanted: bytes, start: int = 0) -> int:  # type: ignore[override]
        """Search, and count."""
        self.searched_bytes += len(self) - start
        return super().find(wanted, start)


def test_byte_by_byte_no_byte_is_searched_again_and_again() -> None:
    framer = Framer()
    framer._buffer = buffer = CountedBuffer()
    message = request(uri="sip:" + "x" * 15_000, body=b"x" * 40_000)
    assert [item for piece in one_by_one(message * 2) for item in framer.feed(piece)] == [message, message]
    assert buffer.searched_bytes < 10 * len(message)


bodies = st.binary(max_size=60) | st.sampled_from([b"\r\n\r\n", request(), b"\r\n\r\nContent-Length: 9\r\n\r\n"])
messages = st.builds(request, body=bodies) | st.builds(response, body=bodies) | st.just(with_length("L \t:\r\n 3", body=b"abc"))
good_streams = st.lists(messages | st.just(b"\r\n\r\n") | st.just(b"\r\n"), max_size=6).map(b"".join)
bad_ends = st.sampled_from([b"", with_length("l: x"), b"\0", b"\rx", b"OPTIONS", with_length("l: 70000"), with_length()])
cuts = st.lists(st.integers(0, 2000), max_size=30)


@given(good_streams, bad_ends, cuts)
def test_any_cut_of_any_stream_gives_the_same(good: bytes, bad: bytes, cut: list[int]) -> None:
    stream = good + bad
    edges = [0, *sorted(min(offset, len(stream)) for offset in cut), len(stream)]
    whole = framed(stream)
    assert framed(*(stream[start:end] for start, end in pairwise(edges))) == whole
    assert framed(*one_by_one(stream)) == whole


@given(st.lists(messages, max_size=6), cuts)
def test_messages_come_out_as_they_went_in(sent: list[bytes], cut: list[int]) -> None:
    stream = b"".join(sent)
    edges = [0, *sorted(min(offset, len(stream)) for offset in cut), len(stream)]
    assert framed(*(stream[start:end] for start, end in pairwise(edges))) == sent


@given(st.binary(max_size=300))
def test_anything_at_all_is_framed_or_refused(stream: bytes) -> None:
    assert framed(stream) == framed(*one_by_one(stream))
