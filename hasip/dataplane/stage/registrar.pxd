"""REGISTER of a user who has proved to be one: all of it is done, or nothing. (RFC 3261 §10.3, RFC 3327, RFC 5626)

Reads: the message, the account's bindings. Writes: bindings, the nonce's use. Verdicts: REPLY, ABSORB.
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from hasip.dataplane.base.endpoint cimport write_number
from hasip.dataplane.base.hash cimport siphash
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.routing.location_service cimport (
    BINDINGS_PER_ACCOUNT_MAX, CONTACT_BYTES_MAX, NO_BINDING, PATH_BYTES_MAX, Binding, binding_record, is_live, refresh_binding)
from hasip.dataplane.routing.numbers cimport NUMBER_BYTES_MAX, numbers_find
from hasip.dataplane.routing.users cimport User
from hasip.dataplane.stage.authenticate cimport read_address
from hasip.dataplane.stage.binding cimport (
    account_of, are_same_uris, arm_binding, find_same, first_link, instance_key, is_equal, keep_binding, link_binding, names_flow, remove_binding, set_binding_endpoint, user_key)
from hasip.dataplane.stage.dialled cimport uri_number
from hasip.dataplane.stage.packet cimport VERDICT_ABSORB, VERDICT_REPLY, Packet, decide
from hasip.dataplane.stage.reason cimport (
    REASON_ABSORBED_RETRANSMISSION, REASON_ANSWERED_REGISTER, REASON_REFUSED_INTERVAL_TOO_BRIEF, REASON_REFUSED_MALFORMED, REASON_REFUSED_OTHERS_ADDRESS, REASON_REFUSED_OVERLOAD,
    REASON_REFUSED_REGISTER_ORDER, REASON_REFUSED_REQUIRE, REASON_REFUSED_TOO_MANY_CONTACTS)
from hasip.dataplane.stage.reply cimport reply_stateless, write_text
from hasip.dataplane.stage.tap cimport note_trunk
from hasip.dataplane.stage.workspace cimport Workspace
from hasip.dataplane.syntax.contact cimport (
    CONTACT_FOUND, CONTACT_MALFORMED, CONTACT_STAR, EXPIRES_ABSENT, Contact, ContactWalk, begin_contacts, next_contact)
from hasip.dataplane.syntax.header_value cimport header_value, is_named, next_list_value
from hasip.dataplane.syntax.message cimport HEADER_PATH, HEADER_REQUIRE, HEADER_SUPPORTED, HEADER_TO, Message, Uri
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr
from hasip.dataplane.syntax.uri cimport parse_uri

cdef enum:
    ANSWER_BYTES_MAX = 4096
    CONTACTS_MAX = BINDINGS_PER_ACCOUNT_MAX
    OPTION_BYTES_MAX = 256


cdef struct Change:                     # what one Contact asks for
    Contact contact
    uint32_t expires_s                  # how long from now, 0: the binding ends
    uint32_t link                       # the binding it is about, NO_BINDING: a new one


cdef struct Registration:
    uint32_t account
    uint64_t user_key
    uint64_t call_id_key
    uint8_t removes_all                 # Contact: *
    uint8_t is_outbound                 # a reg-id was used
    uint32_t change_count
    Change changes[CONTACTS_MAX]
    uint16_t path_length
    uint8_t path[PATH_BYTES_MAX]


cdef inline void register_contacts(Workspace *workspace, Packet *packet) noexcept nogil:
    """Do what a REGISTER asks for, and answer it without a transaction: its nonce remembers what became of it.

    Deviates: §17.2.2 repeats a response to the letter; ours tells a retransmission of the bindings as they are now.
    """
    cdef Registration registration
    cdef char headers[ANSWER_BYTES_MAX]
    cdef int reason = read_registration(workspace, packet, &registration)
    note_trunk(workspace, &packet.message, workspace.snapshot.trunks[packet.user.trunk].destination.slot)
    if packet.is_repetition:
        reason = packet.nonce_use.outcome
    elif reason == REASON_ANSWERED_REGISTER:
        reason = apply_registration(workspace, packet, &registration)
    packet.nonce_use.outcome = <uint16_t>reason
    headers[0] = 0
    if reason == REASON_ANSWERED_REGISTER:
        write_bindings(workspace, &registration, headers)
    elif reason == REASON_REFUSED_INTERVAL_TOO_BRIEF:
        write_min_expires(workspace, headers)
    elif reason == REASON_REFUSED_REQUIRE:
        write_unsupported(&packet.message, headers)
    reply_stateless(workspace, &packet.message, &packet.source, status_of(reason), phrase_of(reason), headers)
    if packet.is_repetition:
        decide(packet, VERDICT_ABSORB, REASON_ABSORBED_RETRANSMISSION)
    else:
        decide(packet, VERDICT_REPLY, reason)


cdef inline uint32_t status_of(int reason) noexcept nogil:
    """Return the status code by which a registration ends."""
    if reason == REASON_ANSWERED_REGISTER:
        return 200
    if reason == REASON_REFUSED_INTERVAL_TOO_BRIEF:
        return 423
    if reason == REASON_REFUSED_REQUIRE:
        return 420
    if reason == REASON_REFUSED_REGISTER_ORDER:
        return 500
    if reason == REASON_REFUSED_OVERLOAD:
        return 503
    return 400 if reason == REASON_REFUSED_MALFORMED else 403


cdef inline const char *phrase_of(int reason) noexcept nogil:
    """Return what the status code alone does not say; NULL: it says all."""
    if reason == REASON_REFUSED_MALFORMED:
        return b"Bad Request - Contact, Path or Expires"
    if reason == REASON_REFUSED_OTHERS_ADDRESS:
        return b"Forbidden - To is not yours"
    if reason == REASON_REFUSED_TOO_MANY_CONTACTS:
        return b"Forbidden - too many contacts"
    return NULL


cdef inline int read_registration(Workspace *workspace, Packet *packet, Registration *registration) noexcept nogil:
    """Read and judge the whole request before anything is changed; return REASON_ANSWERED_REGISTER or why not."""
    cdef const Message *message = &packet.message
    cdef ContactWalk walk
    cdef Contact contact
    cdef int result, reason
    registration.account = account_of(workspace, packet.user)
    registration.user_key = user_key(workspace, packet.user.name, packet.user.name_length)
    registration.call_id_key = siphash(&workspace.plane.location.file.key, message.bytes + message.call_id.offset, message.call_id.length)
    registration.removes_all = 0
    registration.is_outbound = 0
    registration.change_count = 0
    if not has_required_extensions(message):
        return REASON_REFUSED_REQUIRE
    if not is_own_address_of_record(workspace, message, packet.user):
        return REASON_REFUSED_OTHERS_ADDRESS
    if not read_path(message, registration):
        return REASON_REFUSED_MALFORMED
    begin_contacts(message, &walk)
    result = next_contact(message, &walk, &contact)
    while result == CONTACT_FOUND:
        reason = plan_change(workspace, message, registration, &contact)
        if reason != REASON_ANSWERED_REGISTER:
            return reason
        result = next_contact(message, &walk, &contact)
    if result == CONTACT_STAR:
        registration.removes_all = 1
        return REASON_ANSWERED_REGISTER if message.expires == 0 else REASON_REFUSED_MALFORMED
    return REASON_REFUSED_MALFORMED if result == CONTACT_MALFORMED else REASON_ANSWERED_REGISTER


cdef inline bint has_required_extensions(const Message *message) noexcept nogil:
    """True when we have every extension that is required of us (§10.3 step 2, §8.2.2.3)."""
    cdef Span option
    return not find_unsupported(message, &option)


cdef inline bint find_unsupported(const Message *message, Span *option) noexcept nogil:
    """Set the first extension of Require that we don't have. False: there is none."""
    cdef uint32_t i, at
    cdef Span value
    for i in range(<uint32_t>message.first_header[HEADER_REQUIRE] - 1 if message.first_header[HEADER_REQUIRE] else message.header_count, message.header_count):
        if message.header_name[i] != HEADER_REQUIRE:
            continue
        value = header_value(message, i)
        at = value.offset
        while next_list_value(message.bytes, value, &at, option):
            if option.length and not is_named(message.bytes, option[0], b"path", 4) and not is_named(message.bytes, option[0], b"outbound", 8):
                return True
    return False


