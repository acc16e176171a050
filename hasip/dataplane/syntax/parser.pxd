"""Parse one SIP message: a pass over the lines, then only the headers a router reads (RFC 3261 §7, §25).

Nothing is copied or allocated: all a Message holds are spans into the bytes. Headers may stand in any order. The body is not looked at.
"""
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcmp, memset

from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.syntax.header_name cimport classify_header_name, name_lines
from hasip.dataplane.syntax.header_value cimport CR_LF, Parameter, find_parameter, find_value, has_plain_value, header_value
from hasip.dataplane.syntax.lines cimport LINES_NO_END, LINES_TOO_MANY, Lines, LinesResult, find_lines
from hasip.dataplane.syntax.message cimport (
    HEADER_CALL_ID, HEADER_CONTACT, HEADER_CONTENT_LENGTH, HEADER_CSEQ, HEADER_EXPIRES, HEADER_FROM, HEADER_MAX_FORWARDS,
    HEADER_ROUTE, HEADER_TO, HEADER_VIA, HEADERS_MAX, KIND_REQUEST, KIND_RESPONSE, MESSAGE_BYTES_MAX, METHOD_OTHER, Message,
    PARSE_CALL_ID, PARSE_CONTACT, PARSE_CONTENT_LENGTH, PARSE_CSEQ, PARSE_EMPTY, PARSE_EXPIRES, PARSE_FROM, PARSE_HEADER_LINE,
    PARSE_MAX_FORWARDS, PARSE_NO_END_OF_HEADERS, PARSE_OK, PARSE_REQUEST_URI, PARSE_ROUTE, PARSE_START_LINE, PARSE_TO, PARSE_TOO_LONG,
    PARSE_TOO_MANY_HEADERS, PARSE_VERSION, PARSE_VIA, ParseResult, Uri)
from hasip.dataplane.syntax.method cimport classify_method
from hasip.dataplane.syntax.name_addr cimport NameAddr, end_of_element, parse_name_addr, read_plain_route, read_plain_tag
from hasip.dataplane.syntax.octets cimport (
    OCTET_DIGIT, OCTET_TOKEN, SMALL_LETTERS_32, likely, load_16, load_32, load_64, lowest_bit, read_digits, read_few_digits, read_number,
    same_letters, skip_class, skip_white, spaces_16, unlikely)
from hasip.dataplane.syntax.status cimport is_status
from hasip.dataplane.syntax.uri cimport find_octet, parse_uri, read_plain_uri
from hasip.dataplane.syntax.via cimport Via, parse_via, read_plain_via


cdef inline ParseResult parse_message(const uint8_t *bytes, uint32_t length, Message *message) noexcept nogil:
    """Parse a datagram of `length` bytes.

    Reads: READABLE_BEHIND bytes behind the message, without regard for what they hold.
    Writes: every field of the message. When the result is not PARSE_OK, what was found until then stays usable: kind, method and the
    header table (so that a refusal can be built) unless the start line is no SIP at all; all else has its absent value.
    Source: RFC 3261 §7, §8.1.1 for the headers every message has; one pass, linear in the header bytes.
    """
    cdef ParseResult result, later
    cdef uint32_t start
    forget_message(message, bytes, length)
    if length > MESSAGE_BYTES_MAX:
        return PARSE_TOO_LONG
    start = skip_line_ends(bytes, length)
    if unlikely(start >= length):
        return PARSE_EMPTY
    later = read_header_table(message, start, length)
    result = read_start_line(message, start)
    if message.kind == 0:
        return result
    if result == PARSE_OK:
        result = later
    later = decode_headers(message)
    return later if result == PARSE_OK else result


cdef enum:
    SIP_SLASH = 0x2f706973                     # little-endian words: "sip/",
    SPACE_SIP_2_0 = 0x302e322f50495320         # " SIP/2.0",
    SIP_2_0_SPACE = 0x20302e322f504953         # "SIP/2.0 "


cdef inline void forget_message(Message *message, const uint8_t *bytes, uint32_t length) noexcept nogil:
    """Give every field its absent value; the header table's entries are only meaningful below header_count."""
    message.bytes = bytes
    message.length = length
    message.kind = message.method = 0
    message.status = 0
    message.header_count = 0
    message.body_start = <uint16_t> length
    message.header_start[0] = <uint16_t> length
    memset(message.first_header, 0, sizeof(message.first_header))
    memset(message.headers_named, 0, sizeof(message.headers_named))
    memset(&message.method_name, 0, <size_t> (<uint8_t *> &message.header_count - <uint8_t *> &message.method_name))
    memset(&message.via, 0, <size_t> (<uint8_t *> &message.from_tag - <uint8_t *> &message.via))            # in two pieces: gcc takes the
    memset(&message.from_tag, 0, <size_t> (<uint8_t *> (message + 1) - <uint8_t *> &message.from_tag))      # slow `rep stos` for one
    message.rport = message.max_forwards = message.content_length = message.expires = -1


