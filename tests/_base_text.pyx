"""What bytes become, for tests: keyed hashes and digests; hexadecimal digits, handles and endpoints as text. Preconditions are the tests' to keep."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

cimport hasip.dataplane.base.endpoint as endpoints
cimport hasip.dataplane.base.handle as handles
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.base.hash cimport siphash as hash_bytes
from hasip.dataplane.base.hash cimport siphash_words as hash_words
from hasip.dataplane.base.hex cimport read_hex as read_digits
from hasip.dataplane.base.hex cimport write_hex as write_digits
from hasip.dataplane.base.md5 cimport MD5_BYTES, Md5, md5_add, md5_begin, md5_end
from hasip.dataplane.base.sha256 cimport SHA256_BYTES, Sha256, sha256_add, sha256_begin, sha256_end
from tests.hash_key cimport key_of

HANDLE_TEXT_BYTES = handles.HANDLE_TEXT_BYTES
WORD_TEXT_BYTES = handles.WORD_TEXT_BYTES

cdef enum:
    HEX_BYTES_MAX = 64
    OUTSIDE_TEXT = 0xEE             # what surrounds a text that a function writes


def siphash(bytes key, bytes text):
    cdef HashKey made = key_of(key)
    return hash_bytes(&made, text, len(text))


def siphash_words(bytes key, uint64_t first, uint64_t second):
    cdef HashKey made = key_of(key)
    return hash_words(&made, first, second)


def md5(pieces):
    """Return the digest of pieces added one after the other."""
    cdef Md5 hashed
    cdef uint8_t[MD5_BYTES] digest
    memset(&hashed, OUTSIDE_TEXT, sizeof(hashed))
    md5_begin(&hashed)
    for piece in pieces:
        md5_add(&hashed, <bytes> piece, len(piece))
    md5_end(&hashed, digest)
    return (<const char *> digest)[:MD5_BYTES]


def sha256(pieces):
    """Return the digest of pieces added one after the other."""
    cdef Sha256 hashed
    cdef uint8_t[SHA256_BYTES] digest
    memset(&hashed, OUTSIDE_TEXT, sizeof(hashed))
    sha256_begin(&hashed)
    for piece in pieces:
        sha256_add(&hashed, <bytes> piece, len(piece))
    sha256_end(&hashed, digest)
    return (<const char *> digest)[:SHA256_BYTES]


def write_hex(bytes content):
    """Return what is written into a place of OUTSIDE_TEXT, two octets longer than asked for."""
    cdef uint8_t[2 * HEX_BYTES_MAX + 2] text
    assert len(content) <= HEX_BYTES_MAX
    memset(text, OUTSIDE_TEXT, sizeof(text))
    write_digits(content, <uint32_t> len(content), text)
    return (<const char *> text)[:2 * len(content) + 2]


def read_hex(bytes text):
    """Return the bytes that pairs of digits stand for, or None."""
    cdef uint8_t[HEX_BYTES_MAX] content
    cdef uint32_t count = <uint32_t> len(text) // 2
    assert count <= HEX_BYTES_MAX
    return (<const char *> content)[:count] if read_digits(text, count, content) else None


def write_handle(bytes key, uint64_t purpose, uint32_t slot, uint32_t generation):
    cdef HashKey made = key_of(key)
    cdef uint8_t[handles.HANDLE_TEXT_BYTES + 1] text
    cdef handles.Handle handle
    handle.slot = slot
    handle.generation = generation
    text[handles.HANDLE_TEXT_BYTES] = OUTSIDE_TEXT
    handles.write_handle(&made, purpose, handle, text)
    assert text[handles.HANDLE_TEXT_BYTES] == OUTSIDE_TEXT
    return (<const char *> text)[:handles.HANDLE_TEXT_BYTES]


def read_handle(bytes key, uint64_t purpose, bytes text):
    """Return (slot, generation), or None."""
    cdef HashKey made = key_of(key)
    cdef handles.Handle handle
    assert len(text) == handles.HANDLE_TEXT_BYTES
    return (handle.slot, handle.generation) if handles.read_handle(&made, purpose, text, &handle) else None


def write_word(uint64_t word):
    cdef uint8_t[handles.WORD_TEXT_BYTES] text
    handles.write_word(word, text)
    return (<const char *> text)[:handles.WORD_TEXT_BYTES]


def read_word(bytes text):
    cdef uint64_t word
    assert len(text) == handles.WORD_TEXT_BYTES
    return word if handles.read_word(text, &word) else None


def character_value(uint8_t character):
    return handles.character_value(character)


cdef endpoints.Endpoint endpoint_of(bytes address, uint16_t port):
    cdef endpoints.Endpoint endpoint
    assert len(address) == 16
    memset(&endpoint, 0, sizeof(endpoint))
    memcpy(endpoint.address, <const char *> address, 16)
    endpoint.port = port
    return endpoint


def is_ipv4(bytes address) -> bool:
    cdef endpoints.Endpoint endpoint = endpoint_of(address, 0)
    return endpoints.is_ipv4(&endpoint)


def is_same_place(bytes one, uint16_t one_port, bytes other, uint16_t other_port) -> bool:
    cdef endpoints.Endpoint first = endpoint_of(one, one_port), second = endpoint_of(other, other_port)
    return endpoints.is_same_place(&first, &second)


def endpoint_from_host(bytes host):
    """Return the 16 bytes of an address, or None for what is none."""
    cdef endpoints.Endpoint endpoint
    memset(&endpoint, 0xA5, sizeof(endpoint))
    if not endpoints.endpoint_from_host(&endpoint, host, <uint32_t> len(host)):
        return None
    return (<const char *> endpoint.address)[:16]


def write_address(bytes address):
    cdef endpoints.Endpoint endpoint = endpoint_of(address, 0)
    cdef uint8_t[endpoints.ADDRESS_TEXT_BYTES + 1] text
    cdef uint32_t length
    text[endpoints.ADDRESS_TEXT_BYTES] = OUTSIDE_TEXT
    length = endpoints.write_address(&endpoint, text)
    assert text[endpoints.ADDRESS_TEXT_BYTES] == OUTSIDE_TEXT
    return (<const char *> text)[:length]


def write_host_port(bytes address, uint16_t port):
    cdef endpoints.Endpoint endpoint = endpoint_of(address, port)
    cdef uint8_t[endpoints.ADDRESS_TEXT_BYTES + 9] text
    cdef uint32_t length
    text[endpoints.ADDRESS_TEXT_BYTES + 8] = OUTSIDE_TEXT
    length = endpoints.write_host_port(&endpoint, text)
    assert text[endpoints.ADDRESS_TEXT_BYTES + 8] == OUTSIDE_TEXT
    return (<const char *> text)[:length]


def write_number(uint32_t number):
    cdef uint8_t[11] text
    cdef uint32_t length
    text[10] = OUTSIDE_TEXT
    length = endpoints.write_number(number, text)
    assert text[10] == OUTSIDE_TEXT
    return (<const char *> text)[:length]


def through_sockaddr(bytes address, uint16_t port):
    """Return (the sockaddr's bytes, address and port as read back from it)."""
    cdef endpoints.Endpoint endpoint = endpoint_of(address, port), back
    cdef uint8_t[28] name
    cdef uint32_t length = endpoints.endpoint_to_sockaddr(&endpoint, name)
    endpoints.endpoint_from_sockaddr(&back, name)
    return (<const char *> name)[:length], (<const char *> back.address)[:16], back.port
