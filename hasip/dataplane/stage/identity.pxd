"""Who a call from a customer says it is: the trunk's caller ID instead of what the customer wrote. (RFC 3325, spec: caller ID)

Headers that claim an identity are removed from all a customer sends. A trunk may have its From rewritten too: what the core is told then
is put back wherever the customer reads it, for to the customer the dialog's URIs never changed.
"""
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcmp

from hasip.dataplane.base.span cimport Span
from hasip.dataplane.routing.call_table cimport Call
from hasip.dataplane.stage.workspace cimport Listener, Plane, Workspace
from hasip.dataplane.syntax.credentials cimport CREDENTIALS_OK, Credentials, read_credentials
from hasip.dataplane.syntax.edit_list cimport EditList, edit_remove, edit_replace, put_bytes
from hasip.dataplane.syntax.header_value cimport header_value
from hasip.dataplane.syntax.message cimport (
    HEADER_P_ASSERTED_IDENTITY, HEADER_P_CHARGING_FUNCTION_ADDRESSES, HEADER_P_CHARGING_VECTOR, HEADER_P_PREFERRED_IDENTITY,
    HEADER_PROXY_AUTHORIZATION, HEADER_REMOTE_PARTY_ID, Message)
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr


cdef inline bint claims_identity(uint8_t header_name) noexcept nogil:
    """True for the headers by which a sender says who it is, or who pays."""
    return (header_name == HEADER_P_ASSERTED_IDENTITY or header_name == HEADER_P_PREFERRED_IDENTITY or header_name == HEADER_REMOTE_PARTY_ID
            or header_name == HEADER_P_CHARGING_VECTOR or header_name == HEADER_P_CHARGING_FUNCTION_ADDRESSES)


cdef inline void remove_identity(EditList *edits, const Message *message) noexcept nogil:
    """Remove what a customer claims to be."""
    cdef uint32_t i
    for i in range(message.header_count):
        if claims_identity(message.header_name[i]):
            edit_remove(edits, message.header_start[i], message.header_start[i + 1])


cdef inline void remove_credentials(const Workspace *workspace, EditList *edits, const Message *message) noexcept nogil:
    """Remove what was meant to prove something to us (§22.3: it goes no further)."""
    cdef Credentials credentials
    cdef uint32_t i
    if message.first_header[HEADER_PROXY_AUTHORIZATION] == 0:
        return
    for i in range(<uint32_t>message.first_header[HEADER_PROXY_AUTHORIZATION] - 1, message.header_count):
        if (message.header_name[i] == HEADER_PROXY_AUTHORIZATION
                and read_credentials(message.bytes, header_value(message, i), &credentials) == CREDENTIALS_OK
                and is_our_realm(workspace, message, &credentials)):
            edit_remove(edits, message.header_start[i], message.header_start[i + 1])


cdef inline bint is_our_realm(const Workspace *workspace, const Message *message, const Credentials *credentials) noexcept nogil:
    """True for credentials that are meant for us."""
    return (credentials.realm.length == workspace.plane.registrar.realm_length
            and memcmp(message.bytes + credentials.realm.offset, workspace.plane.registrar.realm, credentials.realm.length) == 0)


cdef inline void put_asserted_identity(EditList *edits, const Plane *plane, const Listener *listener, const Call *call) noexcept nogil:
    """Put P-Asserted-Identity with the trunk's caller ID, if it has one."""
    if call.caller_id_length == 0:
        return
    put_bytes(edits, b"P-Asserted-Identity: ", 21)
    put_caller_uri(edits, plane, listener, call)
    put_bytes(edits, b"\r\n", 2)


cdef inline void put_caller_uri(EditList *edits, const Plane *plane, const Listener *listener, const Call *call) noexcept nogil:
    """Put the caller ID as a URI of ours: at our first domain, or at the address the call leaves from."""
    put_bytes(edits, b"<sip:", 5)
    put_bytes(edits, call.caller_id, call.caller_id_length)
    put_bytes(edits, b"@", 1)
    if plane.domain_count:
        put_bytes(edits, plane.domains[0].name, plane.domains[0].length)
    else:
        put_bytes(edits, listener.sent_by, listener.sent_by_length)
    put_bytes(edits, b">", 1)


cdef inline void tell_core(EditList *edits, const Plane *plane, const Listener *listener, const Call *call, const Message *message, uint8_t header) noexcept nogil:
    """Put the caller ID's URI where the customer's own stands: in From, or in To of what comes from the core's side."""
    cdef Span address
    if call.from_length and find_address(message, header, &address):
        put_caller_uri(edits, plane, listener, call)
        edit_replace(edits, address.offset, address.offset + address.length)


cdef inline void tell_customer(EditList *edits, const Call *call, const Message *message, uint8_t header) noexcept nogil:
    """Put the customer's own address back."""
    cdef Span address
    if call.from_length and find_address(message, header, &address):
        put_bytes(edits, call.from_text, call.from_length)
        edit_replace(edits, address.offset, address.offset + address.length)


cdef inline bint find_address(const Message *message, uint8_t header, Span *address) noexcept nogil:
    """Set the span of From's or To's display name and URI, without parameters. False: absent or ill-formed."""
    cdef NameAddr element
    if message.first_header[header] == 0:
        return False
    address[0] = header_value(message, message.first_header[header] - 1)
    if not parse_name_addr(message.bytes, address.offset, address.offset + address.length, &element):
        return False
    if element.parameters.length:
        address.length = element.parameters.offset - address.offset
    return True
