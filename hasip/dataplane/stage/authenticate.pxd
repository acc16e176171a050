"""Senders that no whitelist lets in by itself: they prove to be a user, by Digest. (RFC 7616, RFC 8760, RFC 3261 §22)

Reads: the message, the snapshot's users. Writes: the packet's origin, nonces, the guard. Verdicts: CONTINUE, REPLY, HANDOFF, DROP.
"""
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from hasip.dataplane.base.endpoint cimport FLOW_DATAGRAM, NO_FLOW
from hasip.dataplane.base.span cimport Span
from hasip.dataplane.routing.nonces cimport NONCE_BYTES, Nonce, is_fresh, nonce_foresee, read_nonce, use_nonce, write_nonce
from hasip.dataplane.routing.numbers cimport NO_TRUNK
from hasip.dataplane.routing.users cimport User, users_find
from hasip.dataplane.routing.whitelist cimport PEER_ACCOUNT, Peer, next_peer, whitelist_find
from hasip.dataplane.stage.binding cimport account_of, foresee_bindings
from hasip.dataplane.stage.digest cimport proves_user
from hasip.dataplane.stage.guard cimport is_turned_away, note_proof, note_wrong_password
from hasip.dataplane.stage.handoff cimport hand_off
from hasip.dataplane.stage.identity cimport is_our_realm
from hasip.dataplane.stage.origin cimport trunk_calling
from hasip.dataplane.stage.packet cimport VERDICT_DROP, VERDICT_REPLY, Packet, decide
from hasip.dataplane.stage.reason cimport (
    REASON_CHALLENGED, REASON_CHALLENGED_AGAIN, REASON_CHALLENGED_STALE, REASON_DROPPED_UNKNOWN_SOURCE, REASON_REFUSED_MALFORMED,
    REASON_REFUSED_UNKNOWN_SOURCE, REASON_REFUSED_WRONG_ADDRESS)
from hasip.dataplane.stage.record cimport put_refusal
from hasip.dataplane.stage.reply cimport reply_stateless, write_text
from hasip.dataplane.stage.workspace cimport Workspace
from hasip.dataplane.syntax.credentials cimport CREDENTIALS_MALFORMED, CREDENTIALS_OK, DIGEST_UNKNOWN, Credentials, read_credentials
from hasip.dataplane.syntax.header_value cimport header_value
from hasip.dataplane.syntax.message cimport (
    HEADER_AUTHORIZATION, HEADER_FROM, HEADER_PROXY_AUTHORIZATION, HEADER_TO, METHOD_REGISTER, Message, Uri)
from hasip.dataplane.syntax.name_addr cimport NameAddr, parse_name_addr
from hasip.dataplane.syntax.uri cimport parse_uri
from hasip.dataplane.target cimport TARGET_REGISTERED

cdef enum:
    CHALLENGE_BYTES_MAX = 640


cdef inline bint admit_by_credentials(Workspace *workspace, Packet *packet, const Peer *peer) noexcept nogil:
    """True when the sender proves to be a user; the packet's origin is that account. `peer` is the account its address belongs to, or NULL."""
    cdef Credentials credentials
    cdef const User *user
    cdef int result = find_credentials(workspace, &packet.message, &credentials)
    if result == CREDENTIALS_MALFORMED:
        return refuse(workspace, packet, 400, REASON_REFUSED_MALFORMED)
    if result != CREDENTIALS_OK:
        return ask_for_credentials(workspace, packet, peer)
    user = users_find(&workspace.snapshot.users, packet.message.bytes + credentials.username.offset, credentials.username.length)
    if packet.hops == 0 and is_turned_away(workspace, packet):       # who handed it on has asked already
        return False
    return check_credentials(workspace, packet, &credentials, user)


