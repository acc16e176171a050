"""Via values (RFC 3261 §20.42, RFC 3581): protocol, sent-by and the parameters a router reads."""
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t

from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.syntax.header_value cimport Parameter, has_plain_value, is_named, read_parameter
from hasip.dataplane.syntax.octets cimport (
    OCTET_DIGIT, OCTET_TOKEN, is_white, likely, load_32, load_64, lowest_bit, read_number, same_letters, skip_class, skip_white,
    small_letters, trim_white, unlikely, via_stops)
from hasip.dataplane.syntax.uri cimport end_of_ipv6_reference, read_port

cdef struct Via:
    Span whole                     # from the protocol to the end of the last parameter
    Span transport                 # "UDP", "TCP", …
    Span sent_by                   # host[:port] as written
    Span host                      # an IPv6 reference keeps its brackets
    Span branch
    Span received
    Span rport_parameter           # "rport" or "rport=5060", empty if absent
    int32_t rport                  # -1 absent, 0 without value, else the value
    uint16_t port                  # 0: none given
    uint16_t next                  # where the next value of the header starts; 0: this is the last


cdef inline uint32_t read_slash(const uint8_t *bytes, uint32_t at, uint32_t end) noexcept nogil:
    """Return the place behind "/" and the white space around it, or 0."""
    at = skip_white(bytes, at, end)
    return skip_white(bytes, at + 1, end) if at < end and bytes[at] == c'/' else 0


cdef inline uint32_t read_protocol(const uint8_t *bytes, uint32_t at, uint32_t end, Via *via) noexcept nogil:
    """Read "SIP/2.0/UDP" and the white space behind it. Returns the place of sent-by, or 0."""
    cdef uint32_t transport
    if end - at < 3 or not same_letters(bytes + at, b"sip", 3):
        return 0
    at = read_slash(bytes, at + 3, end)
    if at == 0 or end - at < 3 or not same_letters(bytes + at, b"2.0", 3):
        return 0
    transport = read_slash(bytes, at + 3, end)
    if transport == 0:
        return 0
    at = skip_class(bytes, transport, end, OCTET_TOKEN)
    if at == transport or at == end or not is_white(bytes[at]):
        return 0
    via.transport = span_between(<uint16_t> transport, <uint16_t> at)
    return skip_white(bytes, at, end)


cdef inline uint32_t end_of_sent_by_host(const uint8_t *bytes, uint32_t start, uint32_t end) noexcept nogil:
    """Return where the host ends: at white space, ':', ';', ',' or `end`; 0 when it is empty or its bracket is missing."""
    cdef uint32_t at = start
    if at < end and bytes[at] == c'[':
        return end_of_ipv6_reference(bytes, start, end)
    while at < end and not is_white(bytes[at]) and bytes[at] != c':' and bytes[at] != c';' and bytes[at] != c',':
        at += 1
    return at if at > start else 0


cdef inline uint32_t read_sent_by(const uint8_t *bytes, uint32_t start, uint32_t end, Via *via) noexcept nogil:
    """Read host [":" port]. Returns the place of ';', ',' or `end` behind it, or 0."""
    cdef uint32_t stop = end_of_sent_by_host(bytes, start, end), at, digits
    if stop == 0:
        return 0
    via.host = span_between(<uint16_t> start, <uint16_t> stop)
    via.port = 0
    at = skip_white(bytes, stop, end)
    if at < end and bytes[at] == c':':
        digits = skip_white(bytes, at + 1, end)
        stop = skip_class(bytes, digits, end, OCTET_DIGIT)
        if not read_port(bytes, digits, stop, &via.port):
            return 0
        at = skip_white(bytes, stop, end)
    via.sent_by = span_between(<uint16_t> start, <uint16_t> stop)
    return at if at == end or bytes[at] == c';' or bytes[at] == c',' else 0


cdef inline bint note_parameter(const uint8_t *bytes, const Parameter *parameter, Via *via) noexcept nogil:
    """Keep the first branch, received and rport. Returns False when such a one is ill-formed."""
    cdef uint32_t number = 0
    if is_named(bytes, parameter.name, b"branch", 6):
        if via.branch.length == 0:
            via.branch = parameter.value
        return has_plain_value(bytes, parameter)
    if is_named(bytes, parameter.name, b"received", 8):
        if via.received.length == 0:
            via.received = parameter.value
        return has_plain_value(bytes, parameter)
    if is_named(bytes, parameter.name, b"rport", 5) and via.rport < 0:
        if parameter.value.length and not (
                read_number(bytes, parameter.value.offset, parameter.value.offset + parameter.value.length, &number) and number <= 65535):
            return False
        via.rport = <int32_t> number
        via.rport_parameter = parameter.whole
    return True


cdef inline bint parse_via(const uint8_t *bytes, uint32_t start, uint32_t end, Via *via) noexcept nogil:
    """Read the first Via value of start ≤ i < end. Returns False when it is ill-formed.

    Source: RFC 3261 §25.1 via-parm, with white space around "/", ":", ";" and "=".
    """
    cdef Parameter parameter
    cdef uint32_t at
    start = skip_white(bytes, start, end)
    end = trim_white(bytes, start, end)
    via.branch = via.received = via.rport_parameter = span_between(<uint16_t> start, <uint16_t> start)
    via.rport = -1
    at = read_protocol(bytes, start, end, via)
    if at:
        at = read_sent_by(bytes, at, end, via)
    while at and at < end and bytes[at] == c';':
        at = read_parameter(bytes, at, end, &parameter)
        if at and not note_parameter(bytes, &parameter, via):
            return False
    if at == 0 or at + 1 == end:               # ill-formed, or a comma with nothing behind it
        return False
    via.whole = span_between(<uint16_t> start, <uint16_t> trim_white(bytes, start, at))
    via.next = <uint16_t> (at + 1) if at < end else 0
    return True


