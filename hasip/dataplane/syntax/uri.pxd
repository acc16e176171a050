"""SIP URIs (RFC 3261 §19.1). Escapes stay as they are; characters of the host are not checked, a host that is none finds no target."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.syntax.message cimport Uri
from hasip.dataplane.syntax.octets cimport (
    OCTET_DIGIT, OCTET_IPV6, OCTET_SCHEME, OCTET_URI, SMALL_LETTERS_32, at_signs, bits_below, load_32, lowest_bit,
    read_few_digits, read_number, skip_class, unlikely, uri_parts, uri_stops)


cdef inline uint32_t find_octet(const uint8_t *bytes, uint32_t at, uint32_t end, uint8_t octet) noexcept nogil:
    """Return the first place of `octet`, or `end`."""
    while at < end and bytes[at] != octet:
        at += 1
    return at


cdef inline uint32_t end_of_scheme(const uint8_t *bytes, uint32_t start, uint32_t end) noexcept nogil:
    """Return the place of the colon behind a scheme (RFC 3986 §3.1), or 0."""
    cdef uint32_t colon = skip_class(bytes, start, end, OCTET_SCHEME)
    if colon == end or bytes[colon] != c':' or not c'a' <= bytes[start] | 0x20 <= c'z':
        return 0
    return colon


cdef inline uint8_t sip_scheme(const uint8_t *bytes, uint32_t start, uint32_t colon) noexcept nogil:
    """Return 1 for sip, 2 for sips, 0 for any other scheme. Reads: 4 octets."""
    cdef uint32_t word = load_32(bytes + start) | SMALL_LETTERS_32
    if colon - start == 3 and (word & 0xffffff) == 0x706973:       # "sip"
        return 1
    return 2 if colon - start == 4 and word == 0x73706973 else 0   # "sips"


cdef inline uint32_t end_of_ipv6_reference(const uint8_t *bytes, uint32_t start, uint32_t end) noexcept nogil:
    """Return the place behind the ']' of the reference whose '[' is at `start`, or 0. Its octets are checked, not its grammar."""
    cdef uint32_t at = skip_class(bytes, start + 1, end, OCTET_IPV6)
    return at + 1 if at < end and at > start + 1 and bytes[at] == c']' else 0


cdef inline uint32_t end_of_host(const uint8_t *bytes, uint32_t start, uint32_t end) noexcept nogil:
    """Return where the host that begins at `start` ends; 0 when it is empty, or an IPv6 reference without its bracket."""
    cdef uint32_t at = start
    if at < end and bytes[at] == c'[':
        return end_of_ipv6_reference(bytes, start, end)
    while at < end and bytes[at] != c':' and bytes[at] != c';' and bytes[at] != c'?':
        if bytes[at] == c'@':
            return 0
        at += 1
    return at if at > start else 0


cdef inline bint read_port(const uint8_t *bytes, size_t start, size_t end, uint16_t *port) noexcept nogil:
    """Read the digits of a port, 0 … 65535."""
    cdef uint32_t number
    if not read_few_digits(bytes + start, end - start, &number):
        if not read_number(bytes, <uint32_t> start, <uint32_t> end, &number) or number > 65535:
            return False
    port[0] = <uint16_t> number
    return True


cdef inline bint parse_host_port(const uint8_t *bytes, uint32_t start, uint32_t end, Uri *uri) noexcept nogil:
    """Read host[:port][;parameters][?headers], which fills start ≤ i < end."""
    cdef uint32_t at = end_of_host(bytes, start, end), digits, question
    if at == 0:
        return False
    uri.host = span_between(<uint16_t> start, <uint16_t> at)
    if at < end and bytes[at] == c':':
        digits = at + 1
        at = skip_class(bytes, digits, end, OCTET_DIGIT)
        if not read_port(bytes, digits, at, &uri.port):
            return False
    uri.host_port = span_between(<uint16_t> start, <uint16_t> at)
    if at < end and bytes[at] != c';' and bytes[at] != c'?':
        return False
    question = find_octet(bytes, at, end, c'?')
    uri.parameters = span_between(<uint16_t> at, <uint16_t> question)
    return True


cdef inline bint parse_sip_uri(const uint8_t *bytes, uint32_t start, uint32_t end, Uri *uri) noexcept nogil:
    """Read [user[:password]@]host…, what follows "sip:" or "sips:"."""
    cdef uint32_t at_sign = find_octet(bytes, start, end, c'@'), user_end
    if at_sign == end:
        return parse_host_port(bytes, start, end, uri)
    user_end = find_octet(bytes, start, at_sign, c':')
    if user_end == start:
        return False
    uri.user = span_between(<uint16_t> start, <uint16_t> user_end)
    return parse_host_port(bytes, at_sign + 1, end, uri)


cdef inline bint parse_uri(const uint8_t *bytes, Span whole, Uri *uri) noexcept nogil:
    """Take a URI apart. Returns False when it is none; any scheme is one, only sip and sips are looked into.

    Source: RFC 3261 §25.1 SIP-URI, absoluteURI.
    """
    cdef uint32_t start = whole.offset, end = start + whole.length, colon
    uri.whole = whole
    uri.user = uri.host = uri.host_port = uri.parameters = span_between(<uint16_t> end, <uint16_t> end)
    uri.port = 0
    uri.is_sip = 0
    if skip_class(bytes, start, end, OCTET_URI) != end:
        return False
    colon = end_of_scheme(bytes, start, end)
    if colon == 0:
        return False
    uri.is_sip = sip_scheme(bytes, start, colon)
    return parse_sip_uri(bytes, colon + 1, end, uri) if uri.is_sip else True


# ------------------------------------------------------------------------------------------------ the common shape

cdef enum:
    SIP_COLON = 0x3a706973                     # "sip:" as a little-endian word


cdef inline size_t end_of_parameters(const uint8_t *octets, uint64_t parts, size_t end) noexcept nogil:
    """Return the place of the first '?' among the octets that `parts` marks, or `end`."""
    cdef size_t at
    while parts:
        at = lowest_bit(parts)
        if octets[at] == c'?':
            return at
        parts &= parts - 1
    return end


cdef inline size_t skip_plain_user(const uint8_t *octets, size_t length, uint64_t parts, size_t *user_end) noexcept nogil:
    """Return where the host starts behind "sip:", [user[:password]@]; 0 when the user is empty."""
    cdef size_t first, at
    cdef uint64_t more = parts & (parts - 1), signs
    if parts == 0:
        return 4
    at = first = lowest_bit(parts)
    if octets[first] == c':' and more:
        at = lowest_bit(more)
    if octets[at] != c'@':                     # no user, or one that holds more than letters
        signs = at_signs(octets) & bits_below(length)
        if signs == 0:
            return 4
        at = lowest_bit(signs)
        first = find_octet(octets, <uint32_t> first, <uint32_t> at, c':')
    user_end[0] = first
    return at + 1 if first > 4 else 0


cdef inline size_t read_plain_uri(const uint8_t *bytes, size_t start, size_t limit, Uri *uri) noexcept nogil:
    """Read a sip URI of at most 63 octets that ends before the first octet no URI holds, at `limit` or before, from masks of its octets.

    Returns where it ends; 0 for any other shape (sips, IPv6, ill-formed, …), which is for parse_uri to judge. Reads: 64 octets from `start`.
    """
    cdef const uint8_t *octets = bytes + start
    cdef uint64_t stops = uri_stops(octets), parts
    cdef size_t length, host, user_end = 4, host_end, stop
    cdef uint16_t port = 0
    if unlikely(stops == 0) or unlikely((load_32(octets) | SMALL_LETTERS_32) != SIP_COLON):
        return 0
    length = lowest_bit(stops)
    parts = uri_parts(octets) & (stops - 1) & ~(stops | 0xf)
    host = skip_plain_user(octets, length, parts, &user_end)
    parts &= ~<uint64_t> 0 << host
    stop = host_end = lowest_bit(parts) if parts else length
    if unlikely(host == 0) or unlikely(host_end <= host) or unlikely(octets[host] == c'[') or unlikely(start + length > limit):
        return 0
    if octets[host_end] == c':' and parts:
        parts &= parts - 1
        stop = lowest_bit(parts) if parts else length
        if unlikely(not read_port(octets, host_end + 1, stop, &port)):
            return 0
    if unlikely(octets[stop] == c'@') or unlikely(octets[stop] == c':'):
        return 0
    uri.whole = span_between(<uint16_t> start, <uint16_t> (start + length))
    uri.user = span_between(<uint16_t> (start + 4), <uint16_t> (start + user_end))
    uri.host = span_between(<uint16_t> (start + host), <uint16_t> (start + host_end))
    uri.host_port = span_between(<uint16_t> (start + host), <uint16_t> (start + stop))
    uri.parameters = span_between(<uint16_t> (start + stop), <uint16_t> (start + end_of_parameters(octets, parts, length)))
    uri.port = port
    uri.is_sip = 1
    return start + length