cdef inline int find_credentials(const Workspace *workspace, const Message *message, Credentials *credentials) noexcept nogil:
    """Read the first credentials for our realm in an algorithm we know; return a CredentialsResult."""
    cdef uint8_t name = HEADER_AUTHORIZATION if message.method == METHOD_REGISTER else HEADER_PROXY_AUTHORIZATION
    cdef uint32_t i
    cdef int result
    if message.first_header[name] == 0:
        return CREDENTIALS_OK + 1
    for i in range(<uint32_t>message.first_header[name] - 1, message.header_count):
        if message.header_name[i] != name:
            continue
        result = read_credentials(message.bytes, header_value(message, i), credentials)
        if result == CREDENTIALS_MALFORMED:
            return result
        if (result == CREDENTIALS_OK and is_our_realm(workspace, message, credentials) and credentials.algorithm != DIGEST_UNKNOWN
                and credentials.nonce.length):
            return CREDENTIALS_OK
    return CREDENTIALS_OK + 1


cdef inline uint32_t owner_of(const Workspace *workspace, const User *user) noexcept nogil:
    """Return the worker that keeps a user's nonces and bindings."""
    return account_of(workspace, user) % workspace.plane.worker_count


cdef inline bint check_credentials(Workspace *workspace, Packet *packet, const Credentials *credentials, const User *user) noexcept nogil:
    """True when the credentials are right, new, and come from where the account may be. What was used before is known to the account's owner alone.

    The guard is asked by the worker that heard the sender: so all that one source does is held together.
    """
    cdef const Message *message = &packet.message
    cdef Nonce nonce
    cdef bint is_given = read_nonce(&workspace.plane.registrar.nonce_key, message.bytes + credentials.nonce.offset, credentials.nonce.length,
                                    packet.source.address, &nonce)
    is_given = is_given and is_fresh(&nonce, workspace.now_s)
    if user != NULL and is_given:
        nonce_foresee(&workspace.nonces, &nonce)
        foresee_bindings(workspace, account_of(workspace, user))
    if user == NULL or not proves_user(message, credentials, user):
        if is_given:
            note_wrong_password(workspace, packet)
        return challenge(workspace, packet, user, False, REASON_CHALLENGED_AGAIN)
    if not is_given:
        return challenge(workspace, packet, user, True, REASON_CHALLENGED_STALE)
    if owner_of(workspace, user) != workspace.index:
        note_proof(workspace, packet)
        hand_off(workspace, packet, owner_of(workspace, user))
        return False
    if not use_nonce(&workspace.nonces, &nonce, credentials.nc):
        return challenge(workspace, packet, user, True, REASON_CHALLENGED_STALE)
    if packet.hops == 0:
        note_proof(workspace, packet)
    if user.has_whitelist and not is_on_whitelist(workspace, packet, user):
        return refuse(workspace, packet, 403, REASON_REFUSED_WRONG_ADDRESS)
    packet.user = user
    packet.origin_trunk = user.trunk
    packet.origin_leg = user.leg
    if packet.source.flow == NO_FLOW:
        packet.source.flow = FLOW_DATAGRAM
    return True


cdef inline bint is_on_whitelist(const Workspace *workspace, const Packet *packet, const User *user) noexcept nogil:
    """True when the source address is one of the account's."""
    cdef const Peer *peer = whitelist_find(&workspace.snapshot.whitelist, packet.source.address)
    while peer != NULL:
        if peer.kind == PEER_ACCOUNT and peer.owner == user.trunk and peer.leg == user.leg:
            return True
        peer = next_peer(&workspace.snapshot.whitelist, peer)
    return False


cdef inline bint ask_for_credentials(Workspace *workspace, Packet *packet, const Peer *peer) noexcept nogil:
    """Challenge who may be a user; refuse everybody else. Always False.

    A REGISTER is challenged whoever it names, and so tells nobody who exists; but not where strangers are to meet silence.
    """
    cdef const User *user = claimed_user(workspace, &packet.message)
    cdef bint may_be_user = (user != NULL or peer != NULL or calls_from_registering_trunk(workspace, &packet.message)
                             or (packet.message.method == METHOD_REGISTER and workspace.snapshot.users.count and not workspace.plane.drops_unknown))
    if is_turned_away(workspace, packet):
        return False
    if may_be_user:
        return challenge(workspace, packet, user, False, REASON_CHALLENGED)
    if workspace.plane.drops_unknown:
        decide(packet, VERDICT_DROP, REASON_DROPPED_UNKNOWN_SOURCE)
        return False
    return refuse(workspace, packet, 403, REASON_REFUSED_UNKNOWN_SOURCE)


