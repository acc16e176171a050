"""The life of a binding: linked to its account, written, expired or removed; and the way it gives to requests. All by the account's owner."""
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from hasip.dataplane.base.atomic cimport load_acquire_u32, store_release_u32
from hasip.dataplane.base.endpoint cimport FLOW_DATAGRAM, Endpoint, endpoint_from_host
from hasip.dataplane.base.hash cimport siphash
from hasip.dataplane.base.memory cimport prefetch
from hasip.dataplane.base.span cimport span_between
from hasip.dataplane.base.wheel cimport wheel_arm, wheel_disarm
from hasip.dataplane.routing.board cimport LegRow, account_number
from hasip.dataplane.routing.location_service cimport (
    NO_BINDING, NO_BINDING_SLOT, Binding, binding_record, give_binding_slot, is_live, take_binding_slot,
    write_binding)
from hasip.dataplane.routing.users cimport User
from hasip.dataplane.stage.next_hop cimport endpoint_from_uri
from hasip.dataplane.stage.packet cimport Packet
from hasip.dataplane.stage.reason cimport REASON_BINDING_EXPIRED
from hasip.dataplane.stage.via cimport SIP_PORT
from hasip.dataplane.stage.workspace cimport Plane, Workspace, binding_timer, count, is_reliable, leg_row
from hasip.dataplane.syntax.contact cimport Contact
from hasip.dataplane.syntax.header_value cimport Parameter, find_parameter
from hasip.dataplane.syntax.message cimport Message, Uri
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr
from hasip.dataplane.syntax.octets cimport same_in_any_case
from hasip.dataplane.syntax.uri cimport parse_uri


cdef inline uint32_t account_of(const Workspace *workspace, const User *user) noexcept nogil:
    """Return the number of a user's account."""
    return account_number(workspace.snapshot.trunks[user.trunk].destination.slot, user.leg)


cdef inline uint64_t user_key(const Workspace *workspace, const uint8_t *name, uint32_t length) noexcept nogil:
    """Return what a binding remembers of its user's name; never 0."""
    return siphash(&workspace.plane.location.file.key, name, length) | 1


cdef inline uint32_t first_link(const Workspace *workspace, uint32_t account) noexcept nogil:
    return load_acquire_u32(&leg_row(workspace, account).first_binding)


cdef inline void foresee_bindings(const Workspace *workspace, uint32_t account) noexcept nogil:
    """Fetch what a registration will compare itself with, while its proof is computed."""
    cdef uint32_t link = first_link(workspace, account)
    cdef const uint8_t *record
    if link != NO_BINDING:
        record = <const uint8_t *>binding_record(&workspace.plane.location, link - 1)
        prefetch(record)
        prefetch(record + 64)
        prefetch((<const Binding *>record).contact)


cdef inline uint32_t find_same(const Workspace *workspace, uint32_t account, uint64_t user, const Message *message, const Contact *contact) noexcept nogil:
    """Return the link of the binding a Contact is about: of the same instance and flow (RFC 5626 §6), else with the same URI (§19.1.4)."""
    cdef uint64_t instance = instance_key(workspace, message, contact)
    cdef uint32_t link = first_link(workspace, account)
    cdef const Binding *binding
    while link != NO_BINDING:
        binding = binding_record(&workspace.plane.location, link - 1)
        if is_live(binding, user, workspace.now_s):
            if names_flow(contact):
                if binding.reg_id == contact.reg_id and binding.instance_key == instance:
                    return link
            elif is_same_uri(message.bytes, &contact.uri, binding):
                return link
        link = binding.next
    return NO_BINDING


cdef inline uint64_t instance_key(const Workspace *workspace, const Message *message, const Contact *contact) noexcept nogil:
    """Return what a binding remembers of a device's +sip.instance; 0: it named none."""
    if contact.instance.length == 0:
        return 0
    return siphash(&workspace.plane.location.file.key, message.bytes + contact.instance.offset, contact.instance.length)


cdef inline bint names_flow(const Contact *contact) noexcept nogil:
    """True for a Contact that is one of the flows of an instance; a reg-id alone is nothing (RFC 5626 §6)."""
    return contact.reg_id and contact.instance.length


cdef inline bint is_same_uri(const uint8_t *bytes, const Uri *uri, const Binding *binding) noexcept nogil:
    """True when a binding's contact is this URI (§19.1.4)."""
    cdef Uri other
    if uri.whole.length == binding.contact_length and is_equal(bytes + uri.whole.offset, binding.contact, binding.contact_length):
        return True
    return (parse_uri(binding.contact, span_between(0, binding.contact_length), &other)
            and are_same_uris(bytes, uri, binding.contact, &other))


cdef inline bint are_same_uris(const uint8_t *bytes, const Uri *uri, const uint8_t *other_bytes, const Uri *other) noexcept nogil:
    """Compare two URIs (§19.1.4).

    Deviates: escapes are not undone, passwords and headers not looked at, and of parameters only those that make two URIs differ when one lacks them.
    """
    return (uri.is_sip == other.is_sip and uri.port == other.port and uri.user.length == other.user.length and uri.host.length == other.host.length
            and is_equal(bytes + uri.user.offset, other_bytes + other.user.offset, uri.user.length)
            and same_in_any_case(bytes + uri.host.offset, other_bytes + other.host.offset, uri.host.length)
            and have_same_parameter(bytes, uri, other_bytes, other, b"transport", 9) and have_same_parameter(bytes, uri, other_bytes, other, b"user", 4)
            and have_same_parameter(bytes, uri, other_bytes, other, b"maddr", 5) and have_same_parameter(bytes, uri, other_bytes, other, b"ttl", 3)
            and have_same_parameter(bytes, uri, other_bytes, other, b"method", 6))


