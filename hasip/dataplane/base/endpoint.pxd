"""Where a message comes from or goes to: an address and a port, reached through one of our listeners; and over streams, by which connection."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy, memset

from hasip.dataplane.base.socket cimport AF_INET, AF_INET6, htons, inet_ntop, inet_pton, ntohs, sockaddr_in, sockaddr_in6, socklen_t

cdef enum:
    ADDRESS_TEXT_BYTES = 48     # an IPv6 address in brackets fits
    NO_FLOW = 0                 # any way that leads to address and port
    FLOW_DEAD = 0xFFFFFFFE      # the connection was another run's
    FLOW_DATAGRAM = 0xFFFFFFFF  # the very place datagrams come from, whatever the far end's URI says of itself


cdef enum Transport:
    TRANSPORT_UDP = 0
    TRANSPORT_TCP = 1
    TRANSPORT_TLS = 2


cdef extern from *:
    """
    static const char *const HASIP_TRANSPORT_NAMES[] = {"UDP", "TCP", "TLS"};
    static const char *const HASIP_TRANSPORT_PARAMETERS[] = {"udp", "tcp", "tls"};
    """
    const char *TRANSPORT_NAMES "HASIP_TRANSPORT_NAMES"[3]            # in a Via
    const char *TRANSPORT_PARAMETERS "HASIP_TRANSPORT_PARAMETERS"[3]  # in a URI


cdef struct Endpoint:
    uint8_t address[16]         # IPv6, or IPv4 mapped into ::ffff:0:0/96
    uint16_t port               # host order
    uint16_t listener           # index of the listener it is reached through
    uint32_t flow               # RFC 5626: the connection it has to be, NO_FLOW, or one of the marks above


cdef inline bint is_ipv4(const Endpoint *endpoint) noexcept nogil:
    cdef const uint8_t *address = endpoint.address
    cdef uint64_t high
    cdef uint32_t middle
    memcpy(&high, address, 8)
    memcpy(&middle, address + 8, 4)
    return high == 0 and middle == <uint32_t>0xFFFF0000       # ::ffff:0:0, little endian


cdef inline bint is_same_place(const Endpoint *one, const Endpoint *other) noexcept nogil:
    """True when address and port are equal."""
    return memcmp(one.address, other.address, 16) == 0 and one.port == other.port


cdef inline void endpoint_set_ipv4(Endpoint *endpoint, const void *address) noexcept nogil:
    """Set the address from 4 bytes in network order."""
    memset(endpoint.address, 0, 10)
    endpoint.address[10] = 0xFF
    endpoint.address[11] = 0xFF
    memcpy(&endpoint.address[12], address, 4)


cdef inline void endpoint_from_sockaddr(Endpoint *endpoint, const void *address) noexcept nogil:
    """Set address and port from a sockaddr_in or sockaddr_in6; by no certain flow."""
    cdef const sockaddr_in *four = <const sockaddr_in *>address
    cdef const sockaddr_in6 *six = <const sockaddr_in6 *>address
    endpoint.flow = NO_FLOW
    if four.sin_family == AF_INET:
        endpoint_set_ipv4(endpoint, &four.sin_addr)
        endpoint.port = ntohs(four.sin_port)
    else:
        memcpy(endpoint.address, &six.sin6_addr, 16)
        endpoint.port = ntohs(six.sin6_port)


cdef inline socklen_t endpoint_to_sockaddr(const Endpoint *endpoint, void *address) noexcept nogil:
    """Write a sockaddr (room for a sockaddr_in6) and return its length."""
    cdef sockaddr_in *four = <sockaddr_in *>address
    cdef sockaddr_in6 *six = <sockaddr_in6 *>address
    if is_ipv4(endpoint):
        memset(four, 0, sizeof(sockaddr_in))
        four.sin_family = AF_INET
        four.sin_port = htons(endpoint.port)
        memcpy(&four.sin_addr, &endpoint.address[12], 4)
        return sizeof(sockaddr_in)
    memset(six, 0, sizeof(sockaddr_in6))
    six.sin6_family = AF_INET6
    six.sin6_port = htons(endpoint.port)
    memcpy(&six.sin6_addr, endpoint.address, 16)
    return sizeof(sockaddr_in6)


cdef inline bint endpoint_from_host(Endpoint *endpoint, const uint8_t *host, uint32_t length) noexcept nogil:
    """Set the address from an IPv4 address or an IPv6 address, in brackets or not. By no certain flow. False: neither (a name, say)."""
    cdef char text[ADDRESS_TEXT_BYTES]
    cdef uint8_t four[4]
    endpoint.flow = NO_FLOW
    if read_ipv4(host, length, four):
        endpoint_set_ipv4(endpoint, four)
        return True
    if length > 2 and host[0] == c'[' and host[length - 1] == c']':
        host += 1
        length -= 2
    if length == 0 or length >= ADDRESS_TEXT_BYTES or memchr(host, c':', length) == NULL or memchr(host, 0, length) != NULL:
        return False
    memcpy(text, host, length)
    text[length] = 0
    return inet_pton(AF_INET6, text, endpoint.address) == 1


cdef inline uint32_t write_address(const Endpoint *endpoint, uint8_t *text) noexcept nogil:
    """Write the address as a Via's `received` wants it (no brackets, RFC 3261 §25.1); room for ADDRESS_TEXT_BYTES. Return its length."""
    cdef uint32_t length = 0
    if is_ipv4(endpoint):
        return write_ipv4(&endpoint.address[12], text)
    inet_ntop(AF_INET6, endpoint.address, <char *>text, ADDRESS_TEXT_BYTES)
    while text[length]:
        length += 1
    return length