cdef inline uint32_t skip_line_ends(const uint8_t *bytes, uint32_t length) noexcept nogil:
    """Return where the start line is: CRLFs before it are ignored (RFC 3261 §7.5)."""
    cdef uint32_t at = 0
    if unlikely(bytes[0] <= c'\r'):
        while at < length and (bytes[at] == c'\r' or bytes[at] == c'\n'):
            at += 1
    return at


# ------------------------------------------------------------------------------------------------ header table


cdef inline ParseResult read_header_table(Message *message, uint32_t start, uint32_t length) noexcept nogil:
    """Find the header lines behind the start line, and what they are called."""
    cdef Lines lines
    cdef LinesResult outcome = find_lines(message.bytes, start, length, HEADERS_MAX, message.header_start, &lines)
    cdef ParseResult result = PARSE_OK
    message.header_count = <uint16_t> lines.header_count
    message.body_start = <uint16_t> lines.body_start
    if unlikely(outcome == LINES_NO_END):
        result = PARSE_NO_END_OF_HEADERS
    elif unlikely(outcome == LINES_TOO_MANY):
        result = PARSE_TOO_MANY_HEADERS
    if not name_headers(message, outcome == LINES_NO_END) and result == PARSE_OK:
        result = PARSE_HEADER_LINE
    return result


cdef inline bint name_headers(Message *message, bint last_has_no_end) noexcept nogil:
    """Fill value_start, header_name, first_header and headers_named. Returns False when a line has no proper name."""
    cdef uint32_t remain = message.header_count
    cdef bint is_well_formed = True
    if unlikely(last_has_no_end) and remain:   # what lies behind the message could pass for the rest of its name
        remain -= 1
        is_well_formed = name_odd_header(message, remain)
    while True:
        remain = name_lines(
            message.bytes, remain, message.header_start, message.value_start,
            message.header_name, message.first_header, message.headers_named)
        if likely(remain == 0):
            return is_well_formed
        remain -= 1
        is_well_formed &= name_odd_header(message, remain)


cdef inline bint name_odd_header(Message *message, uint32_t index) noexcept nogil:
    """Do the same for one line, where white space may follow the name (§25.1 HCOLON).

    Returns False when it has no proper name: it is empty or holds white space, or there is no colon; then there is no value either.
    """
    cdef const uint8_t *bytes = message.bytes
    cdef uint32_t start = message.header_start[index], end = message.header_start[index + 1], name_end = start, colon
    cdef uint8_t name
    while name_end < end and bytes[name_end] > c' ' and bytes[name_end] != c':':
        name_end += 1
    colon = name_end
    while colon < end and (bytes[colon] == c' ' or bytes[colon] == c'\t'):
        colon += 1
    if colon == end or bytes[colon] != c':':
        name_end = start
        colon = find_octet(bytes, start, end, c':')
    message.value_start[index] = <uint16_t> (colon + 1 if colon < end else end)
    name = classify_header_name(bytes + start, name_end - start)
    message.header_name[index] = name
    message.first_header[name] = <uint8_t> (index + 1)
    message.headers_named[name] += 1
    return name_end > start


# ------------------------------------------------------------------------------------------------ start line


cdef inline ParseResult read_start_line(Message *message, uint32_t start) noexcept nogil:
    """Read the request line or status line (§7.1, §7.2)."""
    cdef uint32_t end = message.header_start[0]
    if likely(end - start > 2) and likely(load_16(message.bytes + end - 2) == CR_LF):
        end -= 2
    elif message.bytes[end - 1] == c'\n':
        end -= 1
    if (load_32(message.bytes + start) | SMALL_LETTERS_32) == SIP_SLASH and message.bytes[start + 3] == c'/':
        return read_status_line(message, start, end)
    return read_request_line(message, start, end)


