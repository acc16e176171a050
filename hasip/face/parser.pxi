# The parser as Python sees it: Message, parse(), classify(), simd(), bench_parse(). Included by _fastpath.pyx.
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.syntax cimport message as syntax
from hasip.dataplane.syntax.header_value cimport header_value
from hasip.dataplane.syntax.simd cimport simd_name
from hasip.dataplane.syntax.octets cimport trim_white
from hasip.dataplane.syntax.parse_result cimport parse_result_header, parse_result_sentence
from hasip.dataplane.syntax.parser cimport parse_message
from hasip.dataplane.syntax.status cimport (
    default_fails_over, is_client_error, is_provisional, is_redirection, is_server_error, is_status, is_success)


class SipSyntaxError(ValueError):
    """Raised by parse(): `header` names what is wrong ("Via", "start line", …)."""

    def __init__(self, sentence: str, header: str) -> None:
        super().__init__(sentence)
        self.header = header


cdef uint8_t *padded_copy(bytes datagram) except NULL:
    """Return a copy with READABLE_BEHIND zeros behind it, which the caller frees with PyMem_RawFree.

    Errors: MemoryError.
    """
    cdef size_t length = <size_t> PyBytes_GET_SIZE(datagram)
    cdef uint8_t *copy = <uint8_t *> PyMem_RawMalloc(length + syntax.READABLE_BEHIND)
    if copy == NULL:
        raise MemoryError
    memcpy(copy, PyBytes_AS_STRING(datagram), length)
    memset(copy + length, 0, syntax.READABLE_BEHIND)
    return copy


cdef object unfold(object value):
    """Return a header value on one line: a fold and the white space around it count as one space (RFC 3261 §7.3.1)."""
    if "\n" not in value:
        return value
    return " ".join([line.strip(" \t\r") for line in value.split("\n")])


@cython.final
cdef class Message:
    """One parsed SIP message (RFC 3261 §7): read-only views of the bytes it came from. Numbers are -1 and text is "" when absent.

    Owns: a padded copy of the datagram. Text is read as UTF-8; what is none shows as U+FFFD, and `raw` has the bytes.
    """
    cdef uint8_t *datagram
    cdef size_t datagram_length
    cdef syntax.Message parsed

    def __init__(self):
        raise TypeError("a Message comes from parse()")

    def __dealloc__(self):
        PyMem_RawFree(self.datagram)

    cdef object text(self, Span span):
        return PyUnicode_DecodeUTF8(<char *> self.datagram + span.offset, span.length, "replace")

    @property
    def is_request(self):
        return self.parsed.kind == syntax.KIND_REQUEST

    @property
    def method(self):
        return self.text(self.parsed.method_name if self.parsed.kind == syntax.KIND_REQUEST else self.parsed.cseq_method_name)

    @property
    def status(self):
        return self.parsed.status

    @property
    def reason_phrase(self):
        return self.text(self.parsed.reason_phrase)

    @property
    def request_uri(self):
        return self.text(self.parsed.request_uri.whole)

    @property
    def request_uri_user(self):
        return self.text(self.parsed.request_uri.user)

    @property
    def request_uri_host(self):
        return self.text(self.parsed.request_uri.host)

    @property
    def request_uri_port(self):
        return self.parsed.request_uri.port

    @property
    def via_host(self):
        return self.text(self.parsed.via_host)

    @property
    def via_port(self):
        return self.parsed.via_port

    @property
    def branch(self):
        return self.text(self.parsed.branch)

    @property
    def rport(self):
        return self.parsed.rport

    @property
    def from_tag(self):
        return self.text(self.parsed.from_tag)

    @property
    def to_tag(self):
        return self.text(self.parsed.to_tag)

    @property
    def call_id(self):
        return self.text(self.parsed.call_id)

    @property
    def cseq(self):
        return self.parsed.cseq

    @property
    def cseq_method(self):
        return self.text(self.parsed.cseq_method_name)

    @property
    def route_uri(self):
        return self.text(self.parsed.route_uri)

    @property
    def contact_uri(self):
        return self.text(self.parsed.contact_uri)

    @property
    def contact_host(self):
        return self.text(self.parsed.contact_host)

    @property
    def contact_port(self):
        return self.parsed.contact_port

    @property
    def max_forwards(self):
        return self.parsed.max_forwards

    @property
    def content_length(self):
        return self.parsed.content_length

    @property
    def expires(self):
        return self.parsed.expires

    @property
    def headers(self):
        cdef uint32_t i, start, name_end
        found = []
        for i in range(self.parsed.header_count):
            start = self.parsed.header_start[i]
            name_end = trim_white(self.datagram, start, self.parsed.value_start[i] - 1)
            name = self.text(span_between(<uint16_t> start, <uint16_t> name_end))
            found.append((name, unfold(self.text(header_value(&self.parsed, i)))))
        return found

    @property
    def body(self):
        return (<char *> self.datagram)[self.parsed.body_start:self.parsed.length]

    @property
    def raw(self):
        return (<char *> self.datagram)[:self.datagram_length]

    def __repr__(self):
        if self.parsed.kind == syntax.KIND_REQUEST:
            return f"<Message {self.method} {self.request_uri}>"
        return f"<Message {self.status} {self.reason_phrase}>"