# ------------------------------------------------------------------------------------------------ the common shape

cdef enum:                         # little-endian words
    SIP_2_0_SLASH = 0x2f302e322f504953         # "SIP/2.0/"
    UDP_SPACE = 0x20504455
    TCP_SPACE = 0x20504354
    TLS_SPACE = 0x20534c54
    BRANCH_EQUALS = 0x3d68636e617262
    RPORT = 0x74726f7072
    RECEIVED = 0x6465766965636572
    FIVE_OCTETS = 0xffffffffff
    SEVEN_OCTETS = 0xffffffffffffff
    PLAIN_BYTES_MAX = 128          # behind the transport


cdef inline bint note_plain_parameter(const uint8_t *bytes, size_t start, size_t end, Via *via) noexcept nogil:
    """Keep a branch, rport or received. Returns False for any other, a second one, or one without the value it needs."""
    cdef uint64_t name = small_letters(load_64(bytes + start))
    cdef uint16_t port = 0
    if (name & SEVEN_OCTETS) == BRANCH_EQUALS and via.branch.length == 0:
        via.branch = span_between(<uint16_t> (start + 7), <uint16_t> end)
        return end > start + 7
    if (name & FIVE_OCTETS) == RPORT and via.rport < 0:
        via.rport_parameter = span_between(<uint16_t> start, <uint16_t> end)
        if end > start + 5:
            if bytes[start + 5] != c'=' or not read_port(bytes, start + 6, end, &port):
                return False
        via.rport = port
        return True
    if name == RECEIVED and via.received.length == 0:
        via.received = span_between(<uint16_t> (start + 9), <uint16_t> end)
        return end > start + 9 and bytes[start + 8] == c'='
    return False


cdef inline bint has_plain_protocol(const uint8_t *bytes, size_t start) noexcept nogil:
    """Return whether a value starts with "SIP/2.0/UDP ", or the same of TCP or TLS."""
    cdef uint32_t transport = load_32(bytes + start + 8)
    if unlikely(load_64(bytes + start) != SIP_2_0_SLASH):
        return False
    return likely(transport == UDP_SPACE) or transport == TCP_SPACE or transport == TLS_SPACE


cdef inline uint64_t stops_to_end(const uint8_t *octets, size_t length) noexcept nogil:
    """Return a mask of what separates the parts of a plain Via, or is in none, among `length` octets; the one behind them is marked, too."""
    cdef uint64_t end = <uint64_t> 1 << length
    return via_stops(octets) & (end - 1) | end


cdef inline size_t read_plain_sent_by(const uint8_t *bytes, size_t host, size_t end, uint64_t *stops, Via *via) noexcept nogil:
    """Read host[:port]; `stops` are those from `host` on, and the one that ends it will be their lowest. Returns its place; 0: not plain."""
    cdef size_t host_end = host + lowest_bit(stops[0]), at = host_end
    via.port = 0
    if unlikely(host_end == host) or unlikely(bytes[host] == c'['):
        return 0
    if bytes[host_end] == c':' and host_end < end:
        stops[0] &= stops[0] - 1
        if unlikely(stops[0] == 0):
            return 0
        at = host + lowest_bit(stops[0])
        if unlikely(not read_port(bytes, host_end + 1, at, &via.port)):
            return 0
    via.host = span_between(<uint16_t> host, <uint16_t> host_end)
    via.sent_by = span_between(<uint16_t> host, <uint16_t> at)
    return at


cdef inline bint read_plain_via(const uint8_t *bytes, size_t start, size_t end, Via *via) noexcept nogil:
    """Read "SIP/2.0/UDP host:port;branch=…;rport;received=…" of one value, from masks of its octets.

    Returns False for any other shape (white space, lists, IPv6, other parameters, …), which is for parse_via to judge.
    Reads: 64 octets from any place before `end`.
    """
    cdef size_t base = start + 12, length = end - base, at, next_at
    cdef uint64_t stops, later_stops = 0
    if unlikely(not has_plain_protocol(bytes, start)) or unlikely(length - 1 >= PLAIN_BYTES_MAX - 1):      # 0 and less wrap around
        return False
    if length < 64:
        stops = stops_to_end(bytes + base, length)
    else:
        stops = via_stops(bytes + base)
        later_stops = stops_to_end(bytes + base + 64, length - 64)
        if unlikely(stops == 0):
            return False
    next_at = read_plain_sent_by(bytes, base, end, &stops, via)
    if unlikely(next_at == 0):
        return False
    via.whole = span_between(<uint16_t> start, <uint16_t> end)
    via.transport = span_between(<uint16_t> (start + 8), <uint16_t> (start + 11))
    via.branch = via.received = via.rport_parameter = span_between(<uint16_t> start, <uint16_t> start)
    via.rport = -1
    via.next = 0
    while next_at < end:
        at = next_at
        stops &= stops - 1
        if stops == 0:
            stops = later_stops
            base += 64
        next_at = base + lowest_bit(stops)
        if unlikely(bytes[at] != c';') or unlikely(not note_plain_parameter(bytes, at + 1, next_at, via)):
            return False
    return True