cdef inline ParseResult read_status_line(Message *message, uint32_t start, uint32_t end) noexcept nogil:
    """Read "SIP/2.0 180 Ringing": the phrase may be empty, the space before it then may be missing."""
    cdef const uint8_t *bytes = message.bytes
    cdef uint32_t space = start + 7, status = 0
    cdef bint is_plain = load_64(bytes + start) == SIP_2_0_SPACE
    if unlikely(not is_plain):
        space = find_first_space(bytes, start, end)
    if unlikely(end - space < 4) or unlikely(not read_few_digits(bytes + space + 1, 3, &status)) or unlikely(not is_status(status)):
        return PARSE_START_LINE
    if unlikely(bytes[space + 4] != c' ') and end - space > 4:
        return PARSE_START_LINE
    message.kind = KIND_RESPONSE
    message.status = <uint16_t> status
    message.reason_phrase = span_between(<uint16_t> (space + 5 if space + 5 < end else end), <uint16_t> end)
    if likely(is_plain):
        return PARSE_OK
    return PARSE_OK if space == start + 7 and same_letters(bytes + start, b"sip/2.0", 7) else PARSE_VERSION


cdef inline uint32_t find_first_space(const uint8_t *bytes, uint32_t start, uint32_t end) noexcept nogil:
    """Return the place of the first space, or `end`; fast for methods of at most 15 letters."""
    cdef uint32_t spaces = spaces_16(bytes + start), at = end
    if likely(spaces != 0):
        at = start + lowest_bit(spaces)
        return at if at < end else end
    return find_octet(bytes, start, end, c' ')


cdef inline ParseResult read_request_line(Message *message, uint32_t start, uint32_t end) noexcept nogil:
    """Read "INVITE sip:bob@example.com SIP/2.0": single spaces, and none in the URI (RFC 4475 §3.1.2.8, §3.1.2.9)."""
    cdef const uint8_t *bytes = message.bytes
    cdef uint32_t method_end = find_first_space(bytes, start, end), version = end - 7
    if unlikely(method_end == start) or unlikely(method_end == end):
        return PARSE_START_LINE
    message.method = classify_method(bytes + start, method_end - start)
    if unlikely(message.method == METHOD_OTHER) and skip_class(bytes, start, method_end, OCTET_TOKEN) != method_end:
        return PARSE_START_LINE
    message.kind = KIND_REQUEST
    message.method_name = span_between(<uint16_t> start, <uint16_t> method_end)
    if likely(end - method_end > 8) and likely(load_64(bytes + end - 8) == SPACE_SIP_2_0):
        if likely(read_plain_uri(bytes, method_end + 1, end - 8, &message.request_uri) == end - 8):
            return PARSE_OK
    else:
        version = end
        while bytes[version - 1] != c' ':
            version -= 1
        if version - 1 == method_end or not (end - version >= 4 and same_letters(bytes + version, b"sip/", 4)):
            return PARSE_START_LINE
    if not parse_uri(bytes, span_between(<uint16_t> (method_end + 1), <uint16_t> (version - 1)), &message.request_uri):
        return PARSE_REQUEST_URI
    return PARSE_OK if end - version == 7 and same_letters(bytes + version, b"sip/2.0", 7) else PARSE_VERSION


# ------------------------------------------------------------------------------------------------ header values


cdef inline ParseResult decode_headers(Message *message) noexcept nogil:
    """Decode the values a router reads, those first that an answer is made from; stop at the first that is wrong."""
    if unlikely(not decode_via(message)):
        return PARSE_VIA
    if unlikely(not decode_tag(message, HEADER_TO, &message.to_tag)):
        return PARSE_TO
    if unlikely(not decode_tag(message, HEADER_FROM, &message.from_tag)):
        return PARSE_FROM
    if unlikely(not decode_call_id(message)):
        return PARSE_CALL_ID
    if unlikely(not decode_cseq(message)):
        return PARSE_CSEQ
    if unlikely(not decode_number(message, HEADER_MAX_FORWARDS, 255, &message.max_forwards)):
        return PARSE_MAX_FORWARDS
    if unlikely(not decode_content_length(message)):
        return PARSE_CONTENT_LENGTH
    if unlikely(not decode_route(message)):
        return PARSE_ROUTE
    if unlikely(not decode_contact(message)):
        return PARSE_CONTACT
    if unlikely(not decode_expires(message)):
        return PARSE_EXPIRES
    return PARSE_OK


cdef inline bint is_single(const Message *message, uint8_t name) noexcept nogil:
    """Return whether a header that may have only one value is there, and not again with another value.

    Source: RFC 3261 §7.3.1; RFC 4475 §3.3.8 and §3.3.9 want such a message refused.
    """
    return likely(message.headers_named[name] == 1) or is_everywhere_the_same(message, name)