cdef inline bint lists_option(const Message *message, uint8_t header, const char *small, uint32_t length) noexcept nogil:
    """True when a header (Supported, Require) names an option, in small letters."""
    cdef uint32_t i, at
    cdef Span value, option
    for i in range(<uint32_t>message.first_header[header] - 1 if message.first_header[header] else message.header_count, message.header_count):
        if message.header_name[i] != header:
            continue
        value = header_value(message, i)
        at = value.offset
        while next_list_value(message.bytes, value, &at, &option):
            if is_named(message.bytes, option, small, length):
                return True
    return False


cdef inline bint is_own_address_of_record(const Workspace *workspace, const Message *message, const User *user) noexcept nogil:
    """True when To names the user, or a number of the user's trunk."""
    cdef uint8_t number[NUMBER_BYTES_MAX + 1]
    cdef Uri uri
    cdef uint32_t i
    cdef bint is_name
    if not read_address(message, HEADER_TO, &uri):
        return False
    is_name = uri.user.length == user.name_length
    for i in range(uri.user.length if is_name else 0):
        is_name = is_name and message.bytes[uri.user.offset + i] == user.name[i]
    return is_name or numbers_find(&workspace.snapshot.numbers, number, uri_number(message.bytes, &uri, number)) == user.trunk


cdef inline bint read_path(const Message *message, Registration *registration) noexcept nogil:
    """Join the values of all Path headers, as a Route will carry them. False: ill-formed, or longer than a binding keeps."""
    cdef uint32_t i
    cdef Span value
    registration.path_length = 0
    if message.first_header[HEADER_PATH] == 0:
        return True
    for i in range(<uint32_t>message.first_header[HEADER_PATH] - 1, message.header_count):
        if message.header_name[i] != HEADER_PATH:
            continue
        value = header_value(message, i)
        if registration.path_length + value.length + 1 > PATH_BYTES_MAX or not is_route_list(message, value):
            return False
        if registration.path_length:
            registration.path[registration.path_length] = c','
            registration.path_length += 1
        memcpy(registration.path + registration.path_length, message.bytes + value.offset, value.length)
        registration.path_length += value.length
    return True


