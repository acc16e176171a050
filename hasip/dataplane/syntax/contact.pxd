"""Contacts of a REGISTER: all values of all its Contact headers, one after the other (RFC 3261 §10.2.1, §10.3, §20.10; RFC 5626 §4.1)."""
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.syntax.header_value cimport Parameter, find_parameter, header_value, without_quotes
from hasip.dataplane.syntax.message cimport HEADER_CONTACT, Message, Uri
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr
from hasip.dataplane.syntax.octets cimport is_digit, read_number
from hasip.dataplane.syntax.uri cimport parse_uri

cdef enum:
    EXPIRES_ABSENT = -1
    EXPIRES_MALFORMED_S = 3600     # what a number that is none counts as (§20.10); RFC 4475 §3.1.2.4 lets one that is too large be the same
    Q_MAX = 1000                   # thousandths; also where there is none
    REG_ID_MAX = 0x7fffffff        # RFC 5626 §4.2

cdef enum ContactResult:
    CONTACT_NONE = 0               # there are no more
    CONTACT_FOUND
    CONTACT_STAR                   # "*", and nothing else (§10.3 step 6)
    CONTACT_MALFORMED              # the walk ends here

cdef struct ContactWalk:
    uint32_t header                # the next one to look at
    uint32_t at                    # where the next value starts; 0: in the next header
    uint32_t end                   # of the header's value

cdef struct Contact:
    Uri uri                        # of any scheme; uri.whole is without brackets
    Span instance                  # +sip.instance, without quotes; empty when absent
    int64_t expires                # seconds, EXPIRES_ABSENT
    uint32_t reg_id                # 0: absent, or no number that one may have
    uint16_t q                     # thousandths


cdef inline void begin_contacts(const Message *message, ContactWalk *walk) noexcept nogil:
    """Stand before the first contact."""
    walk.header = message.first_header[HEADER_CONTACT] - 1 if message.first_header[HEADER_CONTACT] else message.header_count
    walk.at = walk.end = 0


cdef inline ContactResult next_contact(const Message *message, ContactWalk *walk, Contact *contact) noexcept nogil:
    """Take the next contact. Writes: every field of it, with CONTACT_FOUND only."""
    cdef NameAddr element
    if walk.at == 0:
        if not open_next_header(message, walk):
            return CONTACT_NONE
        if is_lone_star(message, walk):
            end_walk(message, walk)
            return CONTACT_STAR
    if not parse_name_addr(message.bytes, walk.at, walk.end, &element) or not read_contact(message.bytes, &element, contact):
        end_walk(message, walk)
        return CONTACT_MALFORMED
    walk.at = element.next
    return CONTACT_FOUND


cdef inline bint open_next_header(const Message *message, ContactWalk *walk) noexcept nogil:
    """Go to the value of the next Contact header. Returns False when there is none."""
    cdef Span value
    while walk.header < message.header_count:
        walk.header += 1
        if message.header_name[walk.header - 1] == HEADER_CONTACT:
            value = header_value(message, walk.header - 1)
            walk.at = value.offset
            walk.end = walk.at + value.length
            return True
    return False


cdef inline bint is_lone_star(const Message *message, const ContactWalk *walk) noexcept nogil:
    """Return whether the header just opened is "*" and there is no other. Beside contacts it is no address, and so refused as one."""
    return walk.end - walk.at == 1 and message.bytes[walk.at] == c'*' and message.headers_named[HEADER_CONTACT] == 1


cdef inline void end_walk(const Message *message, ContactWalk *walk) noexcept nogil:
    walk.header = message.header_count
    walk.at = 0


cdef inline bint read_contact(const uint8_t *bytes, const NameAddr *element, Contact *contact) noexcept nogil:
    """Read URI and parameters. Returns False when the URI is none, or q is ill-formed."""
    cdef Parameter parameter
    contact.expires = EXPIRES_ABSENT
    contact.q = Q_MAX
    contact.reg_id = 0
    contact.instance = span_between(0, 0)
    if not parse_uri(bytes, element.uri, &contact.uri):
        return False
    if find_parameter(bytes, element.parameters, b"expires", 7, &parameter):
        contact.expires = read_expires(bytes, parameter.value)
    if find_parameter(bytes, element.parameters, b"+sip.instance", 13, &parameter):
        contact.instance = without_quotes(bytes, parameter.value)
    if find_parameter(bytes, element.parameters, b"reg-id", 6, &parameter):
        contact.reg_id = read_reg_id(bytes, parameter.value)
    return not find_parameter(bytes, element.parameters, b"q", 1, &parameter) or read_q(bytes, parameter.value, &contact.q)


cdef inline int64_t read_expires(const uint8_t *bytes, Span value) noexcept nogil:
    """Return seconds, up to 2**32 - 1."""
    cdef uint32_t seconds
    return seconds if read_number(bytes, value.offset, value.offset + value.length, &seconds) else EXPIRES_MALFORMED_S


cdef inline uint32_t read_reg_id(const uint8_t *bytes, Span value) noexcept nogil:
    """Return 1 … REG_ID_MAX, or 0."""
    cdef uint32_t number
    return number if read_number(bytes, value.offset, value.offset + value.length, &number) and number <= REG_ID_MAX else 0


cdef inline bint read_q(const uint8_t *bytes, Span value, uint16_t *thousandths) noexcept nogil:
    """Read a qvalue (§25.1): 0 … 1, at most three digits behind the point."""
    cdef uint32_t start = value.offset, total, weight = Q_MAX, i
    if not 1 <= value.length <= 5 or not is_digit(bytes[start]) or (value.length > 1 and bytes[start + 1] != c'.'):
        return False
    total = weight * (bytes[start] - c'0')
    for i in range(start + 2, start + value.length):
        if not is_digit(bytes[i]):
            return False
        weight //= 10
        total += weight * (bytes[i] - c'0')
    thousandths[0] = <uint16_t> total
    return total <= Q_MAX