cdef inline uint32_t write_ipv4(const uint8_t *four, uint8_t *text) noexcept nogil:
    """Write four bytes in dotted form; return the length. (inet_ntop goes through printf, and costs 200 ns more.)"""
    cdef uint32_t length = 0, i
    for i in range(4):
        length += write_number(four[i], text + length)
        text[length] = c'.'
        length += 1
    return length - 1


cdef inline bint read_ipv4(const uint8_t *text, uint32_t length, uint8_t *four) noexcept nogil:
    """Read an address in dotted form: four numbers below 256, without leading zeros."""
    cdef uint32_t at = 0, i, value, digits
    for i in range(4):
        value = 0
        digits = 0
        while at < length and c'0' <= text[at] <= c'9' and digits < 3:
            value = value * 10 + text[at] - c'0'
            digits += 1
            at += 1
        if digits == 0 or value > 255 or (digits > 1 and text[at - digits] == c'0'):
            return False
        four[i] = <uint8_t>value
        if i < 3:
            if at >= length or text[at] != c'.':
                return False
            at += 1
    return at == length


cdef inline uint32_t write_host_port(const Endpoint *endpoint, uint8_t *text) noexcept nogil:
    """Write host:port as a SIP URI wants it, an IPv6 address in brackets; room for ADDRESS_TEXT_BYTES + 8. Return its length."""
    cdef uint32_t length = 0
    if not is_ipv4(endpoint):
        text[0] = c'['
        length = 1
    length += write_address(endpoint, text + length)
    if not is_ipv4(endpoint):
        text[length] = c']'
        length += 1
    text[length] = c':'
    return length + 1 + write_number(endpoint.port, text + length + 1)


cdef inline uint32_t write_number(uint32_t number, uint8_t *text) noexcept nogil:
    """Write a number in decimal; room for 10 bytes. Return its length."""
    cdef uint8_t digits[10]
    cdef uint32_t count = 0, i
    if number < 10:
        text[0] = <uint8_t>(c'0' + number)
        return 1
    if number < 100:
        text[0] = <uint8_t>(c'0' + number // 10)
        text[1] = <uint8_t>(c'0' + number % 10)
        return 2
    while True:
        digits[count] = <uint8_t>(c'0' + number % 10)
        count += 1
        number //= 10
        if number == 0:
            break
    for i in range(count):
        text[i] = digits[count - 1 - i]
    return count
