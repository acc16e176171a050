"""Digest credentials: the value of one Authorization or Proxy-Authorization header (RFC 7616 §3.4, RFC 8760, RFC 3261 §22.4, §25.1)."""
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memset

from hasip.dataplane.base.hex cimport read_hex
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.syntax.header_value cimport Parameter, is_named, read_parameter, without_quotes
from hasip.dataplane.syntax.octets cimport OCTET_TOKEN, is_white, same_letters, skip_class
from hasip.dataplane.syntax.uri cimport find_octet

cdef enum CredentialsResult:
    CREDENTIALS_OK = 0
    CREDENTIALS_OTHER_SCHEME       # Basic, Bearer, …
    CREDENTIALS_MALFORMED          # a parameter is ill-formed, missing or there twice

cdef enum DigestAlgorithm:
    DIGEST_UNKNOWN = 0
    DIGEST_MD5                     # also where none is named
    DIGEST_SHA256

cdef struct Credentials:           # quoted strings without their quotes; a parameter that is absent has offset 0, an empty one has not
    Span username
    Span realm
    Span nonce
    Span uri
    Span response
    Span cnonce
    Span opaque
    Span qop
    Span algorithm_text
    Span nc_text                   # as written, which is what the response is a hash of
    uint32_t nc
    uint8_t has_nc
    uint8_t algorithm              # DigestAlgorithm
    uint8_t has_escapes            # a quoted string holds a backslash: its text is not what it stands for


cdef inline CredentialsResult read_credentials(const uint8_t *bytes, Span value, Credentials *credentials) noexcept nogil:
    """Read a header's trimmed value. A parameter may be quoted or not, whichever its grammar says; those not in Credentials are passed over.

    Writes: every field, and all of them hold only with CREDENTIALS_OK. Whether qop, cnonce and nc go together is the caller's to judge.
    """
    cdef uint32_t at = value.offset, end = at + value.length, scheme_end = skip_class(bytes, at, end, OCTET_TOKEN)
    memset(credentials, 0, sizeof(Credentials))
    if scheme_end == at:
        return CREDENTIALS_MALFORMED
    if scheme_end - at != 6 or not same_letters(bytes + at, b"digest", 6):
        return CREDENTIALS_OTHER_SCHEME
    if scheme_end == end or not is_white(bytes[scheme_end]):
        return CREDENTIALS_MALFORMED
    if not read_digest_parameters(bytes, scheme_end, end, credentials) or not has_required_parameters(credentials):
        return CREDENTIALS_MALFORMED
    credentials.algorithm = algorithm_named(bytes, credentials.algorithm_text)
    return CREDENTIALS_OK if decode_nonce_count(bytes, credentials) else CREDENTIALS_MALFORMED


cdef inline bint read_digest_parameters(const uint8_t *bytes, uint32_t at, uint32_t end, Credentials *credentials) noexcept nogil:
    """Read name=value, …, the first of them behind the white space at `at`, the others behind a comma."""
    cdef Parameter parameter
    while True:
        at = read_parameter(bytes, at, end, &parameter)
        if at == 0 or parameter.value.length == 0 or not keep_parameter(bytes, &parameter, credentials):
            return False
        if at == end:
            return True
        if bytes[at] != c',':
            return False


cdef inline bint keep_parameter(const uint8_t *bytes, const Parameter *parameter, Credentials *credentials) noexcept nogil:
    """Put a value in its place. Returns False when something is there already."""
    cdef Span *place = place_of_parameter(bytes, parameter.name, credentials)
    cdef uint32_t end
    if place == NULL:
        return True
    if place.offset:
        return False
    place[0] = without_quotes(bytes, parameter.value)
    end = place.offset + place.length
    if place.length < parameter.value.length and find_octet(bytes, place.offset, end, c'\\') < end:
        credentials.has_escapes = True
    return True


cdef inline Span *place_of_parameter(const uint8_t *bytes, Span name, Credentials *credentials) noexcept nogil:
    """Return where the value of that parameter belongs; NULL for one that is passed over."""
    if is_named(bytes, name, b"username", 8):
        return &credentials.username
    if is_named(bytes, name, b"realm", 5):
        return &credentials.realm
    if is_named(bytes, name, b"nonce", 5):
        return &credentials.nonce
    if is_named(bytes, name, b"uri", 3):
        return &credentials.uri
    if is_named(bytes, name, b"response", 8):
        return &credentials.response
    if is_named(bytes, name, b"algorithm", 9):
        return &credentials.algorithm_text
    if is_named(bytes, name, b"cnonce", 6):
        return &credentials.cnonce
    if is_named(bytes, name, b"opaque", 6):
        return &credentials.opaque
    if is_named(bytes, name, b"qop", 3):
        return &credentials.qop
    if is_named(bytes, name, b"nc", 2):
        return &credentials.nc_text
    return NULL


cdef inline bint has_required_parameters(const Credentials *credentials) noexcept nogil:
    """Return whether all are there that every digest has. They may be empty: so a first REGISTER of an IMS device names its user (3GPP TS 24.229)."""
    return (credentials.username.offset and credentials.realm.offset and credentials.nonce.offset
            and credentials.uri.offset and credentials.response.offset)


cdef inline uint8_t algorithm_named(const uint8_t *bytes, Span name) noexcept nogil:
    """Return the DigestAlgorithm of a name in any case; MD5 where there is none (RFC 7616 §3.3)."""
    if name.offset == 0 or is_named(bytes, name, b"md5", 3):
        return DIGEST_MD5
    return DIGEST_SHA256 if is_named(bytes, name, b"sha-256", 7) else DIGEST_UNKNOWN


cdef inline bint decode_nonce_count(const uint8_t *bytes, Credentials *credentials) noexcept nogil:
    """Decode nc, if it is there: exactly eight hexadecimal digits."""
    cdef uint8_t[4] octets
    if credentials.nc_text.offset == 0:
        return True
    if credentials.nc_text.length != 8 or not read_hex(bytes + credentials.nc_text.offset, 4, octets):
        return False
    credentials.nc = <uint32_t> octets[0] << 24 | <uint32_t> octets[1] << 16 | <uint32_t> octets[2] << 8 | octets[3]
    credentials.has_nc = True
    return True