cdef inline bint is_route_list(const Message *message, Span value) noexcept nogil:
    """True when a header's value is a list of SIP URIs, each with or without a name."""
    cdef uint32_t at = value.offset, end = at + value.length
    cdef NameAddr element
    cdef Uri uri
    while parse_name_addr(message.bytes, at, end, &element) and parse_uri(message.bytes, element.uri, &uri) and uri.is_sip:
        at = element.next
        if at == 0:
            return True
    return False


cdef inline int plan_change(Workspace *workspace, const Message *message, Registration *registration, const Contact *contact) noexcept nogil:
    """Plan what one Contact asks for (§10.3 step 7)."""
    cdef Change *change
    cdef uint32_t seconds
    cdef const Binding *binding
    if contact.uri.is_sip == 0 or contact.uri.whole.length > CONTACT_BYTES_MAX:
        return REASON_REFUSED_MALFORMED
    change = change_about(message, registration, contact)
    if change == NULL:
        return REASON_REFUSED_TOO_MANY_CONTACTS
    if contact.expires != EXPIRES_ABSENT:
        seconds = <uint32_t>min(contact.expires, <long long>workspace.plane.registrar.max_expires_s)
    elif message.expires >= 0:
        seconds = min(<uint32_t>message.expires, workspace.plane.registrar.max_expires_s)
    else:
        seconds = workspace.plane.registrar.default_expires_s
    if 0 < seconds < workspace.plane.registrar.min_expires_s:
        return REASON_REFUSED_INTERVAL_TOO_BRIEF
    change.contact = contact[0]
    change.expires_s = seconds
    if names_flow(contact) and lists_option(message, HEADER_SUPPORTED, b"outbound", 8):
        registration.is_outbound = 1
    change.link = find_same(workspace, registration.account, registration.user_key, message, contact)
    if change.link != NO_BINDING:
        binding = binding_record(&workspace.plane.location, change.link - 1)
        if binding.call_id_key == registration.call_id_key and message.cseq <= binding.cseq:
            return REASON_REFUSED_REGISTER_ORDER
    return REASON_ANSWERED_REGISTER


cdef inline Change *change_about(const Message *message, Registration *registration, const Contact *contact) noexcept nogil:
    """Return the place for what a Contact asks for: that of an earlier one about the same binding, which is overtaken, or a new one. NULL: one too many."""
    cdef uint32_t i
    for i in range(registration.change_count):
        if are_about_the_same(message, contact, &registration.changes[i].contact):
            return &registration.changes[i]
    if registration.change_count == CONTACTS_MAX:
        return NULL
    registration.change_count += 1
    return &registration.changes[registration.change_count - 1]


