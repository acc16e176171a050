"""Octets and how to walk them (RFC 3261 §25.1). White space is SP, HTAB and, inside a folded header, CR and LF."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "hasip/dataplane/syntax/octets.h" nogil:
    const uint8_t[256] octet_class "hasip_octet_class"
    enum:
        OCTET_WHITE
        OCTET_TOKEN
        OCTET_DIGIT
        OCTET_SCHEME
        OCTET_IPV6
        OCTET_URI
        OCTET_DISPLAY
        OCTET_VALUE
    uint16_t load_16 "hasip_load_16" (const uint8_t *octets)
    uint32_t load_32 "hasip_load_32" (const uint8_t *octets)
    uint64_t load_64 "hasip_load_64" (const uint8_t *octets)
    size_t lowest_bit "hasip_lowest_bit" (uint64_t mask)
    size_t lowest_bit_or_64 "hasip_lowest_bit_or_64" (uint64_t mask)
    uint64_t bits_below "hasip_bits_below" (size_t count)
    uint32_t read_digits "hasip_read_digits" (const uint8_t *octets, uint32_t *number)     # returns how many; 8 may mean more
    bint read_few_digits "hasip_read_few_digits" (const uint8_t *octets, size_t length, uint32_t *number)      # False: not 1 … 4 digits

    # Which of the 64 (or 16) octets are …
    uint64_t at_signs "hasip_at_signs" (const uint8_t *octets)
    uint64_t quotes_and_backslashes "hasip_quotes_and_backslashes" (const uint8_t *octets)
    uint64_t uri_stops "hasip_uri_stops" (const uint8_t *octets)           # no plain URI holds: white space, controls, ! " < >, UTF-8
    uint64_t uri_parts "hasip_uri_parts" (const uint8_t *octets)           # : ; ? @ (and >)
    uint64_t via_stops "hasip_via_stops" (const uint8_t *octets)           # white space, controls, ! " # $ % & ' ( ) * + , : ; UTF-8
    uint64_t tag_stops "hasip_tag_stops" (const uint8_t *octets)           # white space, controls, ! " , ; UTF-8
    uint32_t tag_stops_16 "hasip_tag_stops_16" (const uint8_t *octets)
    uint32_t display_stops_16 "hasip_display_stops_16" (const uint8_t *octets)     # " , ; <
    uint32_t quotes_and_backslashes_16 "hasip_quotes_and_backslashes_16" (const uint8_t *octets)
    uint32_t spaces_16 "hasip_spaces_16" (const uint8_t *octets)

cdef extern from * nogil:
    bint likely(bint condition)
    bint unlikely(bint condition)

cdef enum:
    SMALL_LETTERS_32 = 0x20202020          # `word | SMALL_LETTERS_32`: letters become small

cdef inline uint64_t small_letters(uint64_t word) noexcept nogil:
    """Return eight octets with letters made small. It also turns some controls into signs: rule controls out beforehand."""
    return word | <uint64_t> 0x2020202020202020


cdef inline bint is_white(uint8_t octet) noexcept nogil:
    return octet_class[octet] & OCTET_WHITE


cdef inline bint is_token_octet(uint8_t octet) noexcept nogil:
    return octet_class[octet] & OCTET_TOKEN


cdef inline bint is_digit(uint8_t octet) noexcept nogil:
    return octet_class[octet] & OCTET_DIGIT


cdef inline uint32_t skip_white(const uint8_t *bytes, uint32_t at, uint32_t end) noexcept nogil:
    """Return where the white space that starts at `at` ends."""
    while at < end and is_white(bytes[at]):
        at += 1
    return at


cdef inline uint32_t trim_white(const uint8_t *bytes, uint32_t start, uint32_t end) noexcept nogil:
    """Return `end` less the white space before it."""
    while end > start and is_white(bytes[end - 1]):
        end -= 1
    return end


cdef inline uint32_t skip_class(const uint8_t *bytes, uint32_t at, uint32_t end, uint8_t octet_kinds) noexcept nogil:
    """Return the first place from `at` on whose octet is of none of these kinds."""
    while at < end and octet_class[bytes[at]] & octet_kinds:
        at += 1
    return at


cdef inline uint32_t skip_quoted(const uint8_t *bytes, uint32_t at, uint32_t end) noexcept nogil:
    """Return the place behind the quoted string that opens at `at`, or 0 when it is not closed (§25.1 quoted-string)."""
    at += 1
    while at < end:
        if bytes[at] == c'\\':
            at += 2
        elif bytes[at] == c'"':
            return at + 1
        else:
            at += 1
    return 0


cdef inline bint same_in_any_case(const uint8_t *one, const uint8_t *other, uint32_t length) noexcept nogil:
    """Return whether two texts are equal, letters in any case."""
    cdef uint32_t i
    for i in range(length):
        if one[i] != other[i] and (one[i] | 0x20 != other[i] | 0x20 or not c'a' <= one[i] | 0x20 <= c'z'):
            return False
    return True


cdef inline bint same_letters(const uint8_t *bytes, const char *small, uint32_t length) noexcept nogil:
    """Return whether `length` octets equal the name `small`, which holds small letters, digits and '-'."""
    cdef uint32_t i
    for i in range(length):
        if (bytes[i] | 0x20) != <uint8_t> small[i] or bytes[i] < c' ':
            return False
    return True


cdef inline bint read_number(const uint8_t *bytes, uint32_t start, uint32_t end, uint32_t *number) noexcept nogil:
    """Read 1*DIGIT that fills start ≤ i < end. Returns False for anything else, or above 2**32 - 1."""
    cdef uint64_t total = 0
    cdef uint32_t at
    if start == end:
        return False
    for at in range(start, end):
        if not is_digit(bytes[at]):
            return False
        total = total * 10 + (bytes[at] - c'0')
        if total >> 32:
            return False
    number[0] = <uint32_t> total
    return True
