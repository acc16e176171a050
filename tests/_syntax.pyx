"""The leaves of hasip/dataplane/syntax for tests. Every input lies so that READABLE_BEHIND bytes behind it the process ends: a read too far faults."""
from libc.errno cimport errno
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset
from posix.mman cimport MAP_ANONYMOUS, MAP_FAILED, MAP_PRIVATE, PROT_NONE, PROT_READ, PROT_WRITE, mmap, mprotect, munmap

from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.syntax cimport message as syntax
from hasip.dataplane.syntax.contact cimport (
    CONTACT_FOUND, CONTACT_MALFORMED, CONTACT_NONE, CONTACT_STAR, Contact, ContactResult, ContactWalk, begin_contacts, next_contact)
from hasip.dataplane.syntax.credentials cimport (
    CREDENTIALS_MALFORMED, CREDENTIALS_OK, CREDENTIALS_OTHER_SCHEME, DIGEST_MD5, DIGEST_SHA256, DIGEST_UNKNOWN, Credentials,
    CredentialsResult, read_credentials)
from hasip.dataplane.syntax.header_name cimport classify_header_name, is_charging_name as has_charging_prefix
from hasip.dataplane.syntax.header_value cimport Parameter, find_parameter, header_value, next_list_value, read_delta_seconds, without_quotes
from hasip.dataplane.syntax.method cimport classify_method
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr
from hasip.dataplane.syntax.parse_result cimport parse_result_header, parse_result_sentence
from hasip.dataplane.syntax.parser cimport parse_message
from hasip.dataplane.syntax.simd cimport choose_simd as choose_simd_variant, simd_name
from hasip.dataplane.syntax.status cimport default_fails_over, is_final, is_provisional, is_success, reason_phrase_of
from hasip.dataplane.syntax.uri cimport parse_uri
from hasip.dataplane.syntax.via cimport Via, parse_via, read_plain_via

cdef enum:
    PAGE_BYTES = 4096

HEADERS_MAX = syntax.HEADERS_MAX
MESSAGE_BYTES_MAX = syntax.MESSAGE_BYTES_MAX