cdef inline bint are_about_the_same(const Message *message, const Contact *contact, const Contact *other) noexcept nogil:
    """True when two Contacts of a request name the same flow (RFC 5626 §6), or the same URI where no flow is named."""
    if not names_flow(contact):
        return are_same_uris(message.bytes, &contact.uri, message.bytes, &other.uri)
    return (contact.reg_id == other.reg_id and contact.instance.length == other.instance.length
            and is_equal(message.bytes + contact.instance.offset, message.bytes + other.instance.offset, contact.instance.length))


cdef inline int apply_registration(Workspace *workspace, const Packet *packet, Registration *registration) noexcept nogil:
    """Make the planned changes, once there is room for all of them."""
    cdef uint32_t i
    cdef uint32_t coming = 0, ending = 0
    if registration.removes_all:
        return remove_all(workspace, packet, registration)
    if registration.change_count:
        forget_dead(workspace, registration)
    for i in range(registration.change_count):
        coming += registration.changes[i].expires_s > 0 and registration.changes[i].link == NO_BINDING
        ending += registration.changes[i].expires_s == 0 and registration.changes[i].link != NO_BINDING
    if coming > ending and count_bindings(workspace, registration) + coming > BINDINGS_PER_ACCOUNT_MAX + ending:
        return REASON_REFUSED_TOO_MANY_CONTACTS
    if coming > ending and workspace.bindings.taken + coming > workspace.bindings.capacity + ending:
        return REASON_REFUSED_OVERLOAD
    for i in range(registration.change_count):
        if registration.changes[i].expires_s == 0 and registration.changes[i].link != NO_BINDING:
            remove_binding(workspace, registration.changes[i].link)
    for i in range(registration.change_count):
        if registration.changes[i].expires_s:
            keep_change(workspace, packet, registration, &registration.changes[i])
    return REASON_ANSWERED_REGISTER


cdef inline void forget_dead(Workspace *workspace, const Registration *registration) noexcept nogil:
    """Free the account's records of whoever was its user before: nobody lists or uses them, and they take room."""
    cdef uint32_t link = first_link(workspace, registration.account), next_link
    cdef const Binding *binding
    while link != NO_BINDING:
        binding = binding_record(&workspace.plane.location, link - 1)
        next_link = binding.next
        if not is_live(binding, registration.user_key, workspace.now_s):
            remove_binding(workspace, link)
        link = next_link


cdef inline uint32_t count_bindings(const Workspace *workspace, const Registration *registration) noexcept nogil:
    """Return how long the account's chain is."""
    cdef uint32_t link = first_link(workspace, registration.account), found = 0
    while link != NO_BINDING:
        found += 1
        link = binding_record(&workspace.plane.location, link - 1).next
    return found


cdef inline int remove_all(Workspace *workspace, const Packet *packet, const Registration *registration) noexcept nogil:
    """Contact: * ends all bindings, unless one is newer than this request (§10.3 step 6)."""
    cdef uint32_t link = first_link(workspace, registration.account), next_link
    cdef const Binding *binding
    while link != NO_BINDING:
        binding = binding_record(&workspace.plane.location, link - 1)
        if binding.call_id_key == registration.call_id_key and packet.message.cseq <= binding.cseq:
            return REASON_REFUSED_REGISTER_ORDER
        link = binding.next
    link = first_link(workspace, registration.account)
    while link != NO_BINDING:
        next_link = binding_record(&workspace.plane.location, link - 1).next
        remove_binding(workspace, link)
        link = next_link
    return REASON_ANSWERED_REGISTER


cdef inline void keep_change(Workspace *workspace, const Packet *packet, const Registration *registration, const Change *change) noexcept nogil:
    """Write one binding: a new one, or the one there is; of that only the head, where the device says the same as before."""
    cdef const Message *message = &packet.message
    cdef const Contact *contact = &change.contact
    cdef uint32_t link = change.link
    cdef Binding *record
    cdef Binding fresh
    if link == NO_BINDING:
        link = link_binding(workspace, registration.account)
        if link == NO_BINDING:
            return
    record = binding_record(&workspace.plane.location, link - 1)
    fresh.next = record.next
    fresh.path_length = <uint8_t>registration.path_length
    if not is_refresh(packet, registration, contact, record):
        memset(fresh.path, 0, sizeof(fresh.path))
        memcpy(fresh.path, registration.path, registration.path_length)
        memset(fresh.contact, 0, sizeof(fresh.contact))
        memcpy(fresh.contact, message.bytes + contact.uri.whole.offset, contact.uri.whole.length)
        memset(fresh.username, 0, sizeof(fresh.username))
        memcpy(fresh.username, packet.user.name, packet.user.name_length)
        set_head(workspace, packet, registration, change, &fresh)
        keep_binding(workspace, link, &fresh)
        return
    set_head(workspace, packet, registration, change, &fresh)
    refresh_binding(record, &fresh)
    arm_binding(workspace, link, &fresh)


