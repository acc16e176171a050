"""The challenge of a 401, and the response that proves the password (RFC 7616 §3.3, §3.4.1, RFC 8760). qop=auth always; no opaque."""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.hex cimport write_hex
from hasip.dataplane.base.md5 cimport MD5_BYTES, Md5, md5_add, md5_begin, md5_end
from hasip.dataplane.base.sha256 cimport SHA256_BYTES, Sha256, sha256_add, sha256_begin, sha256_end
from hasip.dataplane.base.span cimport Span, span_between
from hasip.dataplane.syntax.header_value cimport Parameter, header_value, is_named, read_parameter, without_quotes
from hasip.dataplane.syntax.message cimport Message
from hasip.dataplane.syntax.octets cimport same_letters
from hasip.load.text cimport Text, put_bytes

cdef enum:
    HEX_HASH_BYTES_MAX = 64
    HEADER_NAME_BYTES = 16          # "WWW-Authenticate"
    SCHEME_BYTES = 6                # "Digest"


cdef struct Challenge:
    Span realm
    Span nonce
    Span algorithm
    bint is_stale


cdef inline bint find_challenge(const Message *message, bint is_sha256, Challenge *challenge) noexcept nogil:
    """Read the first WWW-Authenticate that asks for this algorithm; none named is MD5. False: there is none."""
    cdef uint32_t i
    for i in range(message.header_count):
        if not is_challenge(message, i) or not read_challenge(message.bytes, header_value(message, i), challenge):
            continue
        if is_sha256 and is_named(message.bytes, challenge.algorithm, b"sha-256", 7):
            return True
        if not is_sha256 and (challenge.algorithm.length == 0 or is_named(message.bytes, challenge.algorithm, b"md5", 3)):
            return True
    return False


cdef inline bint is_challenge(const Message *message, uint32_t index) noexcept nogil:
    """True for WWW-Authenticate, a name that no router looks at."""
    cdef uint32_t start = message.header_start[index]
    return (message.value_start[index] - start == HEADER_NAME_BYTES + 1
            and same_letters(message.bytes + start, b"www-authenticate", HEADER_NAME_BYTES))


cdef inline bint read_challenge(const uint8_t *bytes, Span value, Challenge *challenge) noexcept nogil:
    """Read what a Digest challenge asks for. False: another scheme, ill-formed, or without nonce."""
    cdef uint32_t at = value.offset + SCHEME_BYTES, end = value.offset + value.length
    cdef Parameter parameter
    challenge.realm = challenge.nonce = challenge.algorithm = span_between(0, 0)
    challenge.is_stale = False
    if value.length <= SCHEME_BYTES or not same_letters(bytes + value.offset, b"digest", SCHEME_BYTES):
        return False
    while at < end:
        at = read_parameter(bytes, at, end, &parameter)
        if at == 0:
            return False
        keep_parameter(bytes, &parameter, challenge)
    return challenge.nonce.length > 0


cdef inline void keep_parameter(const uint8_t *bytes, const Parameter *parameter, Challenge *challenge) noexcept nogil:
    cdef Span value = without_quotes(bytes, parameter.value)
    if is_named(bytes, parameter.name, b"realm", 5):
        challenge.realm = value
    elif is_named(bytes, parameter.name, b"nonce", 5):
        challenge.nonce = value
    elif is_named(bytes, parameter.name, b"algorithm", 9):
        challenge.algorithm = value
    elif is_named(bytes, parameter.name, b"stale", 5):
        challenge.is_stale = is_named(bytes, value, b"true", 4)


cdef inline void put_hash(Text *text, bint is_sha256, const Text *hashed) noexcept nogil:
    """Put the hash of a text in hexadecimal digits."""
    cdef uint8_t digest[SHA256_BYTES]
    cdef uint8_t digits[HEX_HASH_BYTES_MAX]
    cdef uint32_t length = SHA256_BYTES if is_sha256 else MD5_BYTES
    cdef Md5 md5
    cdef Sha256 sha256
    if is_sha256:
        sha256_begin(&sha256)
        sha256_add(&sha256, hashed.bytes, hashed.length)
        sha256_end(&sha256, digest)
    else:
        md5_begin(&md5)
        md5_add(&md5, hashed.bytes, hashed.length)
        md5_end(&md5, digest)
    write_hex(digest, length, digits)
    put_bytes(text, digits, 2 * length)