cdef class Guarded:
    """Bytes in front of an unreadable page, READABLE_BEHIND filler bytes between them; `lead` bytes before them are readable too."""
    cdef uint8_t *region
    cdef size_t region_bytes
    cdef const uint8_t *bytes
    cdef uint32_t length

    def __cinit__(self, bytes content, int filler=0):
        cdef size_t used = len(content) + syntax.READABLE_BEHIND, readable = (used // PAGE_BYTES + 1) * PAGE_BYTES
        cdef uint8_t *start
        self.region_bytes = readable + PAGE_BYTES
        self.region = <uint8_t *> mmap(NULL, self.region_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        if self.region == <uint8_t *> MAP_FAILED:
            self.region = NULL
            raise MemoryError
        if mprotect(self.region + readable, PAGE_BYTES, PROT_NONE):
            raise OSError(errno, "mprotect")
        start = self.region + readable - used
        memcpy(start, <const char *> content, len(content))
        memset(start + len(content), filler, syntax.READABLE_BEHIND)
        self.bytes = start
        self.length = <uint32_t> len(content)

    def __dealloc__(self):
        if self.region:
            munmap(self.region, self.region_bytes)

    cdef bytes piece(self, Span span):
        return (<const char *> self.bytes)[span.offset:span.offset + span.length]


def choose_simd(name: str) -> bool:
    """Switch this module's parser to a variant; False when the processor has it not."""
    return choose_simd_variant(name.encode())


def simd() -> str:
    return simd_name.decode()


def parse_fields(bytes datagram, int filler=0):
    """Return (the name of what is wrong or "", every field of the Message by name)."""
    cdef Guarded guarded = Guarded(datagram, filler)
    cdef syntax.Message message
    cdef syntax.ParseResult result
    cdef uint32_t i
    memset(&message, 0xa5, sizeof(message))                # what parse_message leaves out must show
    result = parse_message(guarded.bytes, guarded.length, &message)
    fields = {
        "kind": message.kind, "method": message.method, "status": message.status, "length": message.length, "body_start": message.body_start,
        "method_name": guarded.piece(message.method_name), "reason_phrase": guarded.piece(message.reason_phrase),
        "request_uri": guarded.piece(message.request_uri.whole), "request_uri_user": guarded.piece(message.request_uri.user),
        "request_uri_host": guarded.piece(message.request_uri.host), "request_uri_host_port": guarded.piece(message.request_uri.host_port),
        "request_uri_parameters": guarded.piece(message.request_uri.parameters), "request_uri_port": message.request_uri.port,
        "request_uri_is_sip": message.request_uri.is_sip,
        "via": guarded.piece(message.via), "via_sent_by": guarded.piece(message.via_sent_by), "via_host": guarded.piece(message.via_host),
        "branch": guarded.piece(message.branch), "via_received": guarded.piece(message.via_received),
        "via_transport": guarded.piece(message.via_transport), "rport_parameter": guarded.piece(message.rport_parameter),
        "via_port": message.via_port, "rport": message.rport, "via_is_last_value": message.via_is_last_value,
        "from_tag": guarded.piece(message.from_tag), "to_tag": guarded.piece(message.to_tag), "call_id": guarded.piece(message.call_id),
        "route_uri": guarded.piece(message.route_uri), "contact_uri": guarded.piece(message.contact_uri),
        "contact_host": guarded.piece(message.contact_host), "contact_port": message.contact_port,
        "cseq_method": message.cseq_method, "cseq_method_name": guarded.piece(message.cseq_method_name), "cseq": message.cseq,
        "max_forwards": message.max_forwards, "content_length": message.content_length, "expires": message.expires,
        "headers": [(message.header_name[i], guarded.piece(header_value(&message, i))) for i in range(message.header_count)],
        "first_header": [message.first_header[i] for i in range(syntax.HEADER_NAMES)],
        "headers_named": [message.headers_named[i] for i in range(syntax.HEADER_NAMES)],
    }
    return parse_result_header(result).decode(), fields


def sentences():
    """Return what parse_result says for every ParseResult, and for one that is none."""
    return [(parse_result_header(i).decode(), parse_result_sentence(i).decode()) for i in range(<int> syntax.PARSE_RESULTS + 1)]


def header_name(bytes name):
    cdef Guarded guarded = Guarded(b"\n" + name)
    return classify_header_name(guarded.bytes + 1, guarded.length - 1)


def is_charging_name(bytes name) -> bool:
    cdef Guarded guarded = Guarded(name)
    return has_charging_prefix(guarded.bytes, guarded.length)


def method(bytes name):
    cdef Guarded guarded = Guarded(name)
    return classify_method(guarded.bytes, guarded.length)


def uri(bytes text):
    """Return the parts of a URI, or None when it is none."""
    cdef Guarded guarded = Guarded(text)
    cdef syntax.Uri parts
    if not parse_uri(guarded.bytes, span_between(0, <uint16_t> guarded.length), &parts):
        return None
    return {
        "is_sip": parts.is_sip, "user": guarded.piece(parts.user), "host": guarded.piece(parts.host),
        "host_port": guarded.piece(parts.host_port), "port": parts.port, "parameters": guarded.piece(parts.parameters),
    }


cdef object via_fields(Guarded guarded, Via *via):
    return {
        "whole": guarded.piece(via.whole), "transport": guarded.piece(via.transport), "sent_by": guarded.piece(via.sent_by),
        "host": guarded.piece(via.host), "port": via.port, "branch": guarded.piece(via.branch), "received": guarded.piece(via.received),
        "rport": via.rport, "rport_parameter": guarded.piece(via.rport_parameter),
    }


def vias(bytes value):
    """Return the parts of every value of a Via header; None in place of an ill-formed one, which ends the list."""
    cdef Guarded guarded = Guarded(value)
    cdef Via via
    cdef uint32_t at = 0
    found = []
    while True:
        if not parse_via(guarded.bytes, at, guarded.length, &via):
            return found + [None]
        found.append(via_fields(guarded, &via))
        if via.next == 0:
            return found
        at = via.next


def plain_via(bytes value):
    """Return the parts as the quick reading finds them; None when it leaves the value to the grammar."""
    cdef Guarded guarded = Guarded(value)
    cdef Via via
    return via_fields(guarded, &via) if read_plain_via(guarded.bytes, 0, guarded.length, &via) else None


def name_addrs(bytes value):
    """Return (uri, parameters) of every element of a list; None in place of an ill-formed one, which ends it."""
    cdef Guarded guarded = Guarded(b":" + value)           # a value never stands at 0, which the readers take for "ill-formed"
    cdef NameAddr element
    cdef uint32_t at = 1
    found = []
    while True:
        if not parse_name_addr(guarded.bytes, at, guarded.length, &element):
            return found + [None]
        found.append((guarded.piece(element.uri), guarded.piece(element.parameters)))
        if element.next == 0:
            return found
        at = element.next


def list_values(bytes value):
    cdef Guarded guarded = Guarded(value)
    cdef Span header = span_between(0, <uint16_t> guarded.length), found
    cdef uint32_t at = 0
    values = []
    while next_list_value(guarded.bytes, header, &at, &found):
        values.append(guarded.piece(found))
    return values


def parameter(bytes parameters, bytes small):
    """Return the value of a parameter, b"" for one without, None when there is none."""
    cdef Guarded guarded = Guarded(parameters)
    cdef Parameter found
    if not find_parameter(guarded.bytes, span_between(0, <uint16_t> guarded.length), small, <uint32_t> len(small), &found):
        return None
    return guarded.piece(found.value)


def inside_of_quotes(bytes value):
    cdef Guarded guarded = Guarded(value)
    return guarded.piece(without_quotes(guarded.bytes, span_between(0, <uint16_t> guarded.length)))


def delta_seconds(bytes value):
    cdef Guarded guarded = Guarded(value)
    cdef uint32_t seconds
    return seconds if read_delta_seconds(guarded.bytes, span_between(0, <uint16_t> guarded.length), &seconds) else None


def status_facts(int status):
    """Return (provisional, success, final, default_fails_over, reason phrase)."""
    code = <uint16_t> status
    return bool(is_provisional(code)), bool(is_success(code)), bool(is_final(code)), bool(default_fails_over(code)), reason_phrase_of(code).decode()


CREDENTIALS_RESULTS = {CREDENTIALS_OK: "ok", CREDENTIALS_OTHER_SCHEME: "other scheme", CREDENTIALS_MALFORMED: "malformed"}
DIGEST_ALGORITHMS = {DIGEST_UNKNOWN: "unknown", DIGEST_MD5: "MD5", DIGEST_SHA256: "SHA-256"}
CONTACT_RESULTS = {CONTACT_NONE: "none", CONTACT_FOUND: "found", CONTACT_STAR: "star", CONTACT_MALFORMED: "malformed"}


def credentials(bytes value):
    """Return the parts of credentials, those that are there; the name of the result when it is another than CREDENTIALS_OK.

    Behind the value stands what would go on with it.
    """
    cdef Guarded guarded = Guarded(b":" + value, ord("0"))
    cdef Credentials found
    memset(&found, 0xa5, sizeof(found))
    cdef CredentialsResult result = read_credentials(guarded.bytes, span_between(1, <uint16_t> guarded.length), &found)
    if result != CREDENTIALS_OK:
        return CREDENTIALS_RESULTS[result]
    spans = {"username": found.username, "realm": found.realm, "nonce": found.nonce, "uri": found.uri, "response": found.response,
             "cnonce": found.cnonce, "opaque": found.opaque, "qop": found.qop, "algorithm_text": found.algorithm_text, "nc_text": found.nc_text}
    parts = {name: guarded.piece(span) for name, span in spans.items() if span["offset"]}
    parts |= {"algorithm": DIGEST_ALGORITHMS[found.algorithm]}
    if found.has_nc:
        parts["nc"] = found.nc
    if found.has_escapes:
        parts["has_escapes"] = True
    return parts


def contacts(bytes datagram):
    """Return what each step of the walk over a message's contacts gives: a contact's fields, or the name of the result; the last is "none"."""
    cdef Guarded guarded = Guarded(datagram, ord("0"))
    cdef syntax.Message message
    cdef ContactWalk walk
    cdef Contact contact
    cdef ContactResult result = CONTACT_FOUND
    parse_message(guarded.bytes, guarded.length, &message)
    begin_contacts(&message, &walk)
    steps = []
    while result != CONTACT_NONE:
        memset(&contact, 0xa5, sizeof(contact))
        result = next_contact(&message, &walk, &contact)
        steps.append(contact_fields(guarded, &contact) if result == CONTACT_FOUND else CONTACT_RESULTS[result])
    assert next_contact(&message, &walk, &contact) == CONTACT_NONE
    return steps


cdef object contact_fields(Guarded guarded, Contact *contact):
    return {
        "uri": guarded.piece(contact.uri.whole), "user": guarded.piece(contact.uri.user), "host": guarded.piece(contact.uri.host),
        "port": contact.uri.port, "is_sip": contact.uri.is_sip, "instance": guarded.piece(contact.instance),
        "expires": contact.expires, "reg_id": contact.reg_id, "q": contact.q,
    }
