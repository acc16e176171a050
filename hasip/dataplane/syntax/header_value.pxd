"""Values of headers: trimmed, split at commas, searched for parameters (RFC 3261 §7.3.1, §25.1)."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.syntax.message cimport Message
from hasip.dataplane.syntax.octets cimport (
    OCTET_TOKEN, OCTET_VALUE, likely, load_16, load_32, read_number, same_letters, skip_class, skip_quoted, skip_white, trim_white, unlikely)

cdef enum:
    CR_LF = 0x0a0d                 # as a little-endian word
    SIGN_CR_LF = 0x0a0d2100        # any octet, one above SP, CR, LF: the lowest such word,
    SIGNS = 0xdf00                 # and how many there are

cdef struct Parameter:             # ;name or ;name=value
    Span whole                     # name and value, without the semicolon
    Span name
    Span value                     # quoted strings keep their quotes; empty without "="
    bint has_value


cdef inline Span header_value(const Message *message, uint32_t index) noexcept nogil:
    """Return the value of header `index`, without the white space around it (folds inside stay)."""
    cdef const uint8_t *bytes = message.bytes
    cdef uint32_t start = message.value_start[index], end = message.header_start[index + 1]
    if likely(bytes[start] == c' ' and bytes[start + 1] > c' ' and bytes[end - 3] > c' ' and load_16(bytes + end - 2) == CR_LF):
        return span_between(<uint16_t> (start + 1), <uint16_t> (end - 2))
    start = skip_white(message.bytes, start, end)
    return span_between(<uint16_t> start, <uint16_t> trim_white(message.bytes, start, end))


cdef inline void find_value(const Message *message, uint8_t name, size_t *start, size_t *end) noexcept nogil:
    """Find the trimmed value of the first header of that HeaderName, which is there."""
    cdef const uint8_t *bytes = message.bytes
    cdef size_t place = message.first_header[name], first = message.value_start[place - 1], behind = message.header_start[place]
    cdef Span value
    start[0] = first + 1
    end[0] = behind - 2
    if unlikely(bytes[first] != c' ') or unlikely(bytes[first + 1] <= c' ') or unlikely(
            load_32(bytes + behind - 4) - <uint32_t> SIGN_CR_LF >= <uint32_t> SIGNS):
        value = header_value(message, <uint32_t> place - 1)
        start[0] = value.offset
        end[0] = start[0] + value.length


cdef inline uint32_t end_of_list_value(const uint8_t *bytes, uint32_t at, uint32_t end) noexcept nogil:
    """Return where the next comma outside quotes and angle brackets is, or `end`."""
    cdef bint in_brackets = False
    while at < end:
        if in_brackets:
            in_brackets = bytes[at] != c'>'
        elif bytes[at] == c'"':
            at = skip_quoted(bytes, at, end)
            if at == 0:
                return end
            continue
        elif bytes[at] == c',':
            return at
        elif bytes[at] == c'<':
            in_brackets = True
        at += 1
    return end


cdef inline bint next_list_value(const uint8_t *bytes, Span header, uint32_t *at, Span *value) noexcept nogil:
    """Take the next comma separated value of `header`; `at` is the iterator's place and starts as header.offset.

    Returns False at the end. A value is trimmed, and empty where two commas stand together.
    """
    cdef uint32_t end = header.offset + header.length, start, comma
    if at[0] > end or header.length == 0:
        return False
    start = skip_white(bytes, at[0], end)
    comma = end_of_list_value(bytes, start, end)
    value[0] = span_between(<uint16_t> start, <uint16_t> trim_white(bytes, start, comma))
    at[0] = comma + 1
    return True


cdef inline uint32_t end_of_parameter_value(const uint8_t *bytes, uint32_t at, uint32_t end) noexcept nogil:
    """Return where a token, host or quoted string ends, or 0 for a quoted string without end."""
    if at < end and bytes[at] == c'"':
        return skip_quoted(bytes, at, end)
    at = skip_class(bytes, at, end, OCTET_VALUE)
    return 0 if at < end and bytes[at] == c'"' else at


cdef inline uint32_t read_parameter(const uint8_t *bytes, uint32_t at, uint32_t end, Parameter *parameter) noexcept nogil:
    """Read one parameter, from its semicolon at `at`, with white space around ";" and "=".

    Returns the place of what follows: ';', ',' or `end`; 0 when the parameter is ill-formed.
    """
    cdef uint32_t start = skip_white(bytes, at + 1, end), name_end = skip_class(bytes, start, end, OCTET_TOKEN), value_end
    if name_end == start:
        return 0
    parameter.name = span_between(<uint16_t> start, <uint16_t> name_end)
    parameter.whole = parameter.name
    parameter.value = span_between(<uint16_t> name_end, <uint16_t> name_end)
    parameter.has_value = False
    at = skip_white(bytes, name_end, end)
    if at < end and bytes[at] == c'=':
        at = skip_white(bytes, at + 1, end)
        value_end = end_of_parameter_value(bytes, at, end)
        if value_end == 0:
            return 0
        parameter.has_value = True
        parameter.value = span_between(<uint16_t> at, <uint16_t> value_end)
        parameter.whole = span_between(<uint16_t> start, <uint16_t> (value_end if value_end > at else trim_white(bytes, start, at)))
        at = skip_white(bytes, value_end, end)
    if at < end and bytes[at] != c';' and bytes[at] != c',':
        return 0
    return at


cdef inline bint is_named(const uint8_t *bytes, Span name, const char *small, uint32_t length) noexcept nogil:
    """Return whether the span equals a name of small letters, in any case."""
    return name.length == length and same_letters(bytes + name.offset, small, length)


cdef inline bint has_plain_value(const uint8_t *bytes, const Parameter *parameter) noexcept nogil:
    """Return whether there is a value, and not a quoted string."""
    return parameter.value.length > 0 and bytes[parameter.value.offset] != c'"'


cdef inline Span without_quotes(const uint8_t *bytes, Span value) noexcept nogil:
    """Return what stands inside a quoted string, its escapes as they are; any other parameter's value as it is."""
    if value.length < 2 or bytes[value.offset] != c'"':
        return value
    return span_between(<uint16_t> (value.offset + 1), <uint16_t> (value.offset + value.length - 1))


cdef inline bint find_parameter(const uint8_t *bytes, Span parameters, const char *small, uint32_t length, Parameter *parameter) noexcept nogil:
    """Find the first parameter of that name (small letters) in ";a;b=c". Returns False when absent, or behind an ill-formed one."""
    cdef uint32_t at = parameters.offset, end = at + parameters.length
    while at < end and bytes[at] == c';':
        at = read_parameter(bytes, at, end, parameter)
        if at == 0:
            return False
        if is_named(bytes, parameter.name, small, length):
            return True
    return False


cdef inline bint read_delta_seconds(const uint8_t *bytes, Span value, uint32_t *seconds) noexcept nogil:
    """Read the number a value such as "1800;refresher=uac" begins with (Session-Expires, Min-SE, Retry-After, Expires)."""
    cdef uint32_t start = value.offset, end = start + value.length, number_end = start, behind
    while number_end < end and c'0' <= bytes[number_end] <= c'9':
        number_end += 1
    behind = skip_white(bytes, number_end, end)
    if behind < end and bytes[behind] != c';' and bytes[behind] != c'(':
        return False
    return read_number(bytes, start, number_end, seconds)
