"""name-addr and addr-spec: what From, To, Contact, Route and Record-Route are lists of (RFC 3261 §20.10, §25.1)."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.syntax.header_value cimport Parameter, read_parameter
from hasip.dataplane.syntax.octets cimport (
    OCTET_DISPLAY, OCTET_URI, display_stops_16, likely, load_64, lowest_bit, lowest_bit_or_64, quotes_and_backslashes,
    quotes_and_backslashes_16, skip_class, skip_quoted, skip_white, small_letters, tag_stops, tag_stops_16, trim_white, unlikely, uri_stops)
from hasip.dataplane.syntax.uri cimport find_octet

cdef struct NameAddr:
    Span uri                       # without brackets
    Span parameters                # the header's, from the first ';' behind the URI; empty when there is none
    uint16_t next                  # where the next value of the list starts; 0: this is the last


cdef inline uint32_t end_of_display_name(const uint8_t *bytes, uint32_t start, uint32_t end) noexcept nogil:
    """Return the place of the first '<', ';' or ',' outside quotes, or `end`; 0 for a quoted string without end."""
    cdef uint32_t at = skip_class(bytes, start, end, OCTET_DISPLAY)
    while at < end and bytes[at] == c'"':
        at = skip_quoted(bytes, at, end)
        if at == 0:
            return 0
        at = skip_class(bytes, at, end, OCTET_DISPLAY)
    return at


cdef inline uint32_t read_bracketed_uri(const uint8_t *bytes, uint32_t start, uint32_t end, Span *uri) noexcept nogil:
    """Read what stands behind '<'. Returns the place behind '>', or 0: no '>', nothing inside, or what no URI holds."""
    cdef uint32_t at = skip_class(bytes, start, end, OCTET_URI)
    if at == end or bytes[at] != c'>' or at == start:
        return 0
    uri[0] = span_between(<uint16_t> start, <uint16_t> at)
    return at + 1


cdef inline bint read_bare_uri(const uint8_t *bytes, uint32_t start, uint32_t end, Span *uri) noexcept nogil:
    """Read an addr-spec without brackets, trimmed; it holds no white space and no quote, and it has a scheme's colon."""
    cdef uint32_t stop = trim_white(bytes, start, end)
    uri[0] = span_between(<uint16_t> start, <uint16_t> stop)
    return find_octet(bytes, start, stop, c':') < stop and skip_class(bytes, start, stop, OCTET_URI) == stop


cdef inline uint32_t end_of_element(const uint8_t *bytes, uint32_t at, uint32_t end) noexcept nogil:
    """Return where the parameters behind a URI end: at a comma or `end`; 0 when one is ill-formed, or something else stands there."""
    cdef Parameter parameter
    at = skip_white(bytes, at, end)
    while at < end and bytes[at] == c';':
        at = read_parameter(bytes, at, end, &parameter)
        if at == 0:
            return 0
    return at if at == end or bytes[at] == c',' else 0


cdef inline bint parse_name_addr(const uint8_t *bytes, uint32_t start, uint32_t end, NameAddr *element) noexcept nogil:
    """Read the first element of start ≤ i < end. Returns False when it is ill-formed.

    Source: RFC 3261 §25.1 name-addr, addr-spec; in an addr-spec without brackets ';' begins the header's parameters (§20).
    """
    cdef uint32_t at, behind
    start = skip_white(bytes, start, end)
    at = end_of_display_name(bytes, start, end)
    if at < end and at > 0 and bytes[at] == c'<':
        at = read_bracketed_uri(bytes, at + 1, end, &element.uri)
    elif at > 0 and not read_bare_uri(bytes, start, at, &element.uri):
        return False
    if at == 0:
        return False
    at = skip_white(bytes, at, end)
    behind = end_of_element(bytes, at, end)
    if behind == 0:
        return False
    element.parameters = span_between(<uint16_t> at, <uint16_t> trim_white(bytes, at, behind))
    element.next = <uint16_t> (behind + 1) if behind < end else 0
    return True


