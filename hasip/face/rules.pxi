"""What the node file says of registering, of senders that have proved nothing, and of the names that are ours."""
from libc.stdint cimport uint32_t
from libc.string cimport memcpy

from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.stage.workspace cimport DOMAINS_MAX, HOST_TEXT_BYTES, SCANNER_BYTES_MAX, SCANNERS_MAX, Plane


cdef int set_registrar(Plane *plane, dict rules) except -1:
    """Set how users register; an empty key means the one in the file of bindings."""
    cdef bytes text = rules["realm"].encode(), nonce_key = rules["nonce_key"]
    if not 0 < len(text) < HOST_TEXT_BYTES:
        raise ValueError(f"realm {rules['realm']!r}: 1 … {HOST_TEXT_BYTES - 1} characters are possible")
    memcpy(plane.registrar.realm, <const char *>text, len(text))
    plane.registrar.realm_length = len(text)
    plane.registrar.min_expires_s = rules["min_expires_s"]
    plane.registrar.default_expires_s = rules["default_expires_s"]
    plane.registrar.max_expires_s = rules["max_expires_s"]
    plane.registrar.nonce_key = plane.location.file.key
    if nonce_key:
        if len(nonce_key) != sizeof(HashKey):
            raise ValueError(f"nonce key: {len(nonce_key)} bytes, {sizeof(HashKey)} are needed")
        memcpy(&plane.registrar.nonce_key, <const char *>nonce_key, sizeof(HashKey))
    return 0


cdef int set_guard(Plane *plane, dict rules) except -1:
    """Set what senders may do that have proved nothing."""
    plane.guard.requests_per_s = rules["requests_per_s"]
    plane.guard.burst = rules["burst"]
    plane.guard.failures_max = rules["failures_max"]
    plane.guard.ban_s = rules["ban_s"]
    for scanner in rules["scanners"]:
        add_scanner(plane, scanner.lower().encode())
    return 0


cdef int add_scanner(Plane *plane, bytes text) except -1:
    cdef uint32_t place = plane.guard.scanner_count
    if place == SCANNERS_MAX or not 0 < len(text) <= SCANNER_BYTES_MAX:
        raise ValueError(f"scanners: {text.decode()!r} is one too many, empty, or too long")
    memcpy(plane.guard.scanners[place], <const char *>text, len(text))
    plane.guard.scanner_length[place] = len(text)
    plane.guard.scanner_count += 1
    return 0


cdef int add_domain(Plane *plane, bytes name) except -1:
    if plane.domain_count == DOMAINS_MAX or len(name) >= HOST_TEXT_BYTES:
        raise ValueError(f"domains: {name.decode()!r} is one too many, or too long")
    name = name.lower()
    memcpy(plane.domains[plane.domain_count].name, <const char *>name, len(name))
    plane.domains[plane.domain_count].length = len(name)
    plane.domain_count += 1
    return 0