cdef inline const User *claimed_user(const Workspace *workspace, const Message *message) noexcept nogil:
    """Return the user that To of a REGISTER names, or From of anything else; NULL for none of ours."""
    cdef Uri uri
    if not read_address(message, HEADER_TO if message.method == METHOD_REGISTER else HEADER_FROM, &uri):
        return NULL
    return users_find(&workspace.snapshot.users, message.bytes + uri.user.offset, uri.user.length)


cdef inline bint read_address(const Message *message, uint8_t header, Uri *uri) noexcept nogil:
    """Read the URI of From or To. False: it is none."""
    cdef Span value = header_value(message, message.first_header[header] - 1)
    cdef NameAddr element
    return parse_name_addr(message.bytes, value.offset, value.offset + value.length, &element) and parse_uri(message.bytes, element.uri, uri)


cdef inline bint calls_from_registering_trunk(const Workspace *workspace, const Message *message) noexcept nogil:
    """True when From names a number of a trunk whose accounts register."""
    cdef uint32_t trunk = trunk_calling(workspace, message)
    cdef uint32_t i
    if trunk == NO_TRUNK:
        return False
    for i in range(workspace.snapshot.trunks[trunk].destination.leg_count):
        if workspace.snapshot.trunks[trunk].destination.legs[i].kind == TARGET_REGISTERED:
            return True
    return False


cdef inline bint challenge(Workspace *workspace, Packet *packet, const User *user, bint is_stale, int reason) noexcept nogil:
    """Ask for credentials, in both algorithms unless the user has only one (RFC 8760 §2.4: the better first). Always False."""
    cdef char headers[CHALLENGE_BYTES_MAX]
    cdef uint8_t nonce[NONCE_BYTES]
    cdef bint is_register = packet.message.method == METHOD_REGISTER
    cdef uint32_t length = 0
    workspace.nonce_serial += workspace.plane.worker_count      # no two workers use the same
    write_nonce(&workspace.plane.registrar.nonce_key, workspace.now_s, workspace.nonce_serial, packet.source.address, nonce)
    if user == NULL or user.has_sha256:
        length += write_challenge(workspace, is_register, nonce, b"SHA-256", is_stale, headers + length)
    if user == NULL or user.has_md5:
        length += write_challenge(workspace, is_register, nonce, b"MD5", is_stale, headers + length)
    headers[length] = 0
    reply_stateless(workspace, &packet.message, &packet.source, 401 if is_register else 407, NULL, headers)
    decide(packet, VERDICT_REPLY, reason)
    return False


cdef inline uint32_t write_challenge(const Workspace *workspace, bint is_register, const uint8_t *nonce, const char *algorithm, bint is_stale,
                                     char *text) noexcept nogil:
    """Write one challenge header; return its length."""
    cdef uint8_t *place = <uint8_t *>text
    cdef uint32_t length = write_text(place, b"WWW-Authenticate: Digest realm=\"" if is_register else b"Proxy-Authenticate: Digest realm=\"")
    memcpy(place + length, workspace.plane.registrar.realm, workspace.plane.registrar.realm_length)
    length += workspace.plane.registrar.realm_length
    length += write_text(place + length, b"\", nonce=\"")
    memcpy(place + length, nonce, NONCE_BYTES)
    length += NONCE_BYTES
    length += write_text(place + length, b"\", algorithm=")
    length += write_text(place + length, algorithm)
    length += write_text(place + length, b", qop=\"auth\", stale=true\r\n" if is_stale else b", qop=\"auth\"\r\n")
    return length


cdef inline bint refuse(Workspace *workspace, Packet *packet, uint32_t status, int reason) noexcept nogil:
    """Refuse without state. Always False."""
    reply_stateless(workspace, &packet.message, &packet.source, status, NULL, NULL)
    put_refusal(workspace, packet, NULL, status, reason)
    decide(packet, VERDICT_REPLY, reason)
    return False