def parse(bytes datagram not None):
    """Parse one datagram.

    Errors: SipSyntaxError, whose `header` names what is wrong.
    """
    cdef Message message = Message.__new__(Message)
    cdef syntax.ParseResult result
    message.datagram = padded_copy(datagram)
    message.datagram_length = <size_t> PyBytes_GET_SIZE(datagram)
    result = parse_message(message.datagram, <uint32_t> min(message.datagram_length, <size_t> syntax.MESSAGE_BYTES_MAX + 1), &message.parsed)
    if result != syntax.PARSE_OK:
        raise SipSyntaxError(parse_result_sentence(result).decode(), parse_result_header(result).decode())
    return message


def classify(int status):
    """Return the class of a status code; "far_end_failure" for the codes after which the next target is tried by default.

    Errors: ValueError outside 100 … 699.
    """
    if not (0 < status < 65536 and is_status(<uint32_t> status)):
        raise ValueError(f"{status} is not a SIP status code (100 … 699)")
    if is_provisional(<uint16_t> status):
        return "provisional"
    if is_success(<uint16_t> status):
        return "success"
    if is_redirection(<uint16_t> status):
        return "redirection"
    if default_fails_over(<uint16_t> status):
        return "far_end_failure"
    if is_client_error(<uint16_t> status):
        return "client_error"
    return "server_error" if is_server_error(<uint16_t> status) else "global_failure"


def simd():
    """Return which variant of the parser this machine runs: "avx512", "avx2" or "scalar"; HASIP_SIMD overrides it."""
    return simd_name.decode()


cdef int64_t monotonic_ns() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return <int64_t> now.tv_sec * 1_000_000_000 + now.tv_nsec


cdef int64_t fastest_pass_ns(const uint8_t *messages, const uint32_t *lengths, size_t count, uint32_t rounds) noexcept nogil:
    """Return the nanoseconds of the fastest of `rounds` passes over messages that lie one behind the other."""
    cdef syntax.Message message
    cdef int64_t fastest = 0, started, took
    cdef uint32_t round_number
    cdef size_t i, offset
    for round_number in range(rounds):
        offset = 0
        started = monotonic_ns()
        for i in range(count):
            parse_message(messages + offset, lengths[i], &message)
            offset += lengths[i]
        took = monotonic_ns() - started
        if round_number == 0 or took < fastest:
            fastest = took
    return fastest


def bench_parse(messages, uint32_t rounds):
    """Return nanoseconds per message of the parser alone: a loop without the GIL over `messages`, the best of `rounds` passes.

    Errors: ValueError when there is nothing to measure, or a message is no SIP (a refusal would be measured as speed).
    """
    cdef size_t count = len(messages), i
    cdef uint32_t *lengths
    cdef uint8_t *joined
    cdef int64_t fastest
    if count == 0 or rounds == 0:
        raise ValueError("nothing to measure: it takes a message and a round")
    for each in messages:
        parse(each)
    joined = padded_copy(b"".join(messages))
    lengths = <uint32_t *> PyMem_RawMalloc(count * sizeof(uint32_t))
    try:
        if lengths == NULL:
            raise MemoryError
        for i in range(count):
            lengths[i] = len(messages[i])
        with nogil:
            fastest = fastest_pass_ns(joined, lengths, count, rounds)
    finally:
        PyMem_RawFree(lengths)
        PyMem_RawFree(joined)
    return fastest / <double> count