cdef inline bint is_everywhere_the_same(const Message *message, uint8_t name) noexcept nogil:
    """Return whether there are headers of that name, and all have the same value."""
    cdef Span value, other
    cdef uint32_t i
    if message.first_header[name] == 0:
        return False
    value = header_value(message, message.first_header[name] - 1)
    for i in range(message.header_count):
        if message.header_name[i] == name:
            other = header_value(message, i)
            if other.length != value.length or memcmp(message.bytes + other.offset, message.bytes + value.offset, value.length):
                return False
    return True


cdef inline bint decode_via(Message *message) noexcept nogil:
    """Decode the topmost Via."""
    cdef Via via
    cdef size_t start, end
    if unlikely(message.first_header[HEADER_VIA] == 0):
        return False
    find_value(message, HEADER_VIA, &start, &end)
    if unlikely(not read_plain_via(message.bytes, start, end, &via)):
        return decode_odd_via(message, start, end)
    keep_via(message, &via)
    return True


cdef inline bint decode_odd_via(Message *message, size_t start, size_t end) noexcept nogil:
    """Decode a Via by the grammar. (Apart, so that the fields of a plain one can stay in registers.)"""
    cdef Via via
    if not parse_via(message.bytes, <uint32_t> start, <uint32_t> end, &via):
        return False
    keep_via(message, &via)
    return True


cdef inline void keep_via(Message *message, const Via *via) noexcept nogil:
    message.via = via.whole
    message.via_sent_by = via.sent_by
    message.via_host = via.host
    message.branch = via.branch
    message.via_received = via.received
    message.via_transport = via.transport
    message.rport_parameter = via.rport_parameter
    message.via_port = via.port
    message.rport = via.rport
    message.via_is_last_value = via.next == 0


cdef inline bint decode_tag(Message *message, uint8_t name, Span *tag) noexcept nogil:
    """Decode the tag of From or To (§19.3): one value, no list."""
    cdef NameAddr element
    cdef Parameter parameter
    cdef size_t start, end
    if unlikely(not is_single(message, name)):
        return False
    find_value(message, name, &start, &end)
    if likely(read_plain_tag(message.bytes, start, end, tag)):
        return True
    if not parse_name_addr(message.bytes, <uint32_t> start, <uint32_t> end, &element) or element.next:
        return False
    if find_parameter(message.bytes, element.parameters, b"tag", 3, &parameter):
        tag[0] = parameter.value
        return has_plain_value(message.bytes, &parameter)
    return True


cdef inline bint decode_call_id(Message *message) noexcept nogil:
    """Decode the Call-ID: any text without white space."""
    cdef size_t start, end
    if unlikely(not is_single(message, HEADER_CALL_ID)):
        return False
    find_value(message, HEADER_CALL_ID, &start, &end)
    message.call_id = span_between(<uint16_t> start, <uint16_t> end)
    return end > start


cdef inline bint decode_cseq(Message *message) noexcept nogil:
    """Decode "1 INVITE" (§20.16): below 2**31 (§8.1.1.5), and of a request's own method (§8.1.1.5)."""
    cdef const uint8_t *bytes = message.bytes
    cdef size_t start, end, at, digits_end
    if unlikely(not is_single(message, HEADER_CSEQ)):
        return False
    find_value(message, HEADER_CSEQ, &start, &end)
    digits_end = start + read_digits(bytes + start, &message.cseq)
    if unlikely(digits_end - start - 1 >= 7):                  # none, or maybe more than 8
        digits_end = skip_class(bytes, <uint32_t> start, <uint32_t> end, OCTET_DIGIT)
        if not read_number(bytes, <uint32_t> start, <uint32_t> digits_end, &message.cseq) or message.cseq >> 31:
            return False
    at = digits_end + 1
    if unlikely(bytes[digits_end] != c' ') or unlikely(bytes[at] <= c' '):
        at = skip_white(bytes, <uint32_t> digits_end, <uint32_t> end)
    if unlikely(at == digits_end) or unlikely(at >= end):
        return False
    return take_cseq_method(message, at, end)


