"""The REGISTER of a user (RFC 3261 §10.2, §22.4; RFC 7616 §3.4), written anew each time it is sent.

Each cycle has a Call-ID of its own, by which its record is found. Deviates: §10.2 asks for one Call-ID a user; a registrar takes another for
that of a user agent that was started again.
"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.block cimport stored_bytes
from hasip.load.call cimport Call, put_call_id, put_token
from hasip.load.challenge cimport put_hash
from hasip.load.generator cimport Generator, datagram, post
from hasip.load.plan cimport CALLER
from hasip.load.request cimport put_phrase, put_via
from hasip.load.text cimport Text, put, put_bytes, put_hex, put_number, text_at

cdef enum:
    LETTER_REGISTER = 0x72          # r: the branch of the first REGISTER of a cycle; s, t, … those that answer challenges
    SECRET_BYTES_MAX = 2048         # what is hashed at a time
    EXPIRES_S = 3600


cdef inline uint8_t letter_of_register(uint32_t cseq) noexcept nogil:
    return <uint8_t>(LETTER_REGISTER + cseq - 1)


cdef inline void send_register(Generator *generator, const Call *call) noexcept nogil:
    """Register the user's address here, with credentials once there was a challenge."""
    cdef Text text = datagram(generator)
    put(&text, b"REGISTER ")
    put_phrase(&text, &generator.plan.registrar_uri)
    put_via(generator, &text, call, letter_of_register(call.cseq))
    put(&text, b"From: <")
    put_address_of_record(generator, &text, call)
    put(&text, b">;tag=c")
    put_token(&text, generator.run, call)
    put(&text, b"\r\nTo: <")
    put_address_of_record(generator, &text, call)
    put(&text, b">\r\nCall-ID: ")
    put_call_id(&text, generator.run, call)
    put(&text, b"\r\nCSeq: ")
    put_number(&text, call.cseq)
    put(&text, b" REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:")
    put_user(generator, &text, call)
    put(&text, b"@")
    put_phrase(&text, &generator.plan.host_ports[CALLER])
    put(&text, b">\r\nExpires: ")
    put_number(&text, EXPIRES_S)
    if call.dialog.length:
        put_credentials(generator, &text, call)
    put(&text, b"\r\nContent-Length: 0\r\n\r\n")
    post(generator, &text, CALLER, &generator.plan.target)


cdef inline void put_address_of_record(const Generator *generator, Text *text, const Call *call) noexcept nogil:
    put(text, b"sip:")
    put_user(generator, text, call)
    put(text, b"@")
    put_bytes(text, generator.plan.registrar_uri.bytes + 4, generator.plan.registrar_uri.length - 4)       # without "sip:"


cdef inline void put_user(const Generator *generator, Text *text, const Call *call) noexcept nogil:
    """Put the user's name: the pattern, with the user's number in its gap."""
    put_phrase(text, &generator.plan.user_prefix)
    if generator.plan.is_user_numbered:
        put_number(text, call.user)
    put_phrase(text, &generator.plan.user_suffix)


cdef inline void put_credentials(const Generator *generator, Text *text, const Call *call) noexcept nogil:
    """Put the header that answers the challenge, its line not ended."""
    put(text, b"\r\nAuthorization: Digest username=\"")
    put_user(generator, text, call)
    put(text, b"\", realm=\"")
    put_realm(generator, text, call)
    put(text, b"\", nonce=\"")
    put_nonce(generator, text, call)
    put(text, b"\", uri=\"")
    put_phrase(text, &generator.plan.registrar_uri)
    put(text, b"\", response=\"")
    put_response(generator, text, call)
    put(text, b"\", algorithm=SHA-256, qop=auth, nc=" if generator.plan.is_sha256 else b"\", algorithm=MD5, qop=auth, nc=")
    put_hex(text, call.nonce_count)
    put(text, b", cnonce=\"")
    put_token(text, generator.run, call)
    put(text, b"\"")


cdef inline void put_response(const Generator *generator, Text *text, const Call *call) noexcept nogil:
    """Put hash(hash(user:realm:password):nonce:nc:cnonce:auth:hash(REGISTER:uri))."""
    cdef uint8_t room[SECRET_BYTES_MAX]
    cdef uint8_t outer_room[SECRET_BYTES_MAX]
    cdef Text inner = text_at(room, SECRET_BYTES_MAX), outer = text_at(outer_room, SECRET_BYTES_MAX)
    put_user(generator, &inner, call)
    put(&inner, b":")
    put_realm(generator, &inner, call)
    put(&inner, b":")
    put_phrase(&inner, &generator.plan.password)
    put_hash(&outer, generator.plan.is_sha256, &inner)
    put(&outer, b":")
    put_nonce(generator, &outer, call)
    put(&outer, b":")
    put_hex(&outer, call.nonce_count)
    put(&outer, b":")
    put_token(&outer, generator.run, call)
    put(&outer, b":auth:")
    inner.length = 0
    put(&inner, b"REGISTER:")
    put_phrase(&inner, &generator.plan.registrar_uri)
    put_hash(&outer, generator.plan.is_sha256, &inner)
    put_hash(text, generator.plan.is_sha256, &outer)


cdef inline void put_nonce(const Generator *generator, Text *text, const Call *call) noexcept nogil:
    put_bytes(text, stored_bytes(&generator.blocks, &call.dialog), call.nonce_length)


cdef inline void put_realm(const Generator *generator, Text *text, const Call *call) noexcept nogil:
    put_bytes(text, stored_bytes(&generator.blocks, &call.dialog) + call.nonce_length, call.dialog.length - call.nonce_length)