# ------------------------------------------------------------------------------------------------ the common shapes

cdef enum:
    SEMICOLON_TAG_EQUALS = 0x3d6761743b        # ";tag=" as a little-endian word
    FIVE_OCTETS = 0xffffffffff


cdef inline size_t skip_plain_display_name(const uint8_t *bytes, size_t start, size_t end) noexcept nogil:
    """Return where '<' stands, behind nothing, words, or one quoted string without escapes; another place for any other shape."""
    cdef uint64_t stops
    cdef size_t at
    if bytes[start] == c'<':
        return start
    if bytes[start] != c'"':
        stops = display_stops_16(bytes + start)
        return start + lowest_bit(stops) if likely(stops != 0) else end_of_display_name(bytes, <uint32_t> start, <uint32_t> end)
    stops = quotes_and_backslashes_16(bytes + start) & ~<uint32_t> 1
    if unlikely(stops == 0):
        stops = quotes_and_backslashes(bytes + start) & ~<uint64_t> 1
        if stops == 0:
            return start
    at = start + lowest_bit(stops)
    if bytes[at] != c'"':
        return start
    return at + 1 + (bytes[at + 1] == c' ')


cdef inline size_t end_of_plain_uri(const uint8_t *bytes, size_t at, size_t end) noexcept nogil:
    """Return the place of the first octet from `at` on that no plain URI holds, or one behind `end`; looks at 128 octets."""
    cdef uint64_t stops = uri_stops(bytes + at)
    if unlikely(stops == 0):
        at += 64
        if at >= end:
            return at
        stops = uri_stops(bytes + at)
    return at + lowest_bit_or_64(stops)


cdef inline bint is_plain_tag(const uint8_t *octets, size_t length) noexcept nogil:
    """Return whether 1 … 64 octets hold no white space, quote, ';' or ','."""
    if likely(length - 1 < 16):
        return lowest_bit(tag_stops_16(octets) | 1 << 16) >= length
    return length - 1 < 64 and lowest_bit_or_64(tag_stops(octets)) >= length


cdef inline bint read_plain_tag(const uint8_t *bytes, size_t start, size_t end, Span *tag) noexcept nogil:
    """Read `"Name" <uri>;tag=value`, with or without name and tag, from masks of its octets.

    Returns False for any other shape, which is for parse_name_addr to judge. Reads: 64 octets from any place up to `end`.
    """
    cdef size_t left = skip_plain_display_name(bytes, start, end), right
    if unlikely(left >= end) or unlikely(bytes[left] != c'<'):
        return False
    right = end_of_plain_uri(bytes, left + 1, end)
    if unlikely(right >= end) or unlikely(bytes[right] != c'>') or unlikely(right == left + 1):
        return False
    if right + 1 == end:
        return True
    if unlikely((small_letters(load_64(bytes + right + 1)) & FIVE_OCTETS) != SEMICOLON_TAG_EQUALS):
        return False
    if unlikely(not is_plain_tag(bytes + right + 6, end - right - 6)):
        return False
    tag[0] = span_between(<uint16_t> (right + 6), <uint16_t> end)
    return True


cdef inline bint read_plain_route(const uint8_t *bytes, size_t start, size_t end, Span *uri) noexcept nogil:
    """Read the URI of "<uri>" or "<uri>,…". Returns False for any other shape. Reads: 64 octets from any place up to `end`."""
    cdef size_t right
    if bytes[start] != c'<':
        return False
    right = end_of_plain_uri(bytes, start + 1, end)
    if unlikely(right >= end) or unlikely(bytes[right] != c'>') or unlikely(right == start + 1):
        return False
    if right + 1 < end and bytes[right + 1] != c',':
        return False
    uri[0] = span_between(<uint16_t> (start + 1), <uint16_t> right)
    return True