cdef inline bint take_cseq_method(Message *message, size_t at, size_t end) noexcept nogil:
    """Take the CSeq's method: a request's own, and what a response is to."""
    cdef const uint8_t *bytes = message.bytes
    message.cseq_method_name = span_between(<uint16_t> at, <uint16_t> end)
    message.cseq_method = classify_method(bytes + at, <uint32_t> (end - at))
    if unlikely(message.cseq_method == METHOD_OTHER) and skip_class(bytes, <uint32_t> at, <uint32_t> end, OCTET_TOKEN) != end:
        return False
    if message.kind == KIND_RESPONSE:
        message.method = message.cseq_method
        return True
    if likely(message.cseq_method != METHOD_OTHER):
        return message.cseq_method == message.method
    return end - at == message.method_name.length and memcmp(bytes + at, bytes + message.method_name.offset, end - at) == 0


cdef inline bint decode_number(Message *message, uint8_t name, uint32_t number_max, int32_t *decoded) noexcept nogil:
    """Decode a header that is one number, if it is there."""
    cdef size_t start, end
    cdef uint32_t number
    if message.headers_named[name] == 0:
        return True
    if unlikely(not is_single(message, name)):
        return False
    find_value(message, name, &start, &end)
    if unlikely(not read_few_digits(message.bytes + start, end - start, &number)) and not read_number(
            message.bytes, <uint32_t> start, <uint32_t> end, &number):
        return False
    if unlikely(number > number_max):
        return False
    decoded[0] = <int32_t> number
    return True


cdef inline bint decode_content_length(Message *message) noexcept nogil:
    """Decode Content-Length and end the message where it says: what follows in the datagram is discarded (§18.3)."""
    if unlikely(not decode_number(message, HEADER_CONTENT_LENGTH, 0x7fffffff, &message.content_length)):
        return False
    if message.content_length < 0:
        return True
    if unlikely(<uint32_t> message.content_length > message.length - message.body_start):
        return False
    message.length = message.body_start + <uint32_t> message.content_length
    return True


cdef inline bint decode_expires(Message *message) noexcept nogil:
    """Decode Expires; a number too large means for ever (RFC 4475 §3.1.2.4 asks not to choke on one)."""
    cdef size_t start, end
    if likely(decode_number(message, HEADER_EXPIRES, 0x7fffffff, &message.expires)):
        return True
    if not is_single(message, HEADER_EXPIRES):
        return False
    find_value(message, HEADER_EXPIRES, &start, &end)
    message.expires = 0x7fffffff
    return end > start and skip_class(message.bytes, <uint32_t> start, <uint32_t> end, OCTET_DIGIT) == end


cdef inline bint decode_route(Message *message) noexcept nogil:
    """Decode the topmost Route's URI."""
    cdef NameAddr element
    cdef size_t start, end
    if message.first_header[HEADER_ROUTE] == 0:
        return True
    find_value(message, HEADER_ROUTE, &start, &end)
    if likely(read_plain_route(message.bytes, start, end, &message.route_uri)):
        return True
    if not parse_name_addr(message.bytes, <uint32_t> start, <uint32_t> end, &element):
        return False
    message.route_uri = element.uri
    return True


cdef inline bint decode_contact(Message *message) noexcept nogil:
    """Decode the first Contact's URI; "*" is none (§10.2.2)."""
    cdef size_t start, end, stop
    cdef Uri uri
    if message.first_header[HEADER_CONTACT] == 0:
        return True
    find_value(message, HEADER_CONTACT, &start, &end)
    if unlikely(message.bytes[start] != c'<'):
        return decode_odd_contact(message, start, end)
    stop = read_plain_uri(message.bytes, start + 1, end, &uri)
    if unlikely(stop == 0) or unlikely(stop == end) or unlikely(message.bytes[stop] != c'>'):
        return decode_odd_contact(message, start, end)
    if stop + 1 < end and not end_of_element(message.bytes, <uint32_t> stop + 1, <uint32_t> end):
        return decode_odd_contact(message, start, end)
    keep_contact(message, &uri)
    return True


cdef inline bint decode_odd_contact(Message *message, size_t start, size_t end) noexcept nogil:
    """Decode a Contact by the grammar."""
    cdef NameAddr element
    cdef Uri uri
    if end == start + 1 and message.bytes[start] == c'*':
        return True
    if not parse_name_addr(message.bytes, <uint32_t> start, <uint32_t> end, &element) or not parse_uri(message.bytes, element.uri, &uri):
        return False
    keep_contact(message, &uri)
    return True


cdef inline void keep_contact(Message *message, const Uri *uri) noexcept nogil:
    message.contact_uri = uri.whole
    message.contact_host = uri.host
    message.contact_port = uri.port