cdef inline bint is_refresh(const Packet *packet, const Registration *registration, const Contact *contact, const Binding *record) noexcept nogil:
    """True when nothing behind the record's head would change. (One with a path never counts as such: it is rare, and more to compare.)"""
    return (record.path_length == 0 and registration.path_length == 0 and record.user_key == registration.user_key
            and record.contact_length == contact.uri.whole.length
            and is_equal(packet.message.bytes + contact.uri.whole.offset, record.contact, record.contact_length))


cdef inline void set_head(const Workspace *workspace, const Packet *packet, const Registration *registration, const Change *change,
                          Binding *fresh) noexcept nogil:
    """Set what stands before a binding's path; the path itself is set already, for it may lead where requests go."""
    cdef const Message *message = &packet.message
    cdef const Contact *contact = &change.contact
    fresh.user_key = registration.user_key
    fresh.call_id_key = registration.call_id_key
    fresh.instance_key = instance_key(workspace, message, contact)
    fresh.reg_id = contact.reg_id
    fresh.cseq = message.cseq
    fresh.registered_s = workspace.now_s
    fresh.expires_s = workspace.now_s + change.expires_s
    fresh.account = registration.account
    fresh.q = contact.q
    fresh.username_length = packet.user.name_length
    fresh.contact_length = <uint8_t>contact.uri.whole.length
    set_binding_endpoint(workspace, packet, contact, fresh)


cdef inline void write_bindings(const Workspace *workspace, const Registration *registration, char *headers) noexcept nogil:
    """Write what a 200 says: every binding with the time it has left (§10.3 step 8), and the path that was kept."""
    cdef uint8_t *place = <uint8_t *>headers
    cdef uint32_t length = 0, link = first_link(workspace, registration.account)
    cdef const Binding *binding
    while link != NO_BINDING:
        binding = binding_record(&workspace.plane.location, link - 1)
        if is_live(binding, registration.user_key, workspace.now_s):
            length += write_binding_contact(binding, workspace.now_s, place + length)
        link = binding.next
    if registration.path_length:
        length += write_text(place + length, b"Path: ")
        memcpy(place + length, registration.path, registration.path_length)
        length += registration.path_length
        length += write_text(place + length, b"\r\n")
    if registration.is_outbound:
        length += write_text(place + length, b"Require: outbound\r\n")
    length += write_text(place + length, b"Supported: path, outbound\r\n")
    headers[length] = 0


cdef inline uint32_t write_binding_contact(const Binding *binding, uint32_t now_s, uint8_t *place) noexcept nogil:
    """Write one Contact header; return its length."""
    cdef uint32_t length = write_text(place, b"Contact: <")
    memcpy(place + length, binding.contact, binding.contact_length)
    length += binding.contact_length
    length += write_text(place + length, b">;expires=")
    length += write_number(binding.expires_s - now_s, place + length)
    if binding.q < 1000:
        length += write_text(place + length, b";q=0.")
        place[length] = <uint8_t>(c'0' + binding.q // 100)
        place[length + 1] = <uint8_t>(c'0' + binding.q // 10 % 10)
        place[length + 2] = <uint8_t>(c'0' + binding.q % 10)
        length += 3
    return length + write_text(place + length, b"\r\n")


cdef inline void write_unsupported(const Message *message, char *headers) noexcept nogil:
    """Name the extension that was required and that we don't have."""
    cdef uint8_t *place = <uint8_t *>headers
    cdef uint32_t length = write_text(place, b"Unsupported: ")
    cdef Span option
    if find_unsupported(message, &option):
        option.length = min(<uint32_t>option.length, <uint32_t>OPTION_BYTES_MAX)
        memcpy(place + length, message.bytes + option.offset, option.length)
        length += option.length
    length += write_text(place + length, b"\r\n")
    headers[length] = 0


cdef inline void write_min_expires(const Workspace *workspace, char *headers) noexcept nogil:
    """Write how long a binding has to last (§21.4.17)."""
    cdef uint8_t *place = <uint8_t *>headers
    cdef uint32_t length = write_text(place, b"Min-Expires: ")
    length += write_number(workspace.plane.registrar.min_expires_s, place + length)
    length += write_text(place + length, b"\r\n")
    headers[length] = 0
