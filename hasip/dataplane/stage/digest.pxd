"""Digest: the response that only who knows the password can make. (RFC 7616 §3.4.1, RFC 8760)"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.hex cimport write_hex
from hasip.dataplane.base.md5 cimport MD5_BYTES, Md5, md5_add, md5_begin, md5_end
from hasip.dataplane.base.sha256 cimport SHA256_BYTES, Sha256, sha256_add, sha256_begin, sha256_end
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.routing.users cimport HA1_MD5_BYTES, HA1_SHA256_BYTES, User
from hasip.dataplane.syntax.credentials cimport DIGEST_MD5, DIGEST_SHA256, Credentials
from hasip.dataplane.syntax.header_value cimport is_named
from hasip.dataplane.syntax.message cimport Message

cdef enum:
    PIECES_MAX = 11
    DIGEST_TEXT_BYTES_MAX = 64


cdef struct Pieces:                     # what is hashed, joined
    uint32_t count
    const uint8_t *bytes[PIECES_MAX]
    uint32_t length[PIECES_MAX]


cdef inline bint proves_user(const Message *message, const Credentials *credentials, const User *user) noexcept nogil:
    """True when the response is right for this user, its nonce and qop=auth. The URI is taken as it stands there.

    Deviates: RFC 7616 §3.4.6 compares it with the Request-URI; many devices write another, and the nonce count refuses replays.
    """
    cdef uint8_t inner[DIGEST_TEXT_BYTES_MAX]
    cdef uint8_t response[DIGEST_TEXT_BYTES_MAX]
    cdef uint32_t length
    cdef Pieces pieces
    if not has_hash(user, credentials.algorithm) or not is_named(message.bytes, credentials.qop, b"auth", 4) or not credentials.has_nc:
        return False
    pieces.count = 0
    add_span(&pieces, message, message.method_name)
    add_colon(&pieces)
    add_span(&pieces, message, credentials.uri)
    length = hash_pieces(credentials.algorithm, &pieces, inner)
    pieces.count = 0
    if credentials.algorithm == DIGEST_SHA256:
        add_piece(&pieces, user.ha1_sha256, HA1_SHA256_BYTES)
    else:
        add_piece(&pieces, user.ha1_md5, HA1_MD5_BYTES)
    add_colon(&pieces)
    add_span(&pieces, message, credentials.nonce)
    add_colon(&pieces)
    add_span(&pieces, message, credentials.nc_text)
    add_colon(&pieces)
    add_span(&pieces, message, credentials.cnonce)
    add_colon(&pieces)
    add_span(&pieces, message, credentials.qop)
    add_colon(&pieces)
    add_piece(&pieces, inner, length)
    length = hash_pieces(credentials.algorithm, &pieces, response)
    return credentials.response.length == length and is_same(message.bytes + credentials.response.offset, response, length)


cdef inline bint has_hash(const User *user, uint8_t algorithm) noexcept nogil:
    """True when the user's password is known in this algorithm's form."""
    return (algorithm == DIGEST_MD5 and user.has_md5) or (algorithm == DIGEST_SHA256 and user.has_sha256)


cdef inline void add_span(Pieces *pieces, const Message *message, Span span) noexcept nogil:
    add_piece(pieces, message.bytes + span.offset, span.length)


cdef inline void add_colon(Pieces *pieces) noexcept nogil:
    add_piece(pieces, <const uint8_t *><const char *>b":", 1)


cdef inline void add_piece(Pieces *pieces, const uint8_t *bytes, uint32_t length) noexcept nogil:
    pieces.bytes[pieces.count] = bytes
    pieces.length[pieces.count] = length
    pieces.count += 1


cdef inline uint32_t hash_pieces(uint8_t algorithm, const Pieces *pieces, uint8_t *text) noexcept nogil:
    """Hash the pieces, joined; write the hash in hexadecimal and return its length."""
    cdef uint8_t digest[SHA256_BYTES]
    cdef Md5 md5
    cdef Sha256 sha256
    cdef uint32_t i
    if algorithm == DIGEST_SHA256:
        sha256_begin(&sha256)
        for i in range(pieces.count):
            sha256_add(&sha256, pieces.bytes[i], pieces.length[i])
        sha256_end(&sha256, digest)
        write_hex(digest, SHA256_BYTES, text)
        return 2 * SHA256_BYTES
    md5_begin(&md5)
    for i in range(pieces.count):
        md5_add(&md5, pieces.bytes[i], pieces.length[i])
    md5_end(&md5, digest)
    write_hex(digest, MD5_BYTES, text)
    return 2 * MD5_BYTES


cdef inline bint is_same(const uint8_t *one, const uint8_t *other, uint32_t length) noexcept nogil:
    """Compare in a time that does not tell where they differ."""
    cdef uint8_t difference = 0
    cdef uint32_t i
    for i in range(length):
        difference |= one[i] ^ other[i]
    return difference == 0
