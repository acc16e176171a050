"""Where a URI leads that names its host by address: transport, port, and the listener that reaches it. (RFC 3263 §4, without names)"""
from libc.stdint cimport uint8_t, uint32_t

from hasip.dataplane.base.endpoint cimport TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_UDP, Endpoint, endpoint_from_host
from hasip.dataplane.stage.via cimport SIP_PORT
from hasip.dataplane.stage.workspace cimport Plane, choose_listener
from hasip.dataplane.syntax.header_value cimport Parameter, find_parameter
from hasip.dataplane.syntax.message cimport Uri
from hasip.dataplane.syntax.octets cimport same_letters

cdef enum:
    SIPS_PORT = 5061


cdef inline bint endpoint_from_uri(const Plane *plane, const uint8_t *bytes, const Uri *uri, uint32_t preferred, Endpoint *endpoint) noexcept nogil:
    """Set the place a URI leads to, by the preferred listener where that fits. False: its host is a name, or no listener of ours reaches it."""
    cdef uint8_t transport = uri_transport(bytes, uri)
    if not endpoint_from_host(endpoint, bytes + uri.host.offset, uri.host.length):
        return False
    endpoint.port = uri.port if uri.port else SIPS_PORT if transport == TRANSPORT_TLS else SIP_PORT
    return choose_listener(plane, endpoint, transport, preferred)


cdef inline uint8_t uri_transport(const uint8_t *bytes, const Uri *uri) noexcept nogil:
    """Return the transport a URI asks for: its parameter; TLS for sips; else UDP."""
    cdef Parameter parameter
    if uri.is_sip == 2:
        return TRANSPORT_TLS
    if uri.parameters.length == 0 or not find_parameter(bytes, uri.parameters, b"transport", 9, &parameter) or parameter.value.length != 3:
        return TRANSPORT_UDP
    if same_letters(bytes + parameter.value.offset, b"tcp", 3):
        return TRANSPORT_TCP
    if same_letters(bytes + parameter.value.offset, b"tls", 3):
        return TRANSPORT_TLS
    return TRANSPORT_UDP