cdef inline bint have_same_parameter(const uint8_t *bytes, const Uri *uri, const uint8_t *other_bytes, const Uri *other,
                                     const char *name, uint32_t length) noexcept nogil:
    """True when both URIs have a parameter with the same value, or neither has it."""
    cdef Parameter one, another
    cdef bint is_there = find_parameter(bytes, uri.parameters, name, length, &one)
    if is_there != find_parameter(other_bytes, other.parameters, name, length, &another):
        return False
    return not is_there or (one.value.length == another.value.length
                            and same_in_any_case(bytes + one.value.offset, other_bytes + another.value.offset, one.value.length))


cdef inline bint is_equal(const uint8_t *one, const uint8_t *other, uint32_t length) noexcept nogil:
    cdef uint32_t i
    for i in range(length):
        if one[i] != other[i]:
            return False
    return True


cdef inline uint32_t link_binding(Workspace *workspace, uint32_t account) noexcept nogil:
    """Take a record and put it first in the account's chain; return its link, or NO_BINDING: the table is full."""
    cdef uint32_t local = take_binding_slot(&workspace.bindings)
    cdef LegRow *leg = leg_row(workspace, account)
    cdef Binding fresh
    if local == NO_BINDING_SLOT:
        return NO_BINDING
    memset(&fresh, 0, sizeof(fresh))
    fresh.account = account
    fresh.next = load_acquire_u32(&leg.first_binding)
    write_binding(binding_record(&workspace.plane.location, workspace.bindings.first + local), &fresh)
    store_release_u32(&leg.first_binding, workspace.bindings.first + local + 1)
    return workspace.bindings.first + local + 1


cdef inline void keep_binding(Workspace *workspace, uint32_t link, Binding *fresh) noexcept nogil:
    """Write a linked binding, and have it end in time."""
    write_binding(binding_record(&workspace.plane.location, link - 1), fresh)
    arm_binding(workspace, link, fresh)


cdef inline void arm_binding(Workspace *workspace, uint32_t link, const Binding *binding) noexcept nogil:
    cdef uint64_t left_s = binding.expires_s - workspace.now_s if binding.expires_s > workspace.now_s else 0
    wheel_arm(&workspace.wheel, binding_timer(workspace, link - 1 - workspace.bindings.first), workspace.now_ms + 1000 * left_s)


cdef inline void remove_binding(Workspace *workspace, uint32_t link) noexcept nogil:
    """Take a binding out of its account's chain and free its record."""
    cdef Binding *record = binding_record(&workspace.plane.location, link - 1)
    cdef uint32_t *place = &leg_row(workspace, record.account).first_binding
    cdef Binding nothing
    while place[0] != link and place[0] != NO_BINDING:
        place = &binding_record(&workspace.plane.location, place[0] - 1).next
    if place[0] == link:
        store_release_u32(place, record.next)
    wheel_disarm(&workspace.wheel, binding_timer(workspace, link - 1 - workspace.bindings.first))
    memset(&nothing, 0, sizeof(nothing))
    write_binding(record, &nothing)
    give_binding_slot(&workspace.bindings, link - 1 - workspace.bindings.first)


cdef inline void binding_timer_fired(Workspace *workspace, uint32_t local) noexcept nogil:
    """The time of a binding is over, unless it was refreshed."""
    cdef uint32_t link = workspace.bindings.first + local + 1
    cdef const Binding *binding = binding_record(&workspace.plane.location, link - 1)
    if binding.expires_s > workspace.now_s:
        arm_binding(workspace, link, binding)
        return
    remove_binding(workspace, link)
    count(workspace, REASON_BINDING_EXPIRED)


cdef inline void set_binding_endpoint(const Workspace *workspace, const Packet *packet, const Contact *contact, Binding *binding) noexcept nogil:
    """Set where the binding's requests go: by its connection, by its path, or to its contact; where that can't be trusted, to where it came from."""
    cdef const Message *message = &packet.message
    binding.endpoint = packet.source
    if is_reliable(workspace, &packet.source):
        return
    if binding.path_length:
        if not endpoint_from_path(workspace.plane, binding, packet.source.listener, &binding.endpoint):
            binding.endpoint = packet.source
        return
    if is_behind_nat(message, &packet.source) or not endpoint_from_uri(
            workspace.plane, message.bytes, &contact.uri, packet.source.listener, &binding.endpoint):
        binding.endpoint = packet.source
        binding.endpoint.flow = FLOW_DATAGRAM


cdef inline bint endpoint_from_path(const Plane *plane, const Binding *binding, uint32_t preferred, Endpoint *endpoint) noexcept nogil:
    """Set the place that a kept path's first value leads to. False: none that is known here."""
    cdef const uint8_t *bytes = &binding.path_length        # right before the path: to the parser a place 0 is none
    cdef NameAddr element
    cdef Uri uri
    return (parse_name_addr(bytes, 1, <uint32_t>binding.path_length + 1, &element) and parse_uri(bytes, element.uri, &uri)
            and endpoint_from_uri(plane, bytes, &uri, preferred, endpoint))


cdef inline bint is_behind_nat(const Message *message, const Endpoint *source) noexcept nogil:
    """True when the sender is not where its Via says (RFC 3581)."""
    cdef Endpoint sent_by = source[0]
    cdef uint32_t i
    if not endpoint_from_host(&sent_by, message.bytes + message.via_host.offset, message.via_host.length):
        return True
    for i in range(16):
        if sent_by.address[i] != source.address[i]:
            return True
    return message.rport >= 0 and source.port != (message.via_port if message.via_port else SIP_PORT)
